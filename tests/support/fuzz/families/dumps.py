"""Damages Amazon's and Tradesy's dumps; the data set must agree with a plain reading, or the file is refused."""

import ast
import gzip
import html
import json
import warnings
from pathlib import Path

import numpy as np

from .. import json_edits, mutations, plain, tested, world
from ..outcome import Case, Unreadable

_ROOT = ["Clothing", "Women"]
_LEAST = 5


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with one line edited or one file damaged, compressed or not, before or after compression."""
    dump = folder / "dump"
    (dump / "photos").mkdir(parents=True)
    for number, item in enumerate(world.ITEMS):
        (dump / f"photos/{item}.png").write_bytes(world.photo(number))
    amazon = bool(draw.integers(3))
    files = _amazon() if amazon else _tradesy()
    form = mutations.any_of(draw, (repr, json.dumps))
    packed = bool(draw.integers(2))
    damaged = mutations.any_of(draw, sorted(files))
    kind = int(draw.integers(4))
    what = ""
    if kind < 2:
        at = int(draw.integers(len(files[damaged])))
        what, files[damaged][at], *_ = json_edits.edit(draw, files[damaged][at])
        what = f"line {at + 1}: {what}"
    for name, rows in files.items():
        data = "".join(f"{form(row)}\n" for row in rows).encode("utf-8", "surrogatepass")
        if name == damaged and (kind == 2 or (kind == 3 and not packed)):
            what, data = mutations.damage(draw, data, mutations.TEXT)
        data = gzip.compress(data, mtime=0) if packed else data
        if name == damaged and kind == 3 and packed:
            what, data = mutations.damage(draw, data)
            what += ", packed"
        (dump / f"{name}.json{'.gz' * packed}").write_bytes(data)
    read = _read_amazon if amazon else _read_tradesy
    return Case(
        f"{damaged} ({form.__name__}): {what}",
        lambda: _build(dump, amazon, folder),
        lambda got: _check(read(dump), got),
        _whole(amazon),
    )


def _amazon() -> dict[str, list]:
    kinds = [["Tops"], ["Shoes", "Boots"], ["Bags"]]
    meta = [
        {
            "asin": item,
            "title": f'Item {item}\'s "title"',
            "imUrl": f"http://example.invalid/{item}.jpg",
            "categories": [["Toys"], [*_ROOT, *kinds[number % 3]]] if number % 2 else [[*_ROOT, *kinds[number % 3]]],
        }
        for number, item in enumerate(world.ITEMS)
    ]
    reviews = [
        {"reviewerID": user, "asin": item, "overall": 5.0, "unixReviewTime": 1400000000}
        for user, item in world.purchases()
    ]
    return {"meta_Clothing": meta, "reviews_Clothing": reviews}


def _tradesy() -> dict[str, list]:
    users: dict[str, list] = {}
    for user, item in world.purchases():
        users.setdefault(user, []).append(item)
    lines = [
        {"uid": user, "lists": {"bought": items[:3], "want": items[2:], "selling": ["s1"], "sold": []}}
        for user, items in users.items()
    ]
    return {"tradesy": lines}


def _whole(amazon: bool) -> dict:
    files = _amazon() if amazon else _tradesy()
    return _amazon_set(*files.values()) if amazon else _tradesy_set(*files.values())


def _build(dump: Path, amazon: bool, folder: Path) -> dict:
    output = folder / "output"
    path = dump if amazon else next(dump.glob("tradesy.json*"))
    flags = ["--source=amazon", f"--category_path={'>'.join(_ROOT)}"] if amazon else ["--source=tradesy"]
    tested.tool("build_dataset", *flags, f"--input={path}", f"--images={dump / 'photos'}", f"--output={output}")
    got = world.contents(output)
    return {"items": [(key, category) for key, category, *_ in got["items"]], "users": got["users"]}


def _check(expected: dict, got: dict) -> str | None:
    for name in expected:
        if got[name] != expected[name]:
            return f"{name}: {expected[name]!r:.150} expected, {got[name]!r:.150} found"
    return None


def _read_amazon(dump: Path) -> dict:
    return _amazon_set(*(lines(next(dump.glob(f"{stem}_*"))) for stem in ("meta", "reviews")))


def _read_tradesy(dump: Path) -> dict:
    return _tradesy_set(lines(next(dump.glob("tradesy.json*"))))


def _amazon_set(meta: list[dict], reviews: list[dict]) -> dict:
    categories: dict[str, str] = {}
    for row in meta:
        key = _key(row.get("asin"))
        value = row.get("categories") or row.get("category") or []
        value = value if isinstance(value, list) else []
        paths = value if all(isinstance(path, list) for path in value) else [value]
        named = [[html.unescape(str(name)).strip() for name in path] for path in paths]
        tails = [path[len(_ROOT) :] for path in named if path[: len(_ROOT)] == _ROOT]
        if tails:
            categories.setdefault(key, next((tail[0] for tail in tails if tail), ""))
    pairs = [(_key(row.get("reviewerID")), _key(row.get("asin"))) for row in reviews]
    users = _users([pair for pair in pairs if pair[1] in categories])
    bought = _bought(users)
    return {"items": [(key, category) for key, category in categories.items() if key in bought], "users": users}


def _tradesy_set(rows: list[dict]) -> dict:
    pairs = []
    for row in rows:
        user, lists = _key(row.get("uid")), row.get("lists")
        if not isinstance(lists, dict) or not {"bought", "want"} & set(lists):
            raise Unreadable("a line without lists")
        for name in ("bought", "want"):
            if not isinstance(lists.get(name, []), list):
                raise Unreadable(f"{name} is no list")
            pairs += [(user, _key(item)) for item in lists.get(name, [])]
    users = _users(pairs)
    return {"items": [(key, "") for key in sorted(_bought(users))], "users": users}


def _users(pairs: list[tuple[str, str]]) -> dict:
    users = plain.users_of(pairs, _LEAST)
    if not users:
        raise Unreadable("no user has enough purchases")
    missing = _bought(users) - set(world.ITEMS)
    if missing:
        raise Unreadable(f"there is no photo of {missing}")
    return users


def _bought(users: dict) -> set[str]:
    return {item for train, *held in users.values() for item in (*train, *held)}


def _key(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise Unreadable(f"{value!r} is no key")
    return value


def lines(file: Path) -> list[dict]:
    """Returns the record of every line; none may be broken, since the files have less than a thousand lines."""
    data = file.read_bytes()
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.decompress(data)
        except Exception as error:
            raise Unreadable("it is no whole gzip file") from error
    rows = [_record(line) for line in data.split(b"\n") if line.strip()]
    if not rows:
        raise Unreadable("it is empty")
    return rows


def _record(line: bytes) -> dict:
    try:
        text = line.decode("utf-8-sig").strip()
        try:
            row = json.loads(text)
        except ValueError:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                row = ast.literal_eval(text)
    except Exception as error:
        raise Unreadable(f"the line {line[:40]!r} is no record") from error
    if not isinstance(row, dict):
        raise Unreadable(f"the line {line[:40]!r} is no record")
    return row
