"""Finds the photos nearest to an image, pixel by pixel, to check that images are new (paper, Fig. 4)."""

import numpy as np
import tensorflow as tf

from tfrecords.files.parallel_map import ordered_map
from tfrecords.progress_bar import ProgressBar, progress_bar

METRICS = ("l1", "l2")
_BLOCK_BYTES = 2**24  # of the table, at a time
_CACHED_BYTES = 2**18  # of it, for l1, that stay in a core's cache
# Products of bytes less 128 are whole numbers up to 2^14: float32 adds up this many without rounding, in any order.
_EXACT_TERMS = 1024


def nearest(
    images: np.ndarray,
    table: np.ndarray,
    metric: str = "l1",
    k: int = 1,
    groups: tuple[np.ndarray, np.ndarray] | None = None,
    progress: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the k photos of a table nearest to each image, exactly.

    ``l1`` is the mean of ``|x - y|`` over pixels and channels, ``l2`` the root of the mean of ``(x - y)^2``, with x and
    y scaled to [-1, 1] (`decode.normalise`). Sums are whole numbers, so no distance is rounded before it is compared.
    Memory holds a block of the table and the distances to it, 8 bytes per pair.

    Args:
        images: uint8 [N, S, S, 3]; generated ones through `tfrecords.photos.decode.denormalise`.
        table: uint8 [I, S, S, 3], of the same size; may be a memory map.
        metric: one of `METRICS`.
        k: photos per image, at least 1.
        groups: the categories of the images, int [N], and of the photos, int [I]: an image is compared with the photos
            of its own category only. None: with all photos.
        progress: whether to show a progress bar.

    Returns:
        (items int64 [N, k], distances float64 [N, k] in 0..2), nearest first, equal distances by ascending item; item
        -1 and distance NaN if there are fewer than k photos.

    Raises:
        ValueError: wrong shapes or types, an unknown metric, or `k` below 1.
    """
    _check(images, table, metric, k, groups)
    items, distances = np.full([len(images), k], -1, np.int64), np.full([len(images), k], np.nan)
    asked, had = groups if groups is not None else (np.zeros(len(images)), np.zeros(len(table)))
    asked, had = np.asarray(asked), np.asarray(had)
    members = [(np.flatnonzero(asked == group), np.flatnonzero(had == group)) for group in np.unique(asked)]
    total = sum(len(rows) for _, rows in members)
    with progress_bar(total=total, desc=f"nearest by {metric}", unit="photo", disable=not progress) as bar:
        for chosen, rows in members:
            found, sums = _search(images[chosen], table, rows, metric, k, bar)
            items[chosen, : found.shape[1]], distances[chosen, : found.shape[1]] = found, sums
    means = distances / np.prod(images.shape[1:])
    return items, (means if metric == "l1" else np.sqrt(means)) / 127.5


def _search(
    images: np.ndarray, table: np.ndarray, rows: np.ndarray, metric: str, k: int, bar: ProgressBar
) -> tuple[np.ndarray, np.ndarray]:
    """Searches some rows of the table: (items int64, sums float64), both [N, min(k, rows)]."""
    images = images.reshape(len(images), -1)
    best, items = np.empty([len(images), 0]), np.empty([len(images), 0], np.int64)
    block = max(1, _BLOCK_BYTES // images.shape[1])
    for start in range(0, len(rows), block):
        ids = rows[start : start + block]
        photos = table[ids].reshape(len(ids), -1)
        sums = _absolute(images, photos) if metric == "l1" else _squared(images, photos).numpy()
        best = np.concatenate([best, sums], axis=1)
        items = np.concatenate([items, np.broadcast_to(ids, sums.shape)], axis=1)
        order = np.argsort(best, axis=1, kind="stable")[:, :k]  # Stable: the lower of equal items comes first.
        best, items = np.take_along_axis(best, order, 1), np.take_along_axis(items, order, 1)
        bar.update(len(ids))
    return items, best


def _absolute(images: np.ndarray, photos: np.ndarray) -> np.ndarray:
    """Returns sums of absolute differences: uint8 [N, D] and [B, D] to float64 [N, B], by NumPy, which beats XLA."""
    part = max(1, _CACHED_BYTES // photos.shape[1])
    parts = [photos[start : start + part] for start in range(0, len(photos), part)]

    def sums(image: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [(np.maximum(one, image) - np.minimum(one, image)).sum(axis=1, dtype=np.uint32) for one in parts]
        )

    return np.stack(list(ordered_map(sums, images))).astype(np.float64)


@tf.function(input_signature=[tf.TensorSpec([None, None], tf.uint8)] * 2)
def _squared(images: tf.Tensor, photos: tf.Tensor) -> tf.Tensor:
    """Returns sums of squared differences: uint8 [N, D] and [B, D] to float64 [N, B]."""
    sums = tf.zeros([tf.shape(images)[0], tf.shape(photos)[0]], tf.float64)
    for start in tf.range(0, tf.shape(images)[1], _EXACT_TERMS):
        x = tf.cast(images[:, start : start + _EXACT_TERMS], tf.float32) - 128.0
        y = tf.cast(photos[:, start : start + _EXACT_TERMS], tf.float32) - 128.0
        sums += tf.cast(tf.reduce_sum(x * x, axis=1), tf.float64)[:, tf.newaxis]
        sums += tf.cast(tf.reduce_sum(y * y, axis=1), tf.float64)
        sums -= 2 * tf.cast(tf.matmul(x, y, transpose_b=True), tf.float64)
    return sums


def _check(
    images: np.ndarray, table: np.ndarray, metric: str, k: int, groups: tuple[np.ndarray, np.ndarray] | None
) -> None:
    for name, array in (("images", images), ("table", table)):
        if array.ndim != 4 or array.dtype != np.uint8:
            raise ValueError(f"{name} must be uint8 [.., S, S, 3], got {array.dtype} {array.shape}")
    if images.shape[1:] != table.shape[1:]:
        raise ValueError(f"images and table of one size expected, got {images.shape} and {table.shape}")
    if metric not in METRICS:
        raise ValueError(f"metric: one of {', '.join(METRICS)} expected, got {metric}")
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    if groups is not None and [np.shape(one) for one in groups] != [(len(images),), (len(table),)]:
        raise ValueError(f"one group for each of {len(images)} images and of {len(table)} photos expected")
