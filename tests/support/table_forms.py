"""Writes the two tables of a shop as JSON lines, Parquet or a SQLite database."""

import contextlib
import csv
import gzip
import json
import shutil
import sqlite3

from tests.support.shop import write_shop

NAMES = ("interactions", "items")


def read_csv(path):
    """Returns (header, rows) of a CSV file."""
    with path.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    return header, rows


def write_json(path, header, rows):
    """Writes a JSON object per line; gzip if the name says so."""
    text = "".join(json.dumps(dict(zip(header, row, strict=True))) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def write_parquet(path, header, rows, types=None, **options):
    """Writes a Parquet file, of texts unless `types` says otherwise."""
    import pyarrow
    import pyarrow.parquet

    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in header]
    kinds = [(types or {}).get(name, pyarrow.string()) for name in header]
    arrays = [pyarrow.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    pyarrow.parquet.write_table(pyarrow.table(dict(zip(header, arrays, strict=True))), path, **options)
    return path


def write_sqlite(path, tables):
    """Writes a database of tables, name -> (header, rows), of columns without a type."""
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for name, (header, rows) in tables.items():
            database.execute(f"CREATE TABLE {name} ({', '.join(header)})")
            database.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(header))})", rows)
    return path


def json_shop(folder, **options):
    """Writes `write_shop` with JSON lines, interactions packed."""
    shop = write_shop(folder, **options)
    write_json(shop / "interactions.jsonl.gz", *read_csv(shop / "interactions.csv"))
    write_json(shop / "items.jsonl", *read_csv(shop / "items.csv"))
    return _without_csv(shop)


def parquet_shop(folder, **options):
    """Writes `write_shop` with Parquet: interactions as three parts, items as one file with two row groups."""
    shop = write_shop(folder, **options)
    header, rows = read_csv(shop / "interactions.csv")
    third = len(rows) // 3
    for part, some in enumerate((rows[:third], rows[third : 2 * third], rows[2 * third :])):
        write_parquet(shop / f"interactions-{part:012d}.parquet", header, some)
    write_parquet(shop / "items.parquet", *read_csv(shop / "items.csv"), row_group_size=7)
    return _without_csv(shop)


def sqlite_shop(path, **options):
    """Writes `write_shop` into a database; the photos are in the folder images beside it."""
    shop = write_shop(path.parent / f"{path.stem}_csv", **options)
    write_sqlite(path, {name: read_csv(shop / f"{name}.csv") for name in NAMES})
    (shop / "images").rename(path.parent / "images")
    shutil.rmtree(shop)
    return path


def _without_csv(shop):
    for name in NAMES:
        (shop / f"{name}.csv").unlink()
    return shop
