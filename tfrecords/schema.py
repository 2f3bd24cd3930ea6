"""Defines the dataset folder's format: file names, and the keys of an example's fields."""

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


def shard_name(stem: str, shard: int, shards: int) -> str:
    """Returns the name of a shard: ``items.tfrecord-00000-of-00004`` for ("items", 0, 4)."""
    return f"{stem}.tfrecord-{shard:05d}-of-{shards:05d}"
