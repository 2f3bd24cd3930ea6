"""The dumps of 2018 and 2023, and the files that are mistaken for a dump."""

import gzip
import json

import pytest

from tests.support.dumps import (
    PURCHASES,
    asin,
    metadata,
    metadata_2018,
    metadata_2023,
    photo_urls_2023,
    reviews,
    reviews_2023,
    write_amazon,
    write_amazon_2018,
    write_amazon_2023,
    write_lines,
)
from tests.support.shop import held_out, told_in_one_line
from tests.support.tool import run
from tfrecords.dataset import Dataset
from tfrecords.download.urls import photo_urls
from tfrecords.sources.amazon import AmazonSource
from tfrecords.sources.amazon_categories import AmazonItems
from tfrecords.sources.amazon_vintage import photo_url
from tfrecords.sources.shop import ShopOptions
from tfrecords.split import SplitChoice
from tools.build_dataset import cli


def read(folder, subset="fashion", path=None, levels=None, **options):
    choice = AmazonItems(subset=subset, category_path=path, category_levels=levels).choose()
    source = AmazonSource(folder, folder / "photos", choice, options=ShopOptions(**options))
    return source, list(source.items()), list(source.users())


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
@pytest.mark.parametrize("shape", [list, dict])
def test_2023_is_2014_by_other_names(tmp_path, shape, suffix):
    """Variants of an item have its parent_asin; times are in milliseconds."""
    expected, items, users = read(write_amazon(tmp_path / "old"))
    source, new_items, new_users = read(write_amazon_2023(tmp_path / "new", shape=shape, suffix=suffix))
    assert new_items == items and new_users == users
    assert source.category_names == expected.category_names
    assert source.facts() == expected.facts()
    assert users[0].times[1] == [1400000000]
    urls = photo_urls(tmp_path / "new", AmazonItems(subset="fashion").choose())
    assert urls == {asin(item): f"http://example.invalid/{item}{'' if item % 2 else '_hi'}.jpg" for item in range(11)}
    assert photo_urls(tmp_path / f"new/meta_Clothing{suffix}") == urls | {asin(11): "http://example.invalid/11.jpg"}


def test_2018_with_missing_categories(tmp_path):
    folder = write_amazon_2018(tmp_path / "dump", {f"A{user}": range(12) for user in range(2)})
    _, items, _ = read(folder)
    assert [item.key for item in items] == [asin(item) for item in range(12) if item % 3]
    urls = {asin(item): f"http://example.invalid/{item}.jpg" for item in range(12)}
    assert photo_urls(folder, AmazonItems(category_path="").choose()) == urls


def test_an_empty_path_takes_all_items(tmp_path):
    folder = write_amazon_2018(tmp_path / "dump", {f"A{user}": range(12) for user in range(2)})
    source, items, _ = read(folder, None, "")
    assert [item.key for item in items] == [asin(item) for item in range(12)]
    assert list(source.category_names) == [] and {item.category for item in items} == {-1}
    assert (source.name, source.facts()["subset"]) == ("amazon", "all items")
    source, items, _ = read(folder, None, " ", 2)
    root = "Clothing, Shoes & Jewelry"
    assert list(source.category_names) == [f"{root} > Men", f"{root} > Women"]
    assert [item.category for item in items[:6]] == [-1, 1, 1, -1, 0, 0]
    assert source.facts()["subset"] == "all items, 2 levels"


def test_the_tool_takes_an_empty_path(capsys, tmp_path):
    folder = write_amazon_2023(tmp_path / "dump")
    flags = [f"--input={folder}", f"--images={folder}/photos", f"--output={tmp_path}/data"]
    status, out, errors = run(capsys, cli, "--source=amazon", "--category_path=", *flags)
    assert (status, errors) == (0, [])
    assert out.splitlines()[2].split() == ["amazon", "6", "11", "36", "0"]
    assert Dataset.open(tmp_path / "data").meta["subset"] == "all items"


def test_times_in_milliseconds(tmp_path):
    folder = write_amazon_2023(tmp_path / "dump")
    rows = reviews_2023(PURCHASES)
    for second, row in enumerate(rows):
        row["timestamp"] = 1400000000999 + 1000 * second
    write_lines(folder / "Clothing.jsonl.gz", rows, json.dumps)
    _, items, users = read(folder, split=SplitChoice.parse("last"))
    last = {user: (asin(bought[-2]), asin(bought[-1])) for user, bought in PURCHASES.items()}
    assert held_out(items, users) == last
    assert users[0].times[2] == [1400000005]
    rows[3]["timestamp"] = "2014"
    write_lines(folder / "Clothing.jsonl.gz", rows, json.dumps)
    with told_in_one_line("1 of 36 lines are unreadable.*line 4: timestamp is no time, which a split by time needs"):
        read(folder, split=SplitChoice.parse("last"))


@pytest.mark.parametrize(
    ("row", "url"),
    [
        ({"images": photo_urls_2023(0, list)}, "http://example.invalid/0_hi.jpg"),
        ({"images": photo_urls_2023(1, dict)}, "http://example.invalid/1.jpg"),
        ({"images": [{"variant": "PT01", "large": "a"}, {"variant": "PT02", "hi_res": "b"}]}, "a"),
        ({"images": [{"variant": "MAIN", "hi_res": None, "large": None}, {"large": "b"}]}, "b"),
        ({"images": {"hi_res": [None, "hi"], "large": ["l"], "variant": ["PT01", "MAIN"]}}, "hi"),
        ({"images": [], "imUrl": "old"}, "old"),
        ({"images": None, "image": ["first", "second"]}, "first"),
        ({"imageURL": [], "image": "one"}, "one"),
        ({"images": "text", "image": 5}, ""),
        ({"images": [None, 3]}, ""),
        ({}, ""),
    ],
)
def test_addresses(row, url):
    assert photo_url(row) == url


def only_ratings(folder):
    (folder / "reviews_Clothing.json.gz").unlink()
    (folder / "ratings_Clothing.csv").write_text("A1,B000000001,5.0,1400000000\n")


def called_json(folder):
    write_lines(folder / "reviews_Clothing.json.gz", ["A1,B000000001,5.0,1400000000"] * 3)


def an_array(name, rows):
    return lambda folder: (folder / name).write_bytes(gzip.compress(json.dumps(list(rows), indent=1).encode()))


def other(name, rows):
    return lambda folder: write_lines(folder / name, rows, json.dumps)


FAULTS = {
    "ratings": (
        only_ratings,
        r"reviews_\*.* is missing; ratings_Clothing.csv is no file of reviews but of ratings",
    ),
    "ratings by another name": (called_json, r"reviews_Clothing.json.gz: a CSV file of ratings; the file of reviews"),
    "an array of reviews": (
        an_array("reviews_Clothing.json.gz", reviews(PURCHASES)),
        r"reviews_Clothing.json.gz: a JSON array; one record per line expected, as jq -c",
    ),
    "an array of metadata": (
        an_array("meta_Clothing.json.gz", map(metadata, range(12))),
        r"meta_Clothing.json.gz: a JSON array",
    ),
    "reviews of 2023": (
        other("reviews_Clothing.json.gz", reviews_2023(PURCHASES)),
        r"reviews_Clothing.json.gz: reviews of the dump of 2023, but meta_Clothing.json.gz is of 2014 or 2018; take",
    ),
    "metadata of 2023": (
        other("meta_Clothing.json.gz", map(metadata_2023, range(12))),
        r"reviews_Clothing.json.gz: reviews of the dump of 2014 or 2018, but meta_Clothing.json.gz is of 2023",
    ),
    "two files of reviews": (
        lambda folder: [
            (folder / "reviews_Clothing.json.gz").unlink(),
            *(write_lines(folder / name, reviews(PURCHASES)) for name in ("A.json", "B.jsonl")),
        ],
        r"holds A.json and B.jsonl; keep only one of them",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_dump_is_named(tmp_path, fault):
    folder = write_amazon(tmp_path / "dump")
    spoil, message = FAULTS[fault]
    spoil(folder)
    with told_in_one_line(message):
        read(folder)


def test_metadata_that_starts_with_an_unreadable_line(tmp_path):
    folder = write_amazon_2023(tmp_path / "dump")
    lines = ["{", *map(metadata_2023, range(12)), *[metadata_2018(0) | metadata_2023(0)] * 1200]
    write_lines(folder / "meta_Clothing.jsonl.gz", lines, json.dumps)
    source, items, _ = read(folder)
    assert len(items) == 11
    assert source.facts()["dropped"]["unreadable_lines"] == 1
