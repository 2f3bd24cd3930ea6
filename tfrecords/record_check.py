"""Checks that records are what a build writes: a record of another program can have a correct checksum too."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfrecords import schema
from tfrecords.errors import InputError
from tfrecords.metadata import REBUILD
from tfrecords.photos.decode import decode_photo
from tfrecords.record_file import read_record, record_offsets

_MOST_PIXELS = 2**31 - 1  # a side, as int32


# TensorFlow quotes the record in its error, and Python cannot always decode the quotation.
UNREADABLE = (tf.errors.InvalidArgumentError, UnicodeDecodeError)


def user_keys(
    batch: Mapping[str, tf.Tensor], folder: Path, num_users: int, num_items: int, several: bool = False
) -> list[str]:
    """Returns the keys of a batch of `schema.parse_users`, after checking all its values.

    `several` says whether a user may have several held-out items for validation or test.

    Raises:
        InputError: an id of ``num_users`` or more, an item of ``num_items`` or more, several held-out items of a user
            without `several`, a key that is not text.
    """
    ids = batch[schema.USER_ID].numpy()
    _check_range(folder, "user", ids, ids, 0, num_users - 1)
    for name in (schema.USER_TRAIN, schema.USER_VALIDATION, schema.USER_TEST):
        lengths = batch[name].row_lengths().numpy()
        _check_range(folder, name, np.repeat(ids, lengths), batch[name].flat_values.numpy(), 0, num_items - 1)
        if name != schema.USER_TRAIN and not several and lengths.max(initial=0) > 1:
            user = ids[np.argmax(lengths)]
            raise _error(folder, f"user {user} has {lengths.max()} items of {name}, one at most expected")
    return _texts(folder, "user", ids, batch[schema.USER_KEY].numpy())


def item_keys(batch: Mapping[str, tf.Tensor], folder: Path, num_items: int, num_categories: int) -> list[str]:
    """Returns the keys of a batch of `schema.parse_labels`, after checking all its values.

    Raises:
        InputError: an id of ``num_items`` or more, a category of ``num_categories`` or more, a photo without height or
            width, a key that is not text.
    """
    ids = batch[schema.ITEM_ID].numpy()
    _check_range(folder, "item", ids, ids, 0, num_items - 1)
    _check_range(
        folder, schema.ITEM_CATEGORY, ids, batch[schema.ITEM_CATEGORY].numpy(), schema.NO_CATEGORY, num_categories - 1
    )
    for name in (schema.IMAGE_HEIGHT, schema.IMAGE_WIDTH):
        _check_range(folder, name, ids, batch[name].numpy(), 1, _MOST_PIXELS)
    return _texts(folder, "item", ids, batch[schema.ITEM_KEY].numpy())


def check_distinct(folder: Path, what: str, keys: np.ndarray) -> None:
    """Raises InputError if a key is missing or appears twice; `what` is ``user`` or ``item``."""
    first: dict[str, int] = {}
    for number, key in enumerate(keys):
        if key is None:
            raise _error(folder, f"{what} {number} is missing")
        if first.setdefault(key, number) != number:
            raise _error(folder, f"{what}s {first[key]} and {number} have the same key {key!r}")


def item_example(folder: Path, item: int, data: bytes) -> tf.train.Example:
    """Parses a record and checks that it is that of `item` and holds one photo. Raises InputError if not."""
    try:
        example = tf.train.Example.FromString(data)
    except Exception as error:  # protobuf's DecodeError, whose module differs between versions
        raise _error(folder, f"the record of item {item} is no example") from error
    feature = example.features.feature
    if list(feature[schema.ITEM_ID].int64_list.value) != [item]:
        raise _error(folder, f"another record stands in the place of item {item}")
    if len(feature[schema.IMAGE_ENCODED].bytes_list.value) != 1:
        raise _error(folder, f"item {item} has no photo")
    return example


def find_unreadable(path: Path) -> int | None:
    """Returns the byte offset of the first record of a shard that lacks a field or whose photo cannot be decoded.

    Returns None if there is none. It is slow; use it to find the record that TensorFlow refused.
    """
    for offset in record_offsets(path)[0]:
        record = [read_record(path, offset)]
        try:
            if path.name.startswith(f"{schema.USER_STEM}."):
                schema.parse_users(record)
            else:
                schema.parse_labels(record)
                schema.parse_features(record)
                decode_photo(schema.parse_photos(record)[1][0], 1)
        except UNREADABLE:
            return offset
    return None


def _check_range(folder: Path, what: str, ids: np.ndarray, values: np.ndarray, least: int, most: int) -> None:
    wrong = (values < least) | (values > most)
    if wrong.any():
        at = int(np.argmax(wrong))
        where = "" if ids is values else f" of {ids[at]}"
        raise _error(
            folder,
            f"{what}{where} is {values[at]}, {least} to {most} expected",
            f"undo a change of {schema.METADATA_FILE}, or {REBUILD}",
        )


def _texts(folder: Path, what: str, ids: np.ndarray, keys: np.ndarray) -> list[str]:
    texts = []
    for number, key in zip(ids, keys, strict=True):
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
