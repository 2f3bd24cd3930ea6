"""Damages CSV tables; build_dataset must agree with a strict reading of both files, or refuse them."""

from pathlib import Path

import numpy as np

from .. import mutations, plain, tested, world
from ..outcome import Case, Unreadable

_LEAST = 5


def _stray(draw: np.random.Generator, data: bytes) -> mutations.Mutation:
    at = int(draw.integers(len(data) + 1))
    mark = mutations.any_of(draw, (b'"', b",", b"\r", b"\n", b'""', b'",', b',"', b"\0", b"\xc2\x85", b"\xe2\x80\xa8"))
    return f"{mark!r} inserted at byte {at}", data[:at] + mark + data[at:]


def _field(draw: np.random.Generator, data: bytes) -> mutations.Mutation:
    """Makes a field empty, spaces, quoted, or another row's."""
    lines = [line.split(b",") for line in data.split(b"\n")]
    row = lines[int(draw.integers(len(lines)))]
    at = int(draw.integers(len(row)))
    others = [other[at] for other in lines if len(other) > at]
    new = mutations.any_of(
        draw,
        (b"", b" ", b'"' + row[at] + b'"', b'"' + row[at], row[at] + b'"', b" " + row[at], row[at] + b" ", b'"' * 3)
        + tuple(mutations.any_of(draw, others) for _ in range(4)),
    )
    what = f"field {row[at]!r} -> {new!r}"
    row[at] = new
    return what, b"\n".join(b",".join(row) for row in lines)


def _whole(draw: np.random.Generator, data: bytes) -> mutations.Mutation:
    """Writes the file in the form of another program."""
    text = data.decode()
    forms = {
        "with a BOM": b"\xef\xbb\xbf" + data,
        "with two BOMs": b"\xef\xbb\xbf" * 2 + data,
        "CRLF": data.replace(b"\n", b"\r\n"),
        "CR": data.replace(b"\n", b"\r"),
        "no last line end": data.rstrip(b"\n"),
        "UTF-16": text.encode("utf-16"),
        "semicolons": data.replace(b",", b";"),
        "blank lines": data.replace(b"\n", b"\n\n"),
        "lines of spaces": data.replace(b"\n", b"\n \n", 3),
        "a column more": b"\n".join(line + b",x" if line else line for line in data.split(b"\n")),
        "single quotes": data.replace(b'"', b"'"),
        "every row twice": data + data.split(b"\n", 1)[1],
    }
    name = mutations.any_of(draw, list(forms))
    return name, forms[name]


_KINDS = (*mutations.TEXT, *([_stray] * 6), *([_field] * 8), _whole, _whole)


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with one of the two tables damaged."""
    shop = world.copy(place.shop, folder / "shop")
    file = shop / mutations.any_of(draw, ("items.csv", "interactions.csv"))
    what, data = mutations.damage(draw, file.read_bytes(), _KINDS)
    file.write_bytes(data)
    return Case(f"{file.name}: {what}", lambda: _build(shop, folder), lambda got: _check(shop, got), base(place))


def base(place: world.World) -> dict:
    """Returns the content of the intact shop's data set."""
    return relevant(world.contents(place.dataset))


def _build(shop: Path, folder: Path) -> dict:
    output = folder / "output"
    tested.tool("build_dataset", "--source=csv", f"--input={shop}", f"--output={output}")
    return relevant(world.contents(output))


def relevant(contents: dict) -> dict:
    """Returns the part of a data set's content that the tables determine."""
    items = [(key, category, photo) for key, category, *_, photo in contents["items"]]
    return {"items": items, "users": contents["users"], "category_names": contents["category_names"]}


def _check(shop: Path, got: dict) -> str | None:
    items = _columns(shop / "items.csv", ("item_id", "image"), ("category",))
    return differing(meaning(shop, items, _columns(shop / "interactions.csv", ("user_id", "item_id"), ())), got)


def differing(expected: dict, got: dict) -> str | None:
    """Returns the first difference of two contents in words; None if there is none."""
    for name, value in expected.items():
        if got[name] != value:
            return f"{name}: {_difference(value, got[name])}"
    return None


def _difference(expected: object, got: object) -> str:
    if isinstance(expected, dict):
        keys = [key for key in {**expected, **got} if expected.get(key) != got.get(key)]
        expected, got = ({key: side.get(key) for key in keys[:2]} for side in (expected, got))
    elif isinstance(expected, list):
        at = next((at for at, pair in enumerate(zip(expected, got, strict=False)) if pair[0] != pair[1]), None)
        expected, got = (expected[at], got[at]) if at is not None else (f"{len(expected)} of them", f"{len(got)}")
    return f"{expected!r:.150} expected, {got!r:.150} found"


def meaning(shop: Path, items: list, interactions: list) -> dict:
    """Returns the content of the data set.

    Args:
        shop: the folder of the photos' paths.
        items: rows of item, image and category.
        interactions: rows of user and item.

    Raises:
        Unreadable: the rows have no meaning.
    """
    catalogue: dict[str, tuple] = {}
    for item, image, category in items:
        if item in catalogue:
            raise Unreadable(f"item {item!r} stands twice")
        path = shop / image.strip()
        if not image.strip() or "\0" in image or not path.is_file():
            raise Unreadable(f"there is no photo {image!r}")
        catalogue[_key(item)] = (item, category.strip(), path.read_bytes())
    pairs = [(_key(user), item) for user, item in interactions]
    unknown = [item for _, item in pairs if item not in catalogue]
    if unknown:
        raise Unreadable(f"unknown item {unknown[0]!r}")
    users = plain.users_of(pairs, _LEAST)
    if not users:
        raise Unreadable("no user has enough purchases")
    names = tuple(sorted({category for _, category, _ in catalogue.values() if category}))
    return {"items": list(catalogue.values()), "users": users, "category_names": names}


def _key(key: str) -> str:
    if not key.strip() or "\0" in key:
        raise Unreadable(f"{key!r} is no key")
    return key


def _columns(file: Path, needed: tuple, optional: tuple) -> list[list[str]]:
    header, *rows = plain.csv_rows(file.read_bytes())
    header = [name.strip() for name in header]
    for name in (*needed, *optional):
        if header.count(name) > 1 or (name in needed and name not in header):
            raise Unreadable(f"column {name} is there {header.count(name)} times")
    rows = [row for row in rows if row]
    if not rows or any(len(row) != len(header) for row in rows):
        raise Unreadable("a row has another number of fields than the header")
    return [[row[header.index(name)] if name in header else "" for name in (*needed, *optional)] for row in rows]
