"""Explanations inside a graph: heat maps of photos for users, with the figures behind them."""

import numpy as np
import tensorflow as tf

from tf_dvbpr.explanation.heat_map import heat_map_pixels
from tf_dvbpr.explanation.integrated_gradients import integrated_gradients, scores_beside_white
from tf_dvbpr.serving.rows import row_by_row
from tfrecords.photos.decode import normalise

PARTS = 8
STEPS = 64  # of the integral: half of what tools.explain takes, since a caller waits


def explanations(
    network: tf.Module, tastes: tf.Tensor, photos: tf.Tensor, rows: tf.Tensor, fine: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]:
    """Explains P pairs of a user and a photo.

    Args:
        network: `tf_dvbpr.dvbpr.embedder.Embedder`.
        tastes: t_u float32 [P, K].
        photos: uint8 [n, S, S, 3].
        rows: int32 [P], each pair's photo.
        fine: bool [P], pairs that can be answered; the others get "" and NaN.

    Returns:
        (PNG files string [P], s(X) and s(white) float32 [P], integrated gradients summed over 8 x 8 squares float32
        [P, 8, 8]).
    """
    edges = [round(place * network.image_size / PARTS) for place in range(PARTS)]
    of_square = np.searchsorted(edges, np.arange(network.image_size), side="right") - 1
    sums = tf.constant(np.eye(PARTS)[of_square], tf.float32)

    def find(row: tf.Tensor) -> tuple[tf.Tensor, ...]:
        photo = photos[rows[row]]
        image, taste = normalise(photo), tastes[row][None]
        attributions = integrated_gradients(network.style_vectors, image, taste, STEPS)[0]
        score, white = scores_beside_white(network.style_vectors, image, taste)
        png = tf.io.encode_png(heat_map_pixels(photo, attributions))
        return png, score[0], white[0], tf.matmul(sums, attributions @ sums, transpose_a=True)

    def nothing() -> tuple[tf.Tensor, ...]:
        nan = tf.constant(np.nan, tf.float32)
        return tf.constant(""), nan, nan, tf.fill([PARTS, PARTS], nan)

    kinds = (
        tf.TensorSpec([], tf.string),
        tf.TensorSpec([], tf.float32),
        tf.TensorSpec([], tf.float32),
        tf.TensorSpec([PARTS, PARTS], tf.float32),
    )
    return row_by_row(find, nothing, fine, kinds)
