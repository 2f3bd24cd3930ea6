"""Checks that records are what a build writes: a record of another program can have a correct checksum too."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tfrecords import schema
from tfrecords.errors import InputError
from tfrecords.metadata import REBUILD
from tfrecords.records.example import Example, FieldError

_MOST_PIXELS = 2**31 - 1  # a side, as int32


def user_keys(
    keys: Sequence[bytes],
    items: Mapping[str, tuple[np.ndarray, np.ndarray]],
    folder: Path,
    num_items: int,
    several: bool = False,
) -> list[str]:
    """Returns the keys of all users as text, after checking all values.

    Args:
        keys: of each user.
        items: by the field's name, the number of items of each user, int64 [U], and the items of all, int64.
        folder: the data set, for messages.
        num_items: I.
        several: whether a user may have several held-out items for validation or test.

    Raises:
        InputError: an item of ``num_items`` or more, several held-out items of a user without `several`, a key that is
            not text.
    """
    ids = np.arange(len(keys))
    for name, (lengths, values) in items.items():
        _check_range(folder, name, np.repeat(ids, lengths), values, 0, num_items - 1)
        if name != schema.USER_TRAIN and not several and lengths.max(initial=0) > 1:
            user = ids[np.argmax(lengths)]
            raise _error(folder, f"user {user} has {lengths.max()} items of {name}, one at most expected")
    return _texts(folder, "user", keys)


def item_keys(keys: Sequence[bytes], values: Mapping[str, np.ndarray], folder: Path, num_categories: int) -> list[str]:
    """Returns the keys of all items as text, after checking all values.

    Args:
        keys: of each item.
        values: category, height and width, int64 [I], by the field's name.
        folder: the data set, for messages.
        num_categories: number of categories.

    Raises:
        InputError: a category of ``num_categories`` or more, a photo without height or width, a key that is not text.
    """
    bounds = {
        schema.ITEM_CATEGORY: (schema.NO_CATEGORY, num_categories - 1),
        schema.IMAGE_HEIGHT: (1, _MOST_PIXELS),
        schema.IMAGE_WIDTH: (1, _MOST_PIXELS),
    }
    for name, column in values.items():
        _check_range(folder, name, np.arange(len(keys)), column, *bounds[name])
    return _texts(folder, "item", keys)


def check_distinct(folder: Path, what: str, keys: Sequence[str]) -> None:
    """Raises InputError if a key appears twice; `what` is ``user`` or ``item``."""
    first: dict[str, int] = {}
    for number, key in enumerate(keys):
        if first.setdefault(key, number) != number:
            raise _error(folder, f"{what}s {first[key]} and {number} have the same key {key!r}")


def item_example(folder: Path, item: int, data: bytes) -> Example:
    """Parses a record and checks that it is that of `item` and holds one photo. Raises InputError if not."""
    try:
        example = Example(data)
    except FieldError as error:
        raise _error(folder, f"the record of item {item} is no example") from error
    try:
        found = example.integer(schema.ITEM_ID)
    except FieldError:
        found = None
    if found != item:
        raise _error(folder, f"another record stands in the place of item {item}")
    try:
        example.text(schema.IMAGE_ENCODED)
    except FieldError as error:
        raise _error(folder, f"item {item} has no photo") from error
    return example


def _check_range(folder: Path, what: str, ids: np.ndarray, values: np.ndarray, least: int, most: int) -> None:
    wrong = (values < least) | (values > most)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise _error(
            folder,
            f"{what} of {ids[at]} is {values[at]}, {least} to {most} expected",
            f"undo a change of {schema.METADATA_FILE}, or {REBUILD}",
        )


def _texts(folder: Path, what: str, keys: Sequence[bytes]) -> list[str]:
    texts = []
    for number, key in enumerate(keys):
        try:
            text = key.decode()
        except UnicodeDecodeError:
            text = ""
        if not text or "\0" in text:
            raise _error(folder, f"the key of {what} {number} is {key!r:.60}, text in UTF-8 without NUL expected")
        texts.append(text)
    return texts


def _error(folder: Path, fault: str, mend: str = REBUILD) -> InputError:
    return InputError(f"{folder}: its records are whole but not those of a build: {fault}; {mend}")
