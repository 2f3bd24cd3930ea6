"""Damages the authors' file, a pickle, in its values or bytes; nothing that the pickle names may ever run."""

import collections
import functools
import io
import pickle
import pickletools
from pathlib import Path

import numpy as np

from .. import mutations, npy, pickles, tested, world
from ..outcome import Case

_USERS, _ITEMS = 4, 8
_SPLITS = ("user_train", "user_validation", "user_test")


def parts() -> list:
    """Returns four users, the last one without a purchase, and eight items, as in the authors' file."""
    bought = [([0, 3, 3], [4], [5]), ([1, 2, 6], [7], [0]), ([0, 5], [], [1]), ([], [], [])]
    splits = []
    for split in range(3):
        rows = [[_row(user, item) for item in bought[user][split]] for user in range(_USERS)]
        splits.append(dict(enumerate(rows)))
    catalogue = {}
    for item in range(_ITEMS):
        code = np.zeros(6)
        code[item % 6] = 1
        catalogue[item] = {b"imgs": world.photo(item), b"asin": b"A%d" % item, b"c": code}
    return [*splits, catalogue, _USERS, _ITEMS]


def _row(user: int, item: int) -> dict:
    return {b"productid": item, b"reviewerID": b"R%d" % user, b"overall": 5.0}


def written(values: list, protocol: int) -> bytes:
    """Returns the bytes of the .npy file."""
    outer = np.empty(len(values), object)
    outer[:] = values
    file = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": outer.shape}
    np.lib.format.write_array_header_1_0(file, header)
    pickle.dump(outer, file, protocol=protocol)
    return file.getvalue()


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with a value edited, or bytes lost or changed."""
    values = parts()
    protocol = int(mutations.any_of(draw, (2, 2, 4)))
    if draw.integers(2):
        what = _edit(draw, values)
        data = written(values, protocol)
    else:
        kinds = (*mutations.BINARY, npy.edit_header, _opcode)
        what, data = mutations.damage(draw, written(values, protocol), kinds)
    file = folder / "release.npy"
    file.write_bytes(data)
    base = pickles.read(written(parts(), protocol))
    return Case(
        f"protocol {protocol}: {what}",
        lambda: _build(file, folder),
        functools.partial(_check, data),
        base,
    )


def _build(file: Path, folder: Path) -> dict:
    output = folder / "output"
    tested.tool("build_dataset", "--source=release", f"--input={file}", f"--output={output}")
    got = world.contents(output)
    return {"items": [(item[0], item[1], item[-1]) for item in got["items"]], "users": got["users"]}


def _check(data: bytes, got: dict) -> str | None:
    expected = pickles.read(data)
    for name in expected:
        if got[name] != expected[name]:
            return f"{name}: {expected[name]!r:.150} expected, {got[name]!r:.150} found"
    return None


def _opcode(draw: np.random.Generator, data: bytes) -> mutations.Mutation:
    """Removes or repeats one opcode, without a new name."""
    start = data.index(b"\n") + 1
    places = [place for *_, place in pickletools.genops(data[start:])]
    at = int(draw.integers(1, len(places) - 1))
    op = data[start + places[at] : start + places[at + 1]]
    head, tail = data[: start + places[at]], data[start + places[at + 1] :]
    if draw.integers(2):
        return f"opcode {op[:8]!r} at byte {places[at]} lost", head + tail
    return f"opcode {op[:8]!r} at byte {places[at]} twice", head + op + op + tail


def _edit(draw: np.random.Generator, values: list) -> str:
    """Changes one value of the file."""
    kind = int(draw.integers(8))
    split, user, item = int(draw.integers(3)), int(draw.integers(_USERS)), int(draw.integers(_ITEMS))
    catalogue = values[3]
    if kind == 0:
        count = 4 + int(draw.integers(2))
        options = (values[count] + 1, values[count] - 1, 0, -1, 3.0, "3", None, True, 10**9, np.int64(values[count]))
        values[count] = mutations.any_of(draw, options)
        return f"part {count}: {values[count]!r}"
    if kind == 1:
        rows = values[split][user]
        number = mutations.any_of(draw, (0, 2, 7, 8, -1, 2.0, "2", None, True, 2**40, np.int32(2), b"2"))
        if rows:
            rows[0] = {**rows[0], b"productid": number}
        else:
            rows.append({b"productid": number})
        return f"{_SPLITS[split]}[{user}]: productid {number!r}"
    if kind == 2:
        rows = values[split]
        new = mutations.any_of(draw, ("list", "none", "gone", "array", "dict", "tuple", "key"))
        old = rows.pop(user)
        choices = {"list": old + old, "none": None, "dict": {0: old}, "tuple": tuple(old)}
        if new in choices:
            rows[user] = choices[new]
        elif new == "array":
            rows[user] = np.empty(len(old), object)
            rows[user][:] = old
        elif new == "key":
            rows[mutations.any_of(draw, (str(user), user + 0.0, -1, _USERS, np.int64(user)))] = old
        return f"{_SPLITS[split]}[{user}] as {new}"
    if kind == 3:
        photo = catalogue[item][b"imgs"]
        what, damaged = mutations.damage(draw, photo)
        new = mutations.any_of(draw, (damaged, damaged, None, b"", "text", np.frombuffer(photo, np.uint8), [photo]))
        catalogue[item][b"imgs"] = new
        return f"photo of item {item}: {what if new is damaged else type(new).__name__}"
    if kind == 4:
        code = catalogue[item][b"c"]
        codes = (code * 2, code * 0, code + 1, code[:5], list(code), code.astype(int), code.reshape(1, 6), None, 3, "x")
        codes += (code.astype("datetime64[s]") if code.dtype.kind == "i" else code.astype(">f4"), code * np.nan)
        catalogue[item][b"c"] = mutations.any_of(draw, codes)
        return f"category of item {item}: {catalogue[item][b'c']!r}"
    if kind == 5:
        key = mutations.any_of(draw, (b"A1", b"", b"\0", "A9", None, 5, b"\xff", b"a\nb"))
        catalogue[item][b"asin"] = key
        return f"asin of item {item}: {key!r}"
    if kind == 6:
        rows = values[split][user]
        key = mutations.any_of(draw, (b"R1", b"", b"\0", "R9", None, 5, b"\xff", b"a\nb"))
        for row in rows:
            row[b"reviewerID"] = key
        return f"reviewerID of user {user} in {_SPLITS[split]}: {key!r}"
    new = mutations.any_of(draw, ("lost", "list", "another", "shorter", "ordered"))
    if new == "lost":
        del catalogue[item]
    elif new == "list":
        values[3] = list(catalogue.values())
    elif new == "another":
        catalogue[_ITEMS] = catalogue[item]
    elif new == "ordered":
        values[3] = collections.OrderedDict(sorted(catalogue.items(), reverse=True))
    else:
        values.pop()
    return f"Item: {new} ({item})"
