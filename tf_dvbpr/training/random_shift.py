"""Shifts photos at random, for training on few of them."""

import tensorflow as tf


def random_shift(images: tf.Tensor, most: int, draws: tf.Tensor, white: float) -> tf.Tensor:
    """Shifts each image by a whole number of pixels, uniform in -most..most and independent in both directions.

    Args:
        images: [B, S, S, 3], any dtype; the shift passes gradients.
        most: largest shift in pixels.
        draws: float32 [2, B], uniform in [0, 1).
        white: value that fills the gap; product photos are white at their edges.

    Returns:
        Like `images`.
    """
    side = images.shape[1]
    padded = tf.pad(images, [[0, 0], [most, most], [most, most], [0, 0]], constant_values=white)

    def window(draw: tf.Tensor) -> tf.Tensor:
        return tf.cast(draw * (2 * most + 1), tf.int32)[:, None] + tf.range(side)

    rows = tf.gather(padded, window(draws[0]), axis=1, batch_dims=1)
    return tf.gather(rows, window(draws[1]), axis=2, batch_dims=1)
