"""Damages tables of JSON lines and of SQLite; build_dataset must agree with a plain reading, or refuse them."""

import contextlib
import gzip
import json
import sqlite3
from pathlib import Path

import numpy as np

from .. import json_edits, mutations, plain, tested, world
from ..outcome import Case, Unreadable
from . import csv_tables, dumps

_NAMES = ("interactions", "items")
_VALUES = (None, "", " ", "x", "i1", 7, -1, 1.5, 0.0, b"\xff\xd8", "a\0b", "007", "http://example.invalid/1.png")


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with one value of a table edited, or one file damaged."""
    shop = world.copy(place.shop, folder / "shop")
    tables = {name: _rows(shop / f"{name}.csv") for name in _NAMES}
    make_one = _json if draw.integers(2) else _sqlite
    what, path, read = make_one(draw, shop, tables)
    return Case(what, lambda: _build(path, folder), lambda got: _check(shop, read, got), csv_tables.base(place))


def _rows(file: Path) -> list[dict]:
    header, *rows = plain.csv_rows(file.read_bytes())
    file.unlink()
    return [dict(zip(header, row, strict=True)) for row in rows if row]


def _json(draw: np.random.Generator, shop: Path, tables: dict) -> tuple:
    damaged = mutations.any_of(draw, _NAMES)
    kind = int(draw.integers(3))
    packed = bool(draw.integers(2))
    what = ""
    if kind:
        rows = tables[damaged]
        at = int(draw.integers(len(rows)))
        what, rows[at], *_ = json_edits.edit(draw, rows[at])
        what = f"line {at + 1}: {what}"
    for name, rows in tables.items():
        data = "".join(json.dumps(row) + "\n" for row in rows).encode()
        if name == damaged and not kind:
            what, data = mutations.damage(draw, data, mutations.TEXT)
        (shop / f"{name}.jsonl{'.gz' * packed}").write_bytes(gzip.compress(data, mtime=0) if packed else data)

    def read() -> tuple[list, list]:
        return tuple(
            _columns(dumps.lines(next(shop.glob(f"{name}.jsonl*"))), *columns) for name, columns in _COLUMNS.items()
        )

    return f"{damaged} as JSON lines: {what}", shop, read


_COLUMNS = {"items": (("item_id", "image"), ("category",)), "interactions": (("user_id", "item_id"), ())}


def _sqlite(draw: np.random.Generator, shop: Path, tables: dict) -> tuple:
    damaged = mutations.any_of(draw, _NAMES)
    rows = tables[damaged]
    row = rows[int(draw.integers(len(rows)))]
    name = mutations.any_of(draw, list(row))
    row[name] = mutations.any_of(draw, _VALUES)
    path = shop / "shop.db"
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        for table, content in tables.items():
            database.execute(f"CREATE TABLE {table} ({', '.join(content[0])})")
            marks = ", ".join("?" * len(content[0]))
            database.executemany(f"INSERT INTO {table} VALUES ({marks})", [list(one.values()) for one in content])

    def read() -> tuple[list, list]:
        return tuple(_columns(tables[table], *columns) for table, columns in _COLUMNS.items())

    return f"{damaged} in SQLite: {name} {row[name]!r}", path, read


def _columns(rows: list[dict], needed: tuple, optional: tuple) -> list[list[str]]:
    if not set(needed) <= set(rows[0]):
        raise Unreadable("the first row lacks a column")
    names = (*needed, *(name for name in optional if any(name in row for row in rows)))
    blank = [""] * (len(needed) + len(optional) - len(names))
    return [[_text(row.get(name)) for name in names] + blank for row in rows]


def _text(value: object) -> str:
    """Returns text and whole numbers as text, NULL as nothing, which is no key."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(f"{value!r} is no text")
    text = str(value)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Unreadable("half a letter")
    return text


def _build(path: Path, folder: Path) -> dict:
    output = folder / "output"
    tested.tool("build_dataset", "--source=table", f"--input={path}", f"--output={output}")
    return csv_tables.relevant(world.contents(output))


def _check(shop: Path, read: object, got: dict) -> str | None:
    return csv_tables.differing(csv_tables.meaning(shop, *read()), got)
