"""Photos that a caller sends, decoded inside a graph, where one unreadable photo must not fail the others."""

import tensorflow as tf

from tf_dvbpr.serving.config import MAX_PIXELS
from tfrecords.photos.decode import decode_photo
from tfrecords.photos.header import is_readable


def decode_readable(
    image_bytes: tf.Tensor, size: int, resize_filter: str, fit: str, max_pixels: int = MAX_PIXELS
) -> tuple[tf.Tensor, tf.Tensor]:
    """The readable ones among some encoded photos.

    A decoder's error ends a graph; only tf.data can step over it. A blank photo stands in where none can be read:
    neither a batch nor a convolution may be empty.

    Args:
        image_bytes: string [B], files as `tfrecords.photos.header.is_readable` wants them.
        size: S.
        resize_filter: and
        fit: as of `tfrecords.photos.decode.decode_photo`.
        max_pixels: a photo of more is not readable, and not decoded.

    Returns:
        (their places int32 [n, 1], uint8 [max(n, 1), S, S, 3]).
    """

    @tf.autograph.experimental.do_not_convert  # Nothing in it is for AutoGraph, which would take seconds to find out.
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
