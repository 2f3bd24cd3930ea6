"""Streams the records of a data set through TensorFlow, and names the record that it could not read."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

from tfrecords import schema
from tfrecords.errors import InputError
from tfrecords.metadata import REBUILD, contradicted, shards_of
from tfrecords.photos.decode import decode_photo
from tfrecords.records.framing import find_damage, read_record, record_offsets

_PARSE_BATCH = 64
_CARDINALITY = "expected to contain"  # from TensorFlow's error about a dataset with another number of elements
# TensorFlow quotes the record in its error, and Python cannot always decode the quotation.
_UNREADABLE = (tf.errors.InvalidArgumentError, UnicodeDecodeError)
_PHOTO = {
    schema.ITEM_ID: tf.io.FixedLenFeature([], tf.int64),
    schema.IMAGE_ENCODED: tf.io.FixedLenFeature([], tf.string),
}
_FEATURES = {
    schema.ITEM_ID: tf.io.FixedLenFeature([], tf.int64),
    schema.ITEM_FEATURES: tf.io.RaggedFeature(tf.float32),
}


def photos(folder: Path, meta: dict) -> tf.data.Dataset:
    """Returns each item once, in item order, as (id int64, encoded photo string); shards are read in parallel."""
    batches = _item_records(folder, meta).map(parse_photos, num_parallel_calls=tf.data.AUTOTUNE)
    return batches.unbatch().prefetch(tf.data.AUTOTUNE)


def features(folder: Path, meta: dict) -> tf.data.Dataset:
    """Returns the results of `parse_features` of all items, in batches, in item order."""
    batches = _item_records(folder, meta).map(parse_features, num_parallel_calls=tf.data.AUTOTUNE)
    return batches.prefetch(tf.data.AUTOTUNE)


def parse_photos(serialised: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Parses a batch of item examples [B]; returns (item id int64 [B], encoded photo string [B])."""
    parsed = tf.io.parse_example(serialised, _PHOTO)
    return parsed[schema.ITEM_ID], parsed[schema.IMAGE_ENCODED]


def parse_features(serialised: tf.Tensor) -> tuple[tf.Tensor, tf.RaggedTensor]:
    """Parses a batch of item examples [B]; returns (item id int64 [B], optional features float32 [B, None])."""
    parsed = tf.io.parse_example(serialised, _FEATURES)
    return parsed[schema.ITEM_ID], parsed[schema.ITEM_FEATURES]


@contextlib.contextmanager
def damage_named(folder: Path, meta: dict) -> Iterator[None]:
    """Turns TensorFlow's errors about damaged or unreadable records into an InputError with shard and byte offset.

    Also turns its error about shards whose number of examples differs from dataset.json.
    """
    paths = [folder / shard["file"] for shard in meta["shards"]]
    try:
        yield
    except tf.errors.FailedPreconditionError as error:
        if _CARDINALITY not in str(error):
            raise
        stated = f"counts are {meta['counts']['users']} users and {meta['counts']['items']} items"
        raise contradicted(folder, stated, "more or fewer") from error
    except tf.errors.DataLossError as error:
        for path in paths:
            offset = find_damage(path)
            if offset is not None:
                raise InputError(f"{path}: damaged at byte {offset}; {REBUILD}") from error
        raise
    except _UNREADABLE as error:
        for shard in shards_of(meta, schema.ITEM_STEM):
            path = folder / shard["file"]
            offset = _find_unreadable(path)
            if offset is not None:
                raise InputError(
                    f"{path}: the record at byte {offset} lacks a field, or its photo cannot be decoded; {REBUILD}"
                ) from error
        raise


def _item_records(folder: Path, meta: dict) -> tf.data.Dataset:
    paths = [str(folder / shard["file"]) for shard in shards_of(meta, schema.ITEM_STEM)]
    records = tf.data.Dataset.from_tensor_slices(paths).interleave(
        tf.data.TFRecordDataset,
        cycle_length=len(paths),
        block_length=1,
        num_parallel_calls=tf.data.AUTOTUNE,
        deterministic=True,
    )
    counted = records.apply(tf.data.experimental.assert_cardinality(meta["counts"][schema.ITEM_STEM]))
    return counted.batch(_PARSE_BATCH)


def _find_unreadable(path: Path) -> int | None:
    """Returns the byte offset of the first item that lacks a field or whose photo cannot be decoded; None: none.

    It is slow; use it to find the record that TensorFlow refused.
    """
    for offset in record_offsets(path)[0]:
        record = [read_record(path, offset)]
        try:
            parse_features(record)
            decode_photo(parse_photos(record)[1][0], 1)
        except _UNREADABLE:
            return offset
    return None
