import csv
import gzip
import os

import pytest

from tests.support.shop import encode, held_out, noise, told_in_one_line, write_shop, write_table
from tfrecords.errors import InputError
from tfrecords.sources.csv_files import CsvSource
from tfrecords.sources.shop import ShopOptions


def read(folder, images=None, **options):
    source = CsvSource(folder, images, ShopOptions(**options))
    return list(source.items()), source.users(), source.facts()


def test_items_follow_the_table_and_users_their_keys(tmp_path):
    items, users, facts = read(write_shop(tmp_path / "shop", purchases={"b": range(5), "a": range(6)}))
    assert [item.key for item in items] == [f"i{item}" for item in range(12)]
    assert [item.category for item in items] == [0, 1, 2] * 4
    assert items[3].photo.encoded == noise(3)
    assert [user.key for user in users] == ["a", "b"]
    for user, bought in zip(users, (6, 5), strict=True):
        assert sorted([*user.train, *user.validation, *user.test]) == list(range(bought))
    assert facts["split"] == {"seed": 0, "rule": facts["split"]["rule"], "min_actions": 5}


def test_the_split_does_not_depend_on_the_order_of_rows(tmp_path):
    shop = write_shop(tmp_path / "shop")
    before = held_out(*read(shop)[:2])
    for name in ("interactions.csv", "items.csv"):
        header, *rows = (shop / name).read_text().splitlines()
        (shop / name).write_text("\n".join([header, *reversed(rows)]) + "\n")
    items, users, _ = read(shop)
    assert [item.key for item in items] == [f"i{item}" for item in reversed(range(12))]
    assert held_out(items, users) == before


def test_further_columns_are_kept_for_the_items_that_stay(tmp_path):
    shop = write_shop(tmp_path / "shop")
    rows = [[f"images/{item}.jpg", "red, plain" if item else "", f"i{item}", item] for item in range(12)]
    write_table(shop / "items.csv", ["image", "colour", "item_id", "size"], rows)
    (shop / "images/3.jpg").write_text("no photo")
    source = CsvSource(shop, options=ShopOptions(skip_bad_images=True))
    items = list(source.items())
    source.write_extras(tmp_path)
    with (tmp_path / "attributes.csv").open(newline="") as file:
        header, *kept = csv.reader(file)
    assert header == ["item_id", "colour", "size"]
    assert [row[0] for row in kept] == [item.key for item in items] and len(kept) == 11
    assert kept[:2] == [["i0", "", "0"], ["i1", "red, plain", "1"]]


def test_without_further_columns_there_is_no_such_file(tmp_path):
    shop = write_shop(tmp_path / "shop")
    rows = [[f"i{item}", f"images/{item}.jpg", "tops"] for item in range(12)]
    write_table(shop / "items.csv", ["item_id", "image", "category"], rows)
    source = CsvSource(shop)
    list(source.items())
    source.write_extras(tmp_path)
    assert not (tmp_path / "attributes.csv").exists()


def test_another_seed_is_another_split(tmp_path):
    shop = write_shop(tmp_path / "shop", items=40, purchases={f"u{user}": range(user, user + 20) for user in range(20)})
    splits = [[(user.validation, user.test) for user in read(shop, seed=seed)[1]] for seed in (0, 1)]
    assert splits[0] != splits[1]


def test_duplicates_count_once_and_small_users_leave(tmp_path):
    purchases = {"twice": [0, 1, 2, 3, 3, 3], "four": [0, 1, 2, 3], "five": [0, 1, 2, 3, 4]}
    items, users, facts = read(write_shop(tmp_path / "shop", purchases=purchases))
    assert [user.key for user in users] == ["five"]
    assert len(items) == 12
    assert facts["dropped"] == {
        "duplicate_interactions": 2,
        "users_under_min_actions": 2,
        "interactions_of_those_users": 8,
        "items_with_bad_images": 0,
    }


def test_min_actions(tmp_path):
    shop = write_shop(tmp_path / "shop", purchases={"three": [0, 1, 2], "two": [0, 1]})
    _, users, _ = read(shop, min_actions=3)
    assert [(user.key, len(user.train)) for user in users] == [("three", 1)]


@pytest.mark.parametrize("key", ["with spaces in it", "ünïcödé 服装 👗", "x" * 200, '"quoted", and comma', "0"])
def test_any_user_key_works(tmp_path, key):
    _, users, _ = read(write_shop(tmp_path / "shop", purchases={key: range(5)}))
    assert [user.key for user in users] == [key]


def test_gzip_and_byte_order_mark(tmp_path):
    shop = write_shop(tmp_path / "shop")
    expected = read(shop)
    for name in ("interactions.csv", "items.csv"):
        with gzip.open(shop / f"{name}.gz", "wb") as file:
            file.write(b"\xef\xbb\xbf" + (shop / name).read_bytes())
        (shop / name).unlink()
    assert read(shop) == expected


def test_no_category_column(tmp_path):
    shop = write_shop(tmp_path / "shop")
    write_table(shop / "items.csv", ["image", "item_id"], [[f"images/{item}.jpg", f"i{item}"] for item in range(12)])
    source = CsvSource(shop)
    assert list(source.category_names) == []
    assert {item.category for item in source.items()} == {-1}


def test_items_without_a_category_among_others_with_one(tmp_path):
    shop = write_shop(tmp_path / "shop")
    text = (shop / "items.csv").read_text().replace("images/4.jpg,c1", "images/4.jpg,")
    (shop / "items.csv").write_text(text)
    items, _, _ = read(shop)
    assert items[4].category == -1
    assert items[3].category == 0


def test_images_from_another_folder(tmp_path):
    shop = write_shop(tmp_path / "shop")
    (tmp_path / "elsewhere").mkdir()
    (shop / "images").rename(tmp_path / "elsewhere" / "images")
    items, _, _ = read(shop, images=tmp_path / "elsewhere")
    assert items[0].photo.encoded == noise(0)


def test_bad_photos_are_skipped_on_request(tmp_path):
    shop = write_shop(tmp_path / "shop", purchases={"u": range(8), "v": range(5)})
    (shop / "images/1.jpg").write_bytes(encode(size=(1, 1)))
    (shop / "images/11.jpg").unlink()
    items, users, facts = read(shop, skip_bad_images=True)
    assert [item.key for item in items] == ["i0", *(f"i{item}" for item in range(2, 11))]
    # u keeps seven purchases under new ids, v falls under five
    assert [user.key for user in users] == ["u"]
    assert sorted([*users[0].train, *users[0].validation, *users[0].test]) == list(range(7))
    assert facts["dropped"]["items_with_bad_images"] == 2
    assert facts["bad_images"][0] == {"item": "i1", "reason": "1x1 pixels, at least 8 a side expected"}


def test_all_photos_bad(tmp_path):
    shop = write_shop(tmp_path / "shop")
    for photo in (shop / "images").iterdir():
        photo.unlink()
    with pytest.raises(InputError, match=r"no user has 5 purchases once 12 items without a usable photo .*most is 0"):
        read(shop, skip_bad_images=True)


# Each of these makes a function that spoils one file of a shop.


def remove(name):
    return lambda shop: (shop / name).unlink()


def overwrite(name, text, encoding="utf-8"):
    return lambda shop: (shop / name).write_text(text, encoding=encoding)


def append(name, text):
    def spoil(shop):
        with (shop / name).open("a", encoding="utf-8") as file:
            file.write(text)

    return spoil


def replace(name, old, new):
    def spoil(shop):
        text = (shop / name).read_text()
        assert old in text
        (shop / name).write_text(text.replace(old, new, 1))

    return spoil


def latin_1(shop):
    """Line 13 is the first that is not UTF-8."""
    path = shop / "items.csv"
    path.write_bytes(path.read_bytes().replace(b"i11,", "ï11,".encode("latin-1")))


FAULTS = {
    "no items": (remove("items.csv"), r"items\.csv \(or items\.csv\.gz\) is missing"),
    "no interactions": (remove("interactions.csv"), r"interactions\.csv .* is missing"),
    "both forms": (lambda shop: (shop / "items.csv.gz").write_bytes(b""), "keep only one of them"),
    "empty": (overwrite("items.csv", ""), "empty; expected a header line .* item_id, image"),
    "header only": (
        overwrite("interactions.csv", "user_id,item_id\n"),
        "no rows under the header",
    ),
    "no image column": (replace("items.csv", "image", "photo"), "column image is missing; .*photo"),
    "no user column": (replace("interactions.csv", "user_id", "user"), "column user_id is missing"),
    "column twice": (replace("items.csv", "title", "image"), "column image appears 2 times"),
    "empty user": (
        append("interactions.csv", ",i1,0\n"),
        "interactions.csv, line 38: user_id is empty",
    ),
    "empty item of a purchase": (
        append("interactions.csv", "u1, ,0\n"),
        "interactions.csv, line 38: item_id is empty$",
    ),
    "a quote too many, in a column that is not used": (
        replace("interactions.csv", "u0,i5,1500000000", 'u0,i5,"1500000000'),
        r'interactions.csv, line 7: a quote \("\) that this line does not close',
    ),
    "two quotes too many, lines apart": (
        lambda shop: [
            replace("interactions.csv", old, new)(shop)
            for old, new in (("u0,i5,1500000000", 'u0,i5,"1500000000'), ("u3,i4,1500000000", 'u3,i4,1500000000"'))
        ],
        "interactions.csv, line 7: a quote .* that this line does not close",
    ),
    "a quote on the last line": (
        append("interactions.csv", 'u1,i1,"0\n'),
        "interactions.csv, line 38: a quote .* does not close",
    ),
    "a quote on the last line, which has no end": (
        append("interactions.csv", 'u1,i1,"0'),
        "interactions.csv, line 38: a quote .* does not close",
    ),
    "a quote in the header": (
        replace("items.csv", "title", '"title'),
        "items.csv, line 1: a quote .* does not close",
    ),
    "a category of seven lines": (
        overwrite("items.csv", 'item_id,image,category\ni0,a.jpg,"c0\n' + "i1,b.jpg,c1\n" * 5 + 'i2,c.jpg,c2"\n'),
        "items.csv, line 2: a quote .* does not close",
    ),
    "a quote before another value in quotes": (
        replace("items.csv", "images/2.jpg,c2", 'images/2.jpg,"c2'),
        "items.csv, line 4: not CSV ",
    ),
    "a title of two lines": (
        append("items.csv", 'i12,images/1.jpg,c1,"a\nb"\n'),
        "items.csv, line 14: .*take a line end out of a value",
    ),
    "a title with a carriage return": (
        append("items.csv", 'i12,images/1.jpg,c1,"a\rb"\n'),
        "items.csv, line 14: .*take a line end out of a value",
    ),
    "a value that goes on behind its quotes": (
        append("interactions.csv", '"u"1,i1,0\n'),
        "interactions.csv, line 38: not CSV ",
    ),
    "a value without end": (
        append("interactions.csv", f"u1,i1,{'0' * 200_000}\n"),
        "interactions.csv, line 38: not CSV .*field limit",
    ),
    "empty item": (
        append("items.csv", ",images/1.jpg,c1,t\n"),
        "items.csv, line 14: item_id is empty",
    ),
    "unknown item": (
        append("interactions.csv", "u1,i99,0\n"),
        "interactions.csv, line 38: item 'i99' is not in",
    ),
    "item twice": (
        append("items.csv", "i3,images/3.jpg,c0,t\n"),
        "line 14: item 'i3' again, first on line 5",
    ),
    "too many fields": (
        append("items.csv", "x,images/1.jpg,c1,a,b\n"),
        "line 14: 5 fields, the header has 4; quote values",
    ),
    "too few fields": (append("interactions.csv", "u1\n"), "line 38: 1 field, the header has 3$"),
    "not UTF-8": (latin_1, r"items\.csv, line 13: not UTF-8 \(.*save it as UTF-8"),
    "UTF-16": (
        overwrite("items.csv", "item_id,image\n", "utf-16"),
        r"items\.csv: UTF-16; save it as UTF-8",
    ),
    "gzip by another name": (
        lambda shop: (shop / "items.csv").write_bytes(gzip.compress(b"item_id,image\n")),
        r"items\.csv: a gzip file; let its name end in \.csv\.gz",
    ),
    "a spreadsheet": (lambda shop: (shop / "items.csv").write_bytes(b"PK\x03\x04..."), "a zip file, .* save .* as CSV"),
    "semicolons": (
        overwrite("items.csv", "item_id;image\n"),
        "items.csv: separated by ';'; commas expected",
    ),
    "tabs": (overwrite("items.csv", "item_id\timage\n"), "separated by tabs; commas expected"),
    "another case": (
        replace("items.csv", "item_id", "Item_ID"),
        "column Item_ID: names are case-sensitive, item_id expected",
    ),
    "another case of category": (replace("items.csv", "category", "Category"), "category expected"),
    "a folder": (
        lambda shop: ((shop / "items.csv").unlink(), (shop / "items.csv").mkdir()),
        r"items\.csv: is a folder; a file expected",
    ),
    "a pipe": (
        lambda shop: ((shop / "items.csv").unlink(), os.mkfifo(shop / "items.csv")),
        r"items\.csv: no regular file; a file expected",
    ),
    "a NUL in the photo's name": (
        replace("items.csv", "images/2.jpg", "images/\0.jpg"),
        "items.csv, line 4: .*NUL",
    ),
    "no photo": (
        replace("items.csv", "images/2.jpg", ""),
        "line 4: photo of item 'i2': the item has no",
    ),
    "photo missing": (
        remove("images/2.jpg"),
        r"photo of item 'i2' \(.*images/2\.jpg\): no such file",
    ),
    "photo corrupt": (
        lambda shop: (shop / "images/2.jpg").write_bytes(b"x"),
        "item 'i2' .* no image .*skip_bad_images",
    ),
    "all users small": (
        overwrite("interactions.csv", "user_id,item_id\nu,i1\nu,i2\n"),
        "no user has 5 .* most is 2",
    ),
}


def test_quotes_as_csv_has_them(tmp_path):
    """Commas, quotes, blank lines, the line ends of every system; a quote inside a value without quotes is a letter."""
    shop = write_shop(tmp_path / "shop", purchases={'6" heels, "red"': range(5)})
    (shop / "items.csv").write_text((shop / "items.csv").read_text().replace("c1,", 'c1"x,'))
    expected = read(shop)
    assert [user.key for user in expected[1]] == ['6" heels, "red"']
    assert CsvSource(shop).category_names == ["c0", 'c1"x', "c2"]
    for end in ("\r\n", "\r", "\n\n"):
        for name in ("interactions.csv", "items.csv"):
            path = shop / name
            path.write_bytes(end.join(path.read_text().splitlines()).encode())
        assert read(shop) == expected


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told_in_one_line(tmp_path, fault):
    shop = write_shop(tmp_path / "shop")
    spoil, message = FAULTS[fault]
    spoil(shop)
    with told_in_one_line(message):
        read(shop)


def test_gzip_cut_short(tmp_path):
    shop = write_shop(tmp_path / "shop")
    packed = gzip.compress((shop / "items.csv").read_bytes())
    (shop / "items.csv").unlink()
    (shop / "items.csv.gz").write_bytes(packed[:-20])
    with pytest.raises(InputError, match=r"items\.csv\.gz: not a whole gzip file"):
        read(shop)
    (shop / "items.csv.gz").write_bytes(b"plain text")
    with pytest.raises(InputError, match="not a whole gzip file"):
        read(shop)


def test_no_such_folder(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        CsvSource(tmp_path / "nowhere")
    with pytest.raises(InputError, match="no such folder of images"):
        CsvSource(write_shop(tmp_path / "shop"), images=tmp_path / "nowhere")
