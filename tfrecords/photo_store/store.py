"""Keeps a training's photos: decoded in memory, or encoded and decoded in the pipeline."""

import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfrecords.dataset import Dataset
from tfrecords.photo_store.table import load_photo_table
from tfrecords.photos.decode import decode_photo
from tfrecords.progress_bar import progress_bar

# Largest share of the free memory for decoded photos; if they need more, they stay encoded.
_SHARE = 0.4


class PhotoStore:
    """All photos of a data set; `gather` returns them by item id.

    Args:
        dataset: the data set.
        image_size: S.
        kind: ``host`` (a uint8 table in memory), ``device`` (the same on the accelerator), ``encoded`` (the files'
            bytes; a gather decodes) or ``auto`` (``host`` if it fits in 0.4 of the free memory, else ``encoded``).
        progress: show a bar while the photos are read.
    """

    def __init__(self, dataset: Dataset, image_size: int, kind: str = "auto", progress: bool = True) -> None:
        table_bytes = dataset.num_items * image_size * image_size * 3
        if kind == "auto":
            kind = "host" if table_bytes < _SHARE * _free_memory() else "encoded"
        self.kind = kind
        self.image_size = image_size
        self.num_items = dataset.num_items
        self._decode = lambda encoded: decode_photo(encoded, image_size, dataset.resize_filter, dataset.fit)
        if kind == "encoded":
            with tf.device("/cpu:0"):
                self._photos = tf.constant(_read_encoded(dataset, progress))
        else:
            table = load_photo_table(dataset, image_size, progress=progress)
            on_gpu = kind == "device" and tf.config.list_logical_devices("GPU")
            with tf.device("/gpu:0" if on_gpu else "/cpu:0"):
                self._photos = tf.constant(table)

    def gather(self, items: tf.Tensor) -> tf.Tensor:
        """Returns the photos of the items: int64 [...] to uint8 [..., S, S, 3]; in a graph or eagerly."""
        photos = tf.gather(self._photos, items)
        if self.kind != "encoded":
            return photos
        flat = tf.map_fn(self._decode, tf.reshape(photos, [-1]), fn_output_signature=tf.uint8, parallel_iterations=8)
        side = self.image_size
        return tf.reshape(flat, tf.concat([tf.shape(items), [side, side, 3]], 0))

    def batches(self, batch_size: int) -> tf.data.Dataset:
        """Yields all photos in id order, uint8 [batch_size, S, S, 3]; the last batch repeats the last photo."""
        count = -(-self.num_items // batch_size)
        ids = tf.minimum(tf.range(count * batch_size, dtype=tf.int64), self.num_items - 1)
        batches = tf.data.Dataset.from_tensor_slices(tf.reshape(ids, [count, batch_size]))
        return batches.map(self.gather, num_parallel_calls=tf.data.AUTOTUNE).prefetch(2)


def _read_encoded(dataset: Dataset, progress: bool) -> np.ndarray:
    encoded = np.empty(dataset.num_items, object)
    bar = progress_bar(total=dataset.num_items, desc="reading photos", unit="photo", disable=not progress)
    with dataset.damage_named(), bar:
        for item, photo in dataset.photos().as_numpy_iterator():
            encoded[item] = photo
            bar.update()
    return encoded


def _free_memory() -> int:
    """Returns the bytes of memory that the machine can give without swapping."""
    try:
        fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
