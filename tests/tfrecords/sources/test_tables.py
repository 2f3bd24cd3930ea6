"""--source=table: the same shop in every form, the columns, and the input that it refuses."""

import csv
import sqlite3

import pytest

from tests.support import table_forms
from tests.support.shop import held_out, told_in_one_line, write_shop, write_table
from tests.support.table_forms import (
    json_shop,
    parquet_shop,
    read_csv,
    sqlite_shop,
    write_json,
    write_parquet,
    write_sqlite,
)
from tests.support.timed_shop import draw_rows, write_timed_shop
from tests.support.tool import run
from tfrecords.sources.csv_files import CsvSource
from tfrecords.sources.shop import ShopOptions
from tfrecords.sources.table_columns import TableColumns
from tfrecords.sources.tables import TableSource
from tfrecords.split import SplitChoice
from tools.build_dataset import cli


def read(path, images=None, columns=None, **options):
    source = TableSource(path, images, ShopOptions(**options), TableColumns(**(columns or {})))
    return source, list(source.items()), list(source.users())


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def built(capsys, path, output, *flags):
    status, _, errors = run(capsys, cli, "--source=table", f"--input={path}", f"--output={output}", *flags)
    assert (status, errors) == (0, [])
    return contents(output)


def csv_shop(folder, **options):
    return write_shop(folder, **options)


def test_csv_json_and_sqlite_give_the_same_bytes(capsys, tmp_path):
    for name in ("csv", "json", "db"):
        (tmp_path / name).mkdir()
    expected = built(capsys, csv_shop(tmp_path / "csv/shop"), tmp_path / "csv/data", "--split=last")
    assert {"timestamps.npz", "attributes.csv", "dataset.json", ".written.json"} < set(expected)
    assert built(capsys, json_shop(tmp_path / "json/shop"), tmp_path / "json/data", "--split=last") == expected
    assert built(capsys, sqlite_shop(tmp_path / "db/shop.db"), tmp_path / "db/data", "--split=last") == expected


def test_parquet_gives_the_same_bytes(capsys, tmp_path):
    pytest.importorskip("pyarrow")
    expected = built(capsys, csv_shop(tmp_path / "csv/shop"), tmp_path / "csv/data")
    assert built(capsys, parquet_shop(tmp_path / "parquet/shop"), tmp_path / "parquet/data") == expected


def test_csv_is_a_table(tmp_path):
    """The two sources differ in the name of their kind only."""
    shop = csv_shop(tmp_path / "shop")
    source, items, users = read(shop)
    other = CsvSource(shop)
    assert (list(other.items()), other.users()) == (items, users)
    assert other.facts() == source.facts()


def test_one_table_of_purchases_with_the_photo_of_each_item(tmp_path):
    """Items are in the order in which the table first names them."""
    shop = csv_shop(tmp_path / "shop")
    _, expected, bought = read(shop)
    photos = {key: (image, category) for key, image, category, _ in read_csv(shop / "items.csv")[1]}
    rows = [
        {"user_id": user, "item_id": item, "image": photos[item][0], "category": photos[item][1]}
        for user, item, _ in reversed(read_csv(shop / "interactions.csv")[1])
    ]
    path = write_json(shop / "purchases.jsonl", list(rows[0]), [list(row.values()) for row in rows])
    source, items, users = read(path)
    assert source.name == "purchases"
    assert [item.key for item in items] == list(dict.fromkeys(row["item_id"] for row in rows))
    photo_of = {item.key: item.photo.encoded for item in expected}
    assert all(item.photo.encoded == photo_of[item.key] for item in items)
    assert held_out(items, users) == held_out(expected, bought)
    rows[-6]["image"] = "images/0.jpg"
    write_json(path, list(rows[0]), [list(row.values()) for row in rows])
    with told_in_one_line("purchases.jsonl, line 31: item 'i5' with another image or category, first on line 6"):
        read(path)


def joined(shop):
    """Returns (header, rows) of the shop's purchases, each with the photo and the category of its item."""
    photos = {key: [image, category] for key, image, category, _ in read_csv(shop / "items.csv")[1]}
    rows = [[*row, *photos[row[1]]] for row in read_csv(shop / "interactions.csv")[1]]
    return ["user_id", "item_id", "timestamp", "image", "category"], rows


def test_one_table_and_two_queries_give_the_same_bytes(capsys, tmp_path):
    for name in ("file", "db", "parquet"):
        (tmp_path / name).mkdir()
    shop = csv_shop(tmp_path / "shop")
    header, rows = joined(shop)
    flags = [f"--images={shop}", "--split=last"]
    path = write_json(tmp_path / "file/shop.jsonl.gz", header, rows)
    expected = built(capsys, path, tmp_path / "file/data", *flags)
    path = write_sqlite(tmp_path / "db/shop.db", {"orders": (header, rows)})
    items = "SELECT item_id, image, category FROM orders GROUP BY item_id ORDER BY min(rowid)"
    queries = ["--interactions_query=SELECT user_id, item_id, timestamp FROM orders", f"--items_query={items}"]
    assert built(capsys, path, tmp_path / "db/data", *flags, *queries) == expected
    pytest.importorskip("pyarrow")
    path = write_parquet(tmp_path / "parquet/shop.parquet", header, rows)
    assert built(capsys, path, tmp_path / "parquet/data", *flags) == expected


NAMED = {
    "user_column": "customer",
    "item_column": "article",
    "time_column": "day",
    "image_column": "photo",
    "category_column": "kind",
}


def test_columns_of_other_names(tmp_path):
    shop = csv_shop(tmp_path / "shop")
    _, expected, users = read(shop)
    for name, header in (
        ("interactions", ["customer", "article", "day"]),
        ("items", ["article", "photo", "kind", "t"]),
    ):
        write_table(shop / f"{name}.csv", header, read_csv(shop / f"{name}.csv")[1])
    source, items, found = read(shop, columns=NAMED)
    assert (items, found) == (expected, users)
    source.write_extras(tmp_path)
    with (tmp_path / "attributes.csv").open(newline="") as file:
        assert next(csv.reader(file)) == ["item_id", "t"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("user_column", r"interactions\.csv: column nobody is missing; the header has user_id, item_id, timestamp"),
        ("time_column", r"interactions\.csv: column nobody is missing"),
        ("image_column", r"items\.csv: column nobody is missing; the header has item_id, image, category, title"),
        ("category_column", r"items\.csv: column nobody is missing"),
        ("item_column", r"items\.csv: column nobody is missing"),
    ],
)
def test_a_column_that_is_not_there(tmp_path, name, message):
    shop = csv_shop(tmp_path / "shop")
    with told_in_one_line(message):
        read(shop, columns={name: "nobody"})


def test_photos_named_by_item(tmp_path):
    shop = csv_shop(tmp_path / "shop")
    _, expected, _ = read(shop)
    (tmp_path / "photos").mkdir()
    for item in range(12):
        (shop / f"images/{item}.jpg").rename(tmp_path / f"photos/i{item}.jpg")
    _, items, _ = read(shop, tmp_path / "photos", {"image_column": "item_id"})
    assert items == expected


def test_leading_zeros(tmp_path):
    """Texts keep them; numbers get them back by item_width, and an unknown item says so."""
    shop = csv_shop(tmp_path / "shop")
    interactions, items = (read_csv(shop / f"{name}.csv") for name in table_forms.NAMES)

    def write(number):
        rows = [[user, number(item), when] for user, item, when in interactions[1]]
        return write_sqlite(
            tmp_path / "shop/zeros.db", {"interactions": (interactions[0], rows), "items": (items[0], texts)}
        )

    texts = [[f"{int(key[1:]):05d}", *row] for key, *row in items[1]]
    path = write(lambda key: f"{int(key[1:]):05d}")
    source, found, expected = read(path)
    assert [item.key for item in found] == [f"{item:05d}" for item in range(12)]
    assert source.notes == []
    path.unlink()
    path = write(lambda key: int(key[1:]))
    with told_in_one_line(
        r"zeros.db, row 1 of the table interactions: item '0' is not in zeros.db, .* pass item_width=5"
    ):
        read(path)
    source, found, users = read(path, columns={"item_width": 5})
    assert users == expected and source.notes == []
    texts = [[int(key), *row] for key, *row in texts]
    path.unlink()
    source, found, _ = read(write(lambda key: int(key[1:])))
    assert [item.key for item in found] == [str(item) for item in range(12)]
    assert "zeros.db, the table items: item_id is a column of numbers" in source.notes[0]
    assert "item_width" in source.notes[0]


def test_the_note_about_numbers_is_printed(capsys, tmp_path):
    path = sqlite_shop(tmp_path / "shop.db")
    with sqlite3.connect(path) as database:
        for name in ("interactions", "items"):
            database.execute(f"UPDATE {name} SET item_id = CAST(substr(item_id, 2) AS INTEGER)")
    database.close()
    status, _, errors = run(capsys, cli, "--source=table", f"--input={path}", f"--output={tmp_path}/data")
    assert status == 0
    assert [line.split(":")[0] for line in errors] == ["note", "note"]
    assert errors[0].endswith("if the ids have them, pass --item_width with their length")


def test_queries(tmp_path):
    path = sqlite_shop(tmp_path / "shop.db")
    _, expected, _ = read(path)
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE items RENAME TO catalogue")
        database.execute("ALTER TABLE interactions RENAME TO orders")
    database.close()
    queries = {
        "items_query": "SELECT item_id, 'images/' || substr(item_id, 2) || '.jpg' AS image FROM catalogue ORDER BY 2",
        "interactions_query": "SELECT DISTINCT user_id, item_id FROM orders",
    }
    _, items, users = read(path, columns=queries)
    order = sorted(range(12), key=lambda item: f"images/{item}.jpg")
    assert [item.key for item in items] == [f"i{item}" for item in order]
    assert len(users) == 6 and users[0].times is None
    assert sorted(item.photo.encoded for item in items) == sorted(item.photo.encoded for item in expected)


def drop(name):
    return lambda path: _execute(path, f"DROP TABLE {name}")


def _execute(path, *commands):
    with sqlite3.connect(path) as database:
        for command in commands:
            database.execute(command)
    database.close()


def update(command):
    return lambda path: _execute(path, command)


def lock(path):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("BEGIN EXCLUSIVE")
    return database


def truncate(path):
    data = path.read_bytes()
    path.write_bytes(data[:5000] + bytes(len(data) - 5000))


FAULTS = {
    "no table": (
        drop("items"),
        {},
        "shop.db: no such table: items; the tables are interactions; pass items_query with a SELECT",
    ),
    "a NULL user": (
        update("UPDATE interactions SET user_id = NULL WHERE rowid = 5"),
        {},
        "shop.db, row 5 of the table interactions: user_id is NULL",
    ),
    "a NULL item": (
        update("UPDATE items SET item_id = NULL WHERE rowid = 12"),
        {},
        "shop.db, row 12 of the table items: item_id is NULL",
    ),
    "an item that is no id": (
        update("UPDATE items SET item_id = 1.5 WHERE rowid = 3"),
        {},
        "row 3 of the table items: item_id is float; text, or a whole number, expected",
    ),
    "photos in the database": (
        update("UPDATE items SET image = x'ffd8' WHERE rowid = 3"),
        {},
        "row 3 of the table items: image is bytes; text",
    ),
    "two items with one id": (
        update("INSERT INTO items SELECT * FROM items WHERE rowid = 2"),
        {},
        "row 13 of the table items: item 'i1' again, first on row 2",
    ),
    "addresses": (
        update("UPDATE items SET image = 'https://example.invalid/' || item_id || '.jpg' WHERE rowid > 1"),
        {},
        r"row 2 of the table items: image is an address \(https://example.invalid/i1.jpg\).*fetch the photos with "
        "tools.download_photos, then pass images=FOLDER and image_column=item_id",
    ),
    "an empty table": (update("DELETE FROM interactions"), {}, "shop.db, the table interactions returns no rows"),
    "a query that returns nothing": (
        lambda path: None,
        {"interactions_query": "SELECT * FROM interactions WHERE user_id = 'nobody'"},
        "shop.db, interactions_query returns no rows",
    ),
    "a query that changes the table": (
        lambda path: None,
        {"interactions_query": "DELETE FROM interactions"},
        "interactions_query: attempt to write a readonly database",
    ),
    "a query that is none": (
        lambda path: None,
        {"items_query": "SELEKT * FROM items"},
        "items_query: near .SELEKT.: syntax error",
    ),
    "two queries": (lambda path: None, {"items_query": "SELECT 1; SELECT 2"}, "one statement at a time"),
    "a query with a column twice": (
        lambda path: None,
        {"items_query": "SELECT item_id, image, image FROM items"},
        "items_query has 2 columns image",
    ),
    "a locked database": (lock, {}, "shop.db: database is locked, another program is writing to it"),
    "a damaged database": (truncate, {}, r"shop.db, the table \w+: "),
    "no database": (lambda path: path.write_text("user_id,item_id\n"), {}, "shop.db: no SQLite database; a folder"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_a_database_are_told_in_one_line(tmp_path, fault):
    path = sqlite_shop(tmp_path / "shop.db")
    spoil, columns, message = FAULTS[fault]
    kept = spoil(path)
    with told_in_one_line(message):
        read(path, columns=columns)
    if kept is not None and hasattr(kept, "close"):
        kept.close()


def test_the_database_is_left_as_it_was(tmp_path):
    path = sqlite_shop(tmp_path / "shop.db")
    before = path.read_bytes()
    with told_in_one_line("readonly"):
        read(path, columns={"items_query": "DROP TABLE items"})
    read(path)
    assert path.read_bytes() == before
    assert sorted(other.name for other in tmp_path.iterdir()) == ["images", "shop.db"]


JSON_FAULTS = {
    "a NULL": ('{"user_id": null, "item_id": "i1"}', "interactions.jsonl, line 2: user_id is NULL"),
    "a missing name": ('{"user_id": "u"}', "interactions.jsonl, line 2: item_id is NULL"),
    "an object": (
        '{"user_id": "u", "item_id": {"a": 1}}',
        "line 2: item_id is dict; text, or a whole number, expected",
    ),
    "a fraction": ('{"user_id": "u", "item_id": 1.0}', "line 2: item_id is float; text, or a whole number, expected"),
    "an unknown item": ('{"user_id": "u", "item_id": 1}', "line 2: item '1' is not in items.jsonl"),
    "half a letter": (r'{"user_id": "u\ud83d", "item_id": "i1"}', "line 2: user_id has half a letter"),
    "no JSON": ("u,i1", "interactions.jsonl, line 2: neither JSON nor a Python dict; a JSON object on each line"),
    "a list": ('["u", "i1"]', "line 2: a list, no dict; a JSON object on each line"),
}


@pytest.mark.parametrize("fault", JSON_FAULTS)
def test_faults_of_json_lines_are_told_in_one_line(tmp_path, fault):
    shop = json_shop(tmp_path / "shop")
    line, message = JSON_FAULTS[fault]
    (shop / "interactions.jsonl.gz").unlink()
    (shop / "interactions.jsonl").write_text('{"user_id": "u", "item_id": "i0"}\n' + line + "\n")
    with told_in_one_line(message):
        read(shop)


def test_folders_that_cannot_be(tmp_path):
    shop = csv_shop(tmp_path / "shop")
    with told_in_one_line("nowhere: no such file or folder; a folder with interactions and items"):
        read(tmp_path / "nowhere")
    with told_in_one_line("interactions_query has no effect on .*shop, which is no database"):
        read(shop, columns={"interactions_query": "SELECT 1"})
    write_json(shop / "items.jsonl", ["item_id"], [["i0"]])
    with told_in_one_line(r"shop: holds items.csv and items.jsonl; keep only one of them"):
        read(shop)
    (shop / "items.csv").unlink()
    (shop / "items.jsonl").unlink()
    with told_in_one_line(r"shop: items is missing; items.csv or items.csv.gz or items.jsonl"):
        read(shop)
    (shop / "items.parquet").mkdir()
    with told_in_one_line(r"items.parquet: a folder without .parquet files; a table expected"):
        read(shop)


def test_addresses_in_csv(tmp_path):
    shop = csv_shop(tmp_path / "shop")
    rows = [[key, f"HTTPS://example.invalid/{key}.jpg"] for key, *_ in read_csv(shop / "items.csv")[1]]
    write_table(shop / "items.csv", ["item_id", "image"], rows)
    for source in (CsvSource, TableSource):
        with told_in_one_line(r"items.csv, line 2: image is an address \(HTTPS.*tools.download_photos"):
            source(shop)


def test_times_of_every_form(tmp_path):
    rows = draw_rows()
    shop = write_timed_shop(tmp_path / "csv", rows)
    last = SplitChoice.parse("last")
    _, _, expected = read(shop, split=last)
    header, cells = read_csv(shop / "interactions.csv")
    (shop / "interactions.csv").unlink()
    write_json(shop / "interactions.jsonl", header, [[user, item, float(when) + 0.5] for user, item, when in cells])
    assert read(shop, split=last)[2] == expected
    write_json(shop / "interactions.jsonl", header, [*cells[:20], [*cells[20][:2], None], *cells[21:]])
    with told_in_one_line("interactions.jsonl, line 21: timestamp NULL: seconds since 1970, or a day"):
        read(shop, split=last)
    assert read(shop)[2][0].times is None
