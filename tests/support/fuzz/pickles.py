"""Reads the authors' file plainly, with stand-ins for everything that its pickle names, so that nothing of it runs."""

import io
import pickle
import struct

import numpy as np

from .families.photos import on_white
from .outcome import Unreadable

_NAMES = ("men_bottoms", "men_shoes", "men_tops", "women_bottoms", "women_shoes", "women_tops")
_MOST = 10**6


class _Array:
    """A stand-in for an array while a pickle is read."""

    def __setstate__(self, state: tuple) -> None:
        self.state = state

    def value(self) -> object:
        """Returns the list or array."""
        shape, dtype, fortran, data = self.state[-4:]
        if isinstance(data, list):
            return data
        data = data if isinstance(data, bytes) else data.encode("latin1")
        values = np.frombuffer(data, dtype.value)
        return values.reshape(shape, order="F" if fortran else "C")


class _Dtype:
    """A stand-in for a dtype."""

    def __init__(self, spec: object, *_: object):
        self.value = np.dtype(spec.decode() if isinstance(spec, bytes) else spec)

    def __setstate__(self, state: tuple) -> None:
        order = state[1].decode() if isinstance(state[1], bytes) else state[1]
        if order in "<>":
            self.value = self.value.newbyteorder(order)


class _Marker:
    """A stand-in for numpy.ndarray."""


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
    """An unpickler that uses only stand-ins: it imports nothing and runs nothing of the file."""

    def find_class(self, module: str, name: str) -> object:
        if module not in _MODULES or name not in _STANDS:
            raise Unreadable(f"it names {module}.{name}")
        return _STANDS[name]


def read(data: bytes) -> dict:
    """Reads a release file's items (key, category, photo) and users (key to training items, validation, test)."""
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
