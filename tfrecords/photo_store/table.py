"""Decodes all photos once into one array."""

import numpy as np
import tensorflow as tf

from tfrecords.dataset import Dataset
from tfrecords.photos.decode import decode_photo
from tfrecords.progress_bar import progress_bar

_BATCH = 64


def table_bytes(num_items: int, size: int) -> int:
    """Returns the memory in bytes that the result of `load_photo_table` takes."""
    return num_items * size * size * 3


def load_photo_table(dataset: Dataset, size: int, progress: bool = True) -> np.ndarray:
    """Decodes every photo on all cores, directly into its row.

    Args:
        dataset: an open data set; its `fit` and `resize_filter` apply.
        size: side of the square in pixels.
        progress: whether to show a progress bar.

    Returns:
        uint8 [I, size, size, 3]; row i is the photo of item i as `tfrecords.photos.decode.decode_photo` returns it.

    Raises:
        InputError: a shard is damaged.
    """

    def decode(item: tf.Tensor, encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return item, decode_photo(encoded, size, dataset.resize_filter, dataset.fit)

    table = np.empty((dataset.num_items, size, size, 3), np.uint8)
    batches = dataset.photos().map(decode, num_parallel_calls=tf.data.AUTOTUNE).batch(_BATCH).prefetch(tf.data.AUTOTUNE)
    with (
        dataset.damage_named(),
        progress_bar(total=dataset.num_items, desc="decoding photos", unit="photo", disable=not progress) as bar,
    ):
        for items, photos in batches.as_numpy_iterator():
            table[items] = photos
            bar.update(len(items))
    return table
