"""Decodes a caller's photos inside a graph, so that one unreadable photo does not fail the others."""

import tensorflow as tf

from tf_dvbpr.serving.config import MAX_PIXELS
from tfrecords.photos.decode import decode_photo
from tfrecords.photos.header import is_readable


def decode_readable(
    image_bytes: tf.Tensor, size: int, resize_filter: str, fit: str, max_pixels: int = MAX_PIXELS
) -> tuple[tf.Tensor, tf.Tensor]:
    """Decodes the readable ones of some encoded photos.

    A decoder's error ends a graph; only tf.data can ignore it. If no photo can be read, the result is one blank photo,
    because neither a batch nor a convolution may be empty.

    Args:
        image_bytes: string [B]; files that `tfrecords.photos.header.is_readable` accepts are decoded.
        size: S.
        resize_filter: and
        fit: as in `tfrecords.photos.decode.decode_photo`.
        max_pixels: photos with more pixels are not decoded.

    Returns:
        (the readable photos' positions int32 [n, 1], the photos uint8 [max(n, 1), S, S, 3]).
    """

    @tf.autograph.experimental.do_not_convert  # AutoGraph has nothing to convert here, and takes seconds.
    def decode(place: tf.Tensor, encoded: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        readable = is_readable(encoded, max_pixels)
        pixels = tf.cond(
            readable,
            lambda: decode_photo(encoded, size, resize_filter, fit),
            lambda: tf.zeros([size, size, 3], tf.uint8),
        )
        return tf.where(readable, place, -1), pixels

    count = tf.size(image_bytes, tf.int64)
    photos = tf.data.Dataset.from_tensor_slices(image_bytes).enumerate()
    photos = photos.map(decode, num_parallel_calls=tf.data.AUTOTUNE).ignore_errors()
    photos = photos.filter(lambda place, pixels: place >= 0)
    blank = tf.data.Dataset.from_tensors((tf.constant(-1, tf.int64), tf.zeros([size, size, 3], tf.uint8)))
    places, pixels = photos.concatenate(blank).batch(count + 1).get_single_element()
    places = tf.cast(places[:-1, None], tf.int32)
    return places, pixels[: tf.maximum(1, tf.size(places))]
