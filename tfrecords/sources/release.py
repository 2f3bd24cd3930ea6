"""Reads the authors' .npy files: purchases, their split and the photos, pickled by Python 2."""

import functools
import io
import reprlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfrecords import schema
from tfrecords.errors import InputError, option
from tfrecords.photos.check import BadPhoto, CheckedPhoto, read_photo
from tfrecords.sources.amazon_categories import FASHION_CATEGORIES
from tfrecords.sources.base import Draft, Source, User
from tfrecords.sources.release_unpickler import PickledArray, load_object_array
from tfrecords.text import is_text

# The order of the six categories in the one-hot code; the file has no names.
_PARTS = ("user_train", "user_validation", "user_test", "Item", "usernum", "itemnum")
_WHITE_SIDE = 224


class ReleaseSource(Source):
    """``[user_train, user_validation, user_test, Item, usernum, itemnum]`` as the authors released it.

    Their indices become the ids, their split is kept, and no user or item is dropped, so that rows match their
    checkpoints. Keys are ``reviewerID`` and ``asin`` if every row has one and they are unique; otherwise the indices
    as text.
    """

    kind = "release"

    def __init__(
        self,
        path: Path,
        category_names: Sequence[str] | None = None,
        image_size: int = 0,
        skip_bad_images: bool = False,
    ):
        """Reads the whole file: a pickle cannot be read in parts, so memory of the file's size is needed.

        Args:
            path: the .npy file.
            category_names: names of the one-hot code's positions; default `FASHION_CATEGORIES` if there are six,
                ``category_0`` and so on otherwise.
            image_size: as in `tfrecords.photos.check.check_photo`.
            skip_bad_images: replace unusable photos by white ones instead of stopping at the first.

        Raises:
            InputError: it is not such a file, or it contradicts itself.
        """
        self._path = path
        parts = load_object_array(path)
        try:
            self._read(parts, category_names)
        except InputError:
            raise
        except (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
            # Objects of kinds other than these parts are made of.
            raise InputError(f"{path}: not like the authors' files ({error!r}); fetch the file again") from error
        self._image_size = image_size
        self.skips = skip_bad_images
        self.replacement = _white_photo() if skip_bad_images else None
        self._replaced: list[tuple[str, str]] = []
        self.name = path.stem
        self.expected_items = self._num_items

    def _read(self, parts: list, category_names: Sequence[str] | None) -> None:
        path = self._path
        if len(parts) != len(_PARTS):
            raise InputError(f"{path}: {len(parts)} objects; expected {len(_PARTS)}: {', '.join(_PARTS)}")
        *splits, catalogue, users, items = parts
        self._num_users, self._num_items = self._count("usernum", users), self._count("itemnum", items)
        self._catalogue = self._indexed("Item", catalogue, self._num_items)
        for item in range(self._num_items):
            if not isinstance(self._catalogue.get(item), Mapping):
                raise InputError(f"{path}: Item[{item}] is missing or not a dict; expected one per item")
        tables = [self._indexed(name, part, self._num_users) for name, part in zip(_PARTS, splits, strict=False)]
        known = 1 + max((user for table in tables for user in table), default=-1)
        if known != self._num_users:
            raise InputError(f"{path}: usernum is {self._num_users}, and the last user of the splits is {known - 1}")
        train, validation, test = (self._read_split(name, rows) for name, rows in zip(_PARTS, tables, strict=False))
        self._item_keys = self._read_item_keys([*train, *validation, *test])
        self._user_keys = self._read_user_keys(zip(train, validation, test, strict=True))
        self._users = [
            User(
                self._user_keys[user],
                sorted({row["productid"] for row in train[user]}),
                self._held_out_item("user_validation", user, validation[user]),
                self._held_out_item("user_test", user, test[user]),
            )
            for user in range(self._num_users)
        ]
        self._categories = [self._category(item) for item in range(self._num_items)]
        self.category_names = self._names(category_names)

    def drafts(self) -> Iterator[Draft]:
        """Yields every item in the order of the authors' index. Each photo is freed after it is yielded."""
        self._replaced = []
        for item in range(self._num_items):
            yield Draft(self._item_keys[item], self._categories[item], self._photo(item))

    def reader(self) -> Callable[[object], CheckedPhoto | BadPhoto]:
        """Returns `read_photo`, which takes the bytes of a draft."""
        return functools.partial(read_photo, image_size=self._image_size)

    def refuse(self, position: int, reason: str) -> None:
        """Notes an item that gets a white photo. Raises InputError without `skip_bad_images`."""
        key = self._item_keys[position]
        if not self.skips:
            raise InputError(
                f"{self._path}: photo of Item[{position}] ({key}): {reason}; "
                f"pass {option('skip_bad_images')} to put a white photo in its place"
            )
        self._replaced.append((key, reason))

    def users(self) -> list[User]:
        """Yields every user in the order of the authors' index."""
        return self._users

    def facts(self) -> dict:
        """Returns the split's origin and the photos that were replaced."""
        return {
            "split": {"seed": None, "rule": "the authors'"},
            "dropped": {"bad_images_replaced_by_white": len(self._replaced)},
            "bad_images": [{"item": key, "reason": reason} for key, reason in self._replaced],
        }

    def _count(self, name: str, value: Any) -> int:
        if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value <= 0:
            raise InputError(f"{self._path}: {name} is {_short(value)}; expected a positive integer")
        if value > self._path.stat().st_size:
            raise InputError(f"{self._path}: {name} is {_short(value)}, more than the file has bytes; fetch it again")
        return int(value)

    def _indexed(self, name: str, table: Any, count: int) -> dict[int, Any]:
        if not isinstance(table, Mapping):
            raise InputError(f"{self._path}: {name} is a {type(table).__name__}; expected a dict keyed by integers")
        for key in table:
            if not isinstance(key, (int, np.integer)) or not 0 <= key < count:
                raise InputError(f"{self._path}: {name} has the key {_short(key)}; expected 0 to {count - 1}")
        return {int(key): value for key, value in table.items()}

    def _read_split(self, name: str, rows: dict[int, Any]) -> list[list[dict[str, Any]]]:
        return [
            [self._review(name, user, row) for row in _as_list(rows.get(user, []))] for user in range(self._num_users)
        ]

    def _review(self, name: str, user: int, row: Any) -> dict[str, Any]:
        item = _field(row, "productid")
        if not isinstance(item, (int, np.integer)) or not 0 <= item < self._num_items:
            raise InputError(
                f"{self._path}: {name}[{user}] has the productid {_short(item)}; "
                f"expected an integer from 0 to {self._num_items - 1}"
            )
        return {"productid": int(item), "reviewerID": _field(row, "reviewerID"), "asin": _field(row, "asin")}

    def _held_out_item(self, name: str, user: int, rows: list[dict[str, Any]]) -> list[int]:
        if len(rows) > 1:
            raise InputError(f"{self._path}: {name}[{user}] has {len(rows)} rows; expected one at most")
        return [row["productid"] for row in rows]

    def _read_user_keys(self, users: Iterator[tuple[list, ...]]) -> list[str]:
        names = [{_as_key(row["reviewerID"]) for rows in parts for row in rows} for parts in users]
        keys = [next(iter(found)) if len(found) == 1 else None for found in names]
        return _distinct_or_indices(keys)

    def _read_item_keys(self, users: list[list[dict[str, Any]]]) -> list[str]:
        keys = [_as_key(_field(self._catalogue[item], "asin")) for item in range(self._num_items)]
        for rows in users:
            for row in rows:
                if keys[row["productid"]] is None:
                    keys[row["productid"]] = _as_key(row["asin"])
        return _distinct_or_indices(keys)

    def _category(self, item: int) -> int:
        code = _field(self._catalogue[item], "c")
        if code is None:
            return schema.NO_CATEGORY
        code = np.asarray(code.values if isinstance(code, PickledArray) else code)
        if code.dtype.kind not in "biuf" or code.ndim != 1 or np.count_nonzero(code) != 1 or code.max() != 1:
            raise InputError(f"{self._path}: Item[{item}]['c'] is no one-hot code of a category")
        return int(np.argmax(code))

    def _names(self, given: Sequence[str] | None) -> tuple[str, ...]:
        lengths = {
            len(code.values if isinstance(code, PickledArray) else code)
            for code in (_field(item, "c") for item in self._catalogue.values())
            if code is not None
        }
        if len(lengths) > 1:
            raise InputError(f"{self._path}: one-hot codes of differing lengths {sorted(lengths)}")
        count = lengths.pop() if lengths else 0
        if given is None:
            numbered = tuple(f"category_{index}" for index in range(count))
            return FASHION_CATEGORIES if count == len(FASHION_CATEGORIES) else numbered
        if len(given) != count or len(set(given)) != count:
            raise InputError(f"{option('category_names', ','.join(given))}: {count} different names expected")
        return tuple(given)

    def _photo(self, item: int) -> bytes | None:
        # pop frees the memory while the file is written.
        entry = self._catalogue.pop(item)
        encoded = _field(entry, "imgs")
        if isinstance(encoded, str):
            encoded = encoded.encode("latin1", "replace")
        if encoded is not None and not isinstance(encoded, bytes | bytearray):
            # Of a kind that all photos will be of: none is to be taken for a single bad one.
            raise InputError(
                f"{self._path}: Item[{item}]['imgs'] is {_kind(encoded)}; the bytes of a JPEG or PNG file expected"
            )
        return None if encoded is None else bytes(encoded)


def _field(row: Any, name: str) -> Any:
    """Returns a dict's value under a key that Python 2 wrote, read as bytes or as str."""
    if not isinstance(row, Mapping):
        return None
    return row[name] if name in row else row.get(name.encode())


def _as_list(rows: Any) -> list:
    values = rows.values if isinstance(rows, PickledArray) else rows
    return list(values) if isinstance(values, (list, tuple, np.ndarray)) else [values]


def _as_key(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value if is_text(value) and value and "\0" not in value else None


def _distinct_or_indices(keys: list[str | None]) -> list[str]:
    if None not in keys and len(set(keys)) == len(keys):
        return keys
    return [str(index) for index in range(len(keys))]


def _short(value: Any) -> str:
    """Returns a short text for any value; for numbers too long to print, their length."""
    if isinstance(value, int) and value.bit_length() > 128:
        return f"a number of {value.bit_length()} bits"
    return f"{reprlib.repr(value):.40}"


def _kind(value: Any) -> str:
    values = value.values if isinstance(value, PickledArray) else value
    if isinstance(values, np.ndarray):
        return f"an array of {values.dtype} {list(values.shape)}"
    return f"a {type(values).__name__}"


def _white_photo() -> CheckedPhoto:
    buffer = io.BytesIO()
    Image.new("RGB", (_WHITE_SIDE, _WHITE_SIDE), "white").save(buffer, "JPEG")
    return CheckedPhoto(buffer.getvalue(), _WHITE_SIDE, _WHITE_SIDE)
