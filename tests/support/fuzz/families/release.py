"""The authors' file: a pickle whose values are edited, or whose bytes are damaged; nothing it names is ever run."""

import collections
import functools
import io
import pickle
import pickletools
import struct
from pathlib import Path

import numpy as np

from .. import mutations, npy, tested, world
from ..outcome import Case, Unreadable
from .photos import on_white

_USERS, _ITEMS = 4, 8
_NAMES = ("men_bottoms", "men_shoes", "men_tops", "women_bottoms", "women_shoes", "women_tops")
_MOST = 10**6
_SPLITS = ("user_train", "user_validation", "user_test")


def parts() -> list:
    """Four users, the last of them without a purchase, and eight items, as the authors' file holds them."""
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
    """The bytes of the .npy file."""
    outer = np.empty(len(values), object)
    outer[:] = values
    file = io.BytesIO()
    header = {"descr": "|O", "fortran_order": False, "shape": outer.shape}
    np.lib.format.write_array_header_1_0(file, header)
    pickle.dump(outer, file, protocol=protocol)
    return file.getvalue()


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """A value edited, or bytes lost or changed."""
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
    base = _read(written(parts(), protocol))
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
    expected = _read(data)
    for name in expected:
        if got[name] != expected[name]:
            return f"{name}: {expected[name]!r:.150} expected, {got[name]!r:.150} found"
    return None


def _opcode(draw: np.random.Generator, data: bytes) -> mutations.Mutation:
    """One opcode is lost or comes twice; no new name comes in."""
    start = data.index(b"\n") + 1
    places = [place for *_, place in pickletools.genops(data[start:])]
    at = int(draw.integers(1, len(places) - 1))
    op = data[start + places[at] : start + places[at + 1]]
    head, tail = data[: start + places[at]], data[start + places[at + 1] :]
    if draw.integers(2):
        return f"opcode {op[:8]!r} at byte {places[at]} lost", head + tail
    return f"opcode {op[:8]!r} at byte {places[at]} twice", head + op + op + tail


def _edit(draw: np.random.Generator, values: list) -> str:
    """One value of the file becomes another."""
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


class _Array:
    """What stands for an array while a pickle is read."""

    def __setstate__(self, state: tuple) -> None:
        self.state = state

    def value(self) -> object:
        """The list or array."""
        shape, dtype, fortran, data = self.state[-4:]
        if isinstance(data, list):
            return data
        data = data if isinstance(data, bytes) else data.encode("latin1")
        values = np.frombuffer(data, dtype.value)
        return values.reshape(shape, order="F" if fortran else "C")


class _Dtype:
    """What stands for a dtype."""

    def __init__(self, spec: object, *_: object):
        self.value = np.dtype(spec.decode() if isinstance(spec, bytes) else spec)

    def __setstate__(self, state: tuple) -> None:
        order = state[1].decode() if isinstance(state[1], bytes) else state[1]
        if order in "<>":
            self.value = self.value.newbyteorder(order)


class _Marker:
    """Stands for numpy.ndarray."""


def _scalar(dtype: _Dtype, data: object) -> object:
    return np.frombuffer(data if isinstance(data, bytes) else data.encode("latin1"), dtype.value)[0]


_STANDS = {
    "_reconstruct": lambda *_: _Array(),
    "dtype": _Dtype,
    "ndarray": _Marker,
    "scalar": _scalar,
    "encode": lambda text, _: text.encode("latin1"),
    "bytes": lambda *_: b"",
    "OrderedDict": dict,
}
_MODULES = (
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "_codecs",
    "__builtin__",
    "builtins",
    "collections",
)


class _Plain(pickle._Unpickler):
    """Reads a pickle with stand-ins alone: nothing is imported and nothing of the file runs."""

    def find_class(self, module: str, name: str) -> object:
        if module not in _MODULES or name not in _STANDS:
            raise Unreadable(f"it names {module}.{name}")
        return _STANDS[name]


def _read(data: bytes) -> dict:
    if not data.startswith(b"\x93NUMPY"):
        raise Unreadable("it is no .npy file")
    form = "<H" if data[6] == 1 else "<I"
    try:
        start = 8 + struct.calcsize(form) + struct.unpack_from(form, data, 8)[0]
        outer = _Plain(io.BytesIO(data[start:]), encoding="bytes").load()
        train, validation, test, catalogue, users, items = outer.value()
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(f"it is no pickle of six parts ({type(error).__name__})") from error
    for count in (users, items):
        if not isinstance(count, int | np.integer) or isinstance(count, bool) or not 0 < count < _MOST:
            raise Unreadable(f"{count!r} is no count")
    catalogue = _table(catalogue, items)
    if len(catalogue) != items or not all(isinstance(entry, dict) for entry in catalogue.values()):
        raise Unreadable("an item is missing")
    splits = [_split(part, users, items) for part in (train, validation, test)]
    if any(len(rows) > 1 for split in splits[1:] for rows in split):
        raise Unreadable("two items are held out")
    asins = [_name(_get(catalogue[item], "asin")) for item in range(items)]
    for split in splits:
        for item, _, asin in (row for rows in split for row in rows):
            asins[item] = asins[item] or asin
    item_keys = _distinct(asins)
    names = [{row[1] for split in splits for row in split[user]} for user in range(users)]
    user_keys = _distinct([found.pop() if len(found) == 1 else None for found in names])
    rows = {}
    for user, key in enumerate(user_keys):
        held = [item_keys[split[user][0][0]] if split[user] else None for split in splits[1:]]
        rows[key] = (tuple(sorted(item_keys[item] for item in {row[0] for row in splits[0][user]})), *held)
    codes = [_get(catalogue[item], "c") for item in range(items)]
    lengths = {len(_values(code)) for code in codes if code is not None}
    if len(lengths) > 1:
        raise Unreadable("codes of two lengths")
    count = lengths.pop() if lengths else 0
    labels = _NAMES if count == len(_NAMES) else [f"category_{number}" for number in range(count)]
    photos = [_get(catalogue[item], "imgs") for item in range(items)]
    for photo in photos:
        if not isinstance(photo, bytes):
            raise Unreadable(f"a photo is a {type(photo).__name__}")
        on_white(photo)
    categories = ["" if code is None else labels[_place(code)] for code in codes]
    return {"items": list(zip(item_keys, categories, photos, strict=True)), "users": rows}


def _table(part: object, count: int) -> dict:
    if not isinstance(part, dict):
        raise Unreadable("a part is no dict")
    for key in part:
        if not isinstance(key, int | np.integer) or not 0 <= key < count:
            raise Unreadable(f"the key {key!r}")
    return {int(key): value for key, value in part.items()}


def _split(part: object, users: int, items: int) -> list[list[tuple]]:
    table = _table(part, users)
    return [[_review(row, items) for row in _values(table.get(user, []), many=True)] for user in range(users)]


def _review(row: object, items: int) -> tuple:
    item = _get(row, "productid")
    if not isinstance(item, int | np.integer) or isinstance(item, bool) or not 0 <= item < items:
        raise Unreadable(f"the productid {item!r}")
    return int(item), _name(_get(row, "reviewerID")), _name(_get(row, "asin"))


def _values(value: object, many: bool = False) -> object:
    value = value.value() if isinstance(value, _Array) else value
    if isinstance(value, list | tuple | np.ndarray):
        return value
    if many and isinstance(value, dict):
        return [value]
    raise Unreadable(f"a {type(value).__name__} where rows or a code are expected")


def _place(code: object) -> int:
    values = np.asarray(_values(code))
    if values.dtype.kind not in "biuf" or values.ndim != 1 or np.count_nonzero(values) != 1 or np.isnan(values).any():
        raise Unreadable("no one-hot code")
    return int(np.flatnonzero(values)[0])


def _get(row: object, name: str) -> object:
    if not isinstance(row, dict):
        raise Unreadable(f"a {type(row).__name__} where a dict is expected")
    return row[name] if name in row else row.get(name.encode())


def _name(value: object) -> str | None:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return text if isinstance(text, str) and text and "\0" not in text else None


def _distinct(keys: list) -> list[str]:
    if None in keys or len(set(keys)) != len(keys):
        return [str(number) for number in range(len(keys))]
    return keys
