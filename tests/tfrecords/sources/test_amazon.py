import json

import numpy as np
import pytest

from tests.support.dumps import (
    PATHS,
    PURCHASES,
    ROOT,
    asin,
    metadata,
    reviews,
    write_amazon,
    write_features,
    write_lines,
)
from tests.support.shop import encode, held_out, noise, told_in_one_line
from tfrecords.errors import InputError
from tfrecords.sources.amazon import AmazonSource
from tfrecords.sources.amazon_categories import AmazonItems, paths_of
from tfrecords.sources.shop import ShopOptions

SIX = ["men_bottoms", "men_shoes", "men_tops", "women_bottoms", "women_shoes", "women_tops"]


def choose(subset, path=None, levels=None):
    return AmazonItems(subset=subset, category_path=path, category_levels=levels).choose()


def read(folder, choice=None, features=None, **options):
    source = AmazonSource(
        folder, folder / "photos", choice or choose("fashion", None), features, ShopOptions(**options)
    )
    return source, list(source.items()), source.users()


@pytest.mark.parametrize("suffix", [".json", ".json.gz"])
@pytest.mark.parametrize("form", [repr, json.dumps])
def test_both_forms_of_the_dump(tmp_path, form, suffix):
    source, items, users = read(write_amazon(tmp_path / "dump", form=form, suffix=suffix))
    assert [item.key for item in items] == [asin(item) for item in range(11)]  # nobody bought the twelfth
    assert list(source.category_names) == SIX
    names = [source.category_names[item.category] for item in items[:6]]
    assert names == ["women_tops", "women_bottoms", "women_shoes", "men_tops", "men_bottoms", "men_shoes"]
    assert items[0].key == "0000000000"
    assert items[3].photo.encoded == noise(3)
    assert [user.key for user in users] == [f"A{user}" for user in range(6)]
    for user in users:
        bought = {items[item].key for item in [*user.train, *user.validation, *user.test]}
        assert bought == {asin(item) for item in PURCHASES[user.key]}
    assert items[0].features is None


def test_the_split_is_that_of_csv_and_does_not_depend_on_the_order_of_lines(tmp_path):
    folder = write_amazon(tmp_path / "dump")
    _, items, users = read(folder)
    before = held_out(items, users)
    write_lines(folder / "meta_Clothing.json.gz", map(metadata, reversed(range(12))))
    write_lines(folder / "reviews_Clothing.json.gz", reversed(reviews(PURCHASES)))
    _, items, users = read(folder)
    assert [item.key for item in items] == [asin(item) for item in reversed(range(11))]
    assert held_out(items, users) == before
    assert held_out(*read(folder, seed=1)[1:]) != before


def test_item_zero_can_be_held_out(tmp_path):
    purchases = {f"A{user}": range(5) for user in range(40)}
    _, items, users = read(write_amazon(tmp_path / "dump", purchases))
    assert {0} < {item for user in users for item in [*user.validation, *user.test]}
    assert items[0].key == asin(0)


def test_what_is_left_out(tmp_path):
    purchases = {"small": [0, 1, 2, 11, 11], "five": [0, 1, 2, 3, 4, 4]}
    folder = write_amazon(tmp_path / "dump", purchases)
    rows = [*reviews(purchases), {"reviewerID": "five", "asin": "ELSEWHERE0"}]
    write_lines(folder / "reviews_Clothing.json.gz", rows)
    write_lines(folder / "meta_Clothing.json.gz", [*map(metadata, range(12)), metadata(3)])
    source, items, users = read(folder)
    assert [user.key for user in users] == ["five"]
    # item 11 was bought by a user who leaves alone
    assert [item.key for item in items] == [asin(item) for item in range(5)]
    facts = source.facts()
    assert facts["dropped"] == {
        "duplicate_interactions": 2,
        "users_under_min_actions": 1,
        "interactions_of_those_users": 4,
        "items_with_bad_images": 0,
        "reviews_of_other_items": 1,
        "repeated_lines_of_metadata": 1,
        "unreadable_lines": 0,
    }
    assert facts["subset"] == "fashion"


def test_women_and_men(tmp_path):
    folder = write_amazon(tmp_path / "dump", {f"A{user}": range(12) for user in range(2)})
    source, items, _ = read(folder, choose("women", None))
    assert [item.key for item in items] == [asin(item) for item in range(12) if item % 6 < 3]
    assert list(source.category_names) == ["Clothing > Jeans", "Clothing > Tops & Tees", "Shoes > Boots"]
    source, items, _ = read(folder, choose("men", None))
    assert len(items) == 6
    assert list(source.category_names) == ["Clothing > Pants", "Clothing > Shirts", "Shoes > Sandals"]


def test_category_path(tmp_path):
    folder = write_amazon(tmp_path / "dump", {"A": range(12)})
    source, items, _ = read(folder, choose(None, f"{ROOT} > Women>Clothing"), min_actions=3)
    assert [item.key for item in items] == [asin(item) for item in (0, 1, 6, 7)]
    assert list(source.category_names) == ["Jeans", "Tops & Tees"]
    assert source.name == "amazon_clothing"
    assert source.facts()["subset"] == f"{ROOT} > Women > Clothing, 1 level below"


def test_paths():
    assert paths_of({"categories": [["A", "B"], ["C"]]}) == [("A", "B"), ("C",)]
    assert paths_of({"category": ["Clothing, Shoes &amp; Jewelry", " Men "]}) == [(ROOT, "Men")]
    assert paths_of({"categories": ["A", "B"]}) == [("A", "B")]
    for row in ({}, {"categories": []}, {"categories": None}, {"categories": "A"}):
        assert paths_of(row) == []


def test_choices():
    fashion, women = choose("fashion", None), choose("women", None)
    assert fashion.category_of([("Sports", "Women"), tuple(PATHS[4])]) == "men_bottoms"
    assert fashion.category_of([(ROOT, "Women", "Clothing", "Tops, Tees & Blouses")]) == "women_tops"
    assert fashion.category_of([(ROOT, "Women", "Clothing", "Dresses")]) is None
    assert fashion.category_of([(ROOT, "Girls", "Shoes")]) is None
    assert fashion.category_of([]) is None
    assert women.category_of([(ROOT, "Women")]) == ""
    assert women.category_of([(ROOT, "Women"), (ROOT, "Women", "Handbags")]) == "Handbags"
    assert women.category_of([(ROOT, "Women", "Shoes", "Boots", "Leather")]) == "Shoes > Boots"
    assert women.category_of([(ROOT, "Men", "Shoes")]) is None
    assert choose(None, "A", 3).category_of([("A", "b", "c", "d", "e")]) == "b > c > d"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((None, None), "pass one of the two"),
        (("women", "A>B"), "pass one of the two"),
        (("girls", None), "subset=girls: expected one of fashion, women, men"),
        ((None, "A>>B"), "names with > between"),
        ((None, "A", 0), "category_levels=0: expected 1 or more"),
        (("men", None, 2), "category_levels has no effect with subset=men"),
    ],
)
def test_choices_that_cannot_be(flags, message):
    with pytest.raises(InputError, match=message):
        choose(*flags)


def test_photos_by_any_of_three_suffixes(tmp_path):
    folder = write_amazon(tmp_path / "dump")
    (folder / "photos" / f"{asin(0)}.jpg").rename(folder / "photos" / f"{asin(0)}.jpeg")
    (folder / "photos" / f"{asin(1)}.jpg").unlink()
    (folder / "photos" / f"{asin(1)}.png").write_bytes(encode(form="PNG"))
    _, items, _ = read(folder)
    assert items[0].photo.encoded == noise(0)
    assert items[1].photo.encoded == encode(form="PNG")


def test_missing_photos(tmp_path):
    folder = write_amazon(tmp_path / "dump", {"a": range(8), "b": range(5)})
    (folder / "photos" / f"{asin(2)}.jpg").unlink()
    message = rf"meta_Clothing\.json\.gz, line 3: photo of item '{asin(2)}' .*{asin(2)}\.jpg\): no such file"
    with pytest.raises(InputError, match=message):
        read(folder)
    source, items, users = read(folder, skip_bad_images=True)
    assert [item.key for item in items] == [asin(item) for item in (0, 1, 3, 4, 5, 6, 7)]
    assert [user.key for user in users] == ["a"]  # b falls under five
    assert source.facts()["dropped"]["items_with_bad_images"] == 1
    assert source.facts()["dropped"]["interactions_of_those_users"] == 4
    assert source.facts()["bad_images"] == [{"item": asin(2), "reason": "no such file"}]


def test_features_follow_their_items(tmp_path):
    folder = write_amazon(tmp_path / "dump")
    path = write_features(folder / "image_features.b", [asin(item) for item in reversed(range(12))])
    _, items, _ = read(folder, features=path)
    for item in items:
        np.testing.assert_array_equal(item.features, np.full(4096, 11 - int(item.key[1:]), np.float32))


def test_items_without_features(tmp_path):
    folder = write_amazon(tmp_path / "dump")
    path = write_features(folder / "image_features.b", [asin(item) for item in range(12) if item != 4])
    with pytest.raises(InputError, match=rf"item '{asin(4)}' .*: no features in image_features\.b"):
        read(folder, features=path)
    _, items, _ = read(folder, features=path, skip_bad_images=True)
    assert asin(4) not in [item.key for item in items]
    assert items[4].features[0] == 4  # item 5, the fifth record


def rewrite(name, rows):
    return lambda folder: write_lines(folder / name, rows)


def remove(name):
    return lambda folder: (folder / name).unlink()


FAULTS = {
    "no metadata": (remove("meta_Clothing.json.gz"), r"meta_\*\.json\.gz .* is missing"),
    "no reviews": (
        remove("reviews_Clothing.json.gz"),
        r"reviews_\*\.json\.gz .* is missing",
    ),
    "two metadata": (
        rewrite("meta_Books.json", [metadata(0)]),
        r"holds meta_Books\.json and meta_Clothing\.json\.gz; keep only one of them",
    ),
    "empty metadata": (lambda folder: (folder / "meta_Clothing.json.gz").write_bytes(b""), r"meta_.*: empty"),
    "empty reviews": (rewrite("reviews_Clothing.json.gz", []), r"reviews_.*: empty"),
    "other items": (
        rewrite("meta_Clothing.json.gz", [{"asin": "a", "categories": [["Books", "Art", "x"]]}]),
        "no item under fashion; the commonest paths begin 'Books > Art'",
    ),
    "no categories": (
        rewrite("meta_Clothing.json.gz", [{"asin": "a"}]),
        "no item under fashion; no line has categories; an empty category_path takes all items",
    ),
    "no asin": (
        rewrite("meta_Clothing.json.gz", [{"title": "a"}]),
        "1 of 1 lines are unreadable.*line 1: asin is missing",
    ),
    "no reviewer": (
        rewrite("reviews_Clothing.json.gz", [{"asin": "a"}]),
        "line 1: reviewerID is missing",
    ),
    "nobody has enough": (
        rewrite("reviews_Clothing.json.gz", reviews({"a": range(4)})),
        "no user has 5 purchases, the most is 4",
    ),
    "purchases of other items only": (
        rewrite("reviews_Clothing.json.gz", [{"reviewerID": "a", "asin": "b"}]),
        "no user has 5 purchases, the most is 0",
    ),
    "all photos gone": (
        lambda folder: [photo.unlink() for photo in (folder / "photos").iterdir()],
        "photo of item '0000000000'",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told_in_one_line(tmp_path, fault):
    folder = write_amazon(tmp_path / "dump")
    spoil, message = FAULTS[fault]
    spoil(folder)
    with told_in_one_line(message):
        read(folder)


def test_a_bad_line_among_thousands(tmp_path):
    folder = write_amazon(tmp_path / "dump")
    lines = [*reviews({f"A{user}": range(12) for user in range(100)}), "{'reviewerID': 'A1', 'asin': "]
    write_lines(folder / "reviews_Clothing.json.gz", lines)
    source, _, _ = read(folder)
    assert source.facts()["dropped"]["unreadable_lines"] == 1
    assert source.facts()["unreadable_lines"] == ["reviews_Clothing.json.gz, line 1201: neither JSON nor a Python dict"]


def test_no_such_folder(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        AmazonSource(tmp_path / "none", tmp_path, choose("men", None))
    with pytest.raises(InputError, match="no such folder of images"):
        AmazonSource(tmp_path, tmp_path / "none", choose("men", None))
