"""Defines the dataset folder's format: feature keys, file names, and functions that write and parse an example."""

from collections.abc import Sequence

import tensorflow as tf

FORMAT_VERSION = 1
METADATA_FILE = "dataset.json"
TIMESTAMPS_FILE = "timestamps.npz"  # when each purchase was made, if the source says; see `tfrecords.timestamps`
ATTRIBUTES_FILE = "attributes.csv"  # of the items, where the source knows some
ITEM_STEM = "items"
USER_STEM = "users"

ITEM_ID = "item/id"  # int64, 0..I-1
ITEM_KEY = "item/key"  # external id, UTF-8
ITEM_CATEGORY = "item/category"  # int64, -1: none
ITEM_FEATURES = "item/features"  # float32 [F], optional
IMAGE_ENCODED = "image/encoded"  # JPEG or PNG bytes
IMAGE_HEIGHT = "image/height"  # int64, pixels
IMAGE_WIDTH = "image/width"  # int64, pixels

USER_ID = "user/id"  # int64, 0..U-1
USER_KEY = "user/key"  # external id, UTF-8
USER_TRAIN = "user/train"  # int64 [n], item ids
USER_VALIDATION = "user/validation"  # int64 [0 or 1; any number after a split by date], item ids
USER_TEST = "user/test"  # the same

NO_CATEGORY = -1
NO_ITEM = -1

_PHOTO = {
    ITEM_ID: tf.io.FixedLenFeature([], tf.int64),
    IMAGE_ENCODED: tf.io.FixedLenFeature([], tf.string),
}
_LABELS = {
    ITEM_ID: tf.io.FixedLenFeature([], tf.int64),
    ITEM_KEY: tf.io.FixedLenFeature([], tf.string),
    ITEM_CATEGORY: tf.io.FixedLenFeature([], tf.int64),
    IMAGE_HEIGHT: tf.io.FixedLenFeature([], tf.int64),
    IMAGE_WIDTH: tf.io.FixedLenFeature([], tf.int64),
}
_FEATURES = {
    ITEM_ID: tf.io.FixedLenFeature([], tf.int64),
    ITEM_FEATURES: tf.io.RaggedFeature(tf.float32),
}
_USER = {
    USER_ID: tf.io.FixedLenFeature([], tf.int64),
    USER_KEY: tf.io.FixedLenFeature([], tf.string),
    USER_TRAIN: tf.io.RaggedFeature(tf.int64),
    USER_VALIDATION: tf.io.RaggedFeature(tf.int64),
    USER_TEST: tf.io.RaggedFeature(tf.int64),
}


def shard_name(stem: str, shard: int, shards: int) -> str:
    """Returns the name of a shard: ``items.tfrecord-00000-of-00004`` for ("items", 0, 4)."""
    return f"{stem}.tfrecord-{shard:05d}-of-{shards:05d}"


def item_example(
    item_id: int,
    key: str,
    category: int,
    encoded: bytes,
    height: int,
    width: int,
    features: Sequence[float] | None = None,
) -> bytes:
    """Returns one item as a serialised ``tf.train.Example``."""
    example = tf.train.Example()
    feature = example.features.feature
    feature[ITEM_ID].int64_list.value.append(item_id)
    feature[ITEM_KEY].bytes_list.value.append(key.encode())
    feature[ITEM_CATEGORY].int64_list.value.append(category)
    feature[IMAGE_ENCODED].bytes_list.value.append(encoded)
    feature[IMAGE_HEIGHT].int64_list.value.append(height)
    feature[IMAGE_WIDTH].int64_list.value.append(width)
    if features is not None:
        feature[ITEM_FEATURES].float_list.value.extend(features)
    return example.SerializeToString(deterministic=True)


def user_example(user_id: int, key: str, train: Sequence[int], validation: Sequence[int], test: Sequence[int]) -> bytes:
    """Returns one user as a serialised ``tf.train.Example``."""
    example = tf.train.Example()
    feature = example.features.feature
    feature[USER_ID].int64_list.value.append(user_id)
    feature[USER_KEY].bytes_list.value.append(key.encode())
    feature[USER_TRAIN].int64_list.value.extend(train)
    feature[USER_VALIDATION].int64_list.value.extend(validation)
    feature[USER_TEST].int64_list.value.extend(test)
    return example.SerializeToString(deterministic=True)


def parse_photos(serialised: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Parses a batch of item examples [B]; returns (item id int64 [B], encoded photo string [B])."""
    parsed = tf.io.parse_example(serialised, _PHOTO)
    return parsed[ITEM_ID], parsed[IMAGE_ENCODED]


def parse_labels(serialised: tf.Tensor) -> dict[str, tf.Tensor]:
    """Parses a batch of item examples [B]; returns id, key, category, height and width, each [B], without the photo."""
    return tf.io.parse_example(serialised, _LABELS)


def parse_features(serialised: tf.Tensor) -> dict[str, tf.Tensor]:
    """Parses a batch of item examples [B]; returns id [B] and the optional features, ragged float32 [B, None]."""
    return tf.io.parse_example(serialised, _FEATURES)


def parse_users(serialised: tf.Tensor) -> dict[str, tf.Tensor]:
    """Parses a batch of user examples [B]; returns id, key [B], and train, validation, test, ragged int64 [B, None]."""
    return tf.io.parse_example(serialised, _USER)
