"""Computes integrated gradients: how much each pixel adds to a score (Sundararajan, Taly and Yan 2017).

Everything here uses graph functions only, so the tools and the served model compute the same.
"""

from collections.abc import Callable

import tensorflow as tf

WHITE = 1.0  # of pixels in [-1, 1]; the background of product photos
BATCH = 32  # points of the path per pass through the network

Style = Callable[[tf.Tensor], tf.Tensor]


def integrated_gradients(style: Style, image: tf.Tensor, tastes: tf.Tensor, steps: int) -> tf.Tensor:
    """Attributes the scores ``s(X) = t . Phi(X)`` of a photo X to its pixels, with a white photo W as baseline.

    The integral over the straight path from W to X is computed by the midpoint rule::

        A_p = sum_c (X_pc - W_pc) 1/m sum_k ds/dX_pc (W + (k - 1/2)/m (X - W))        k = 1..m

    The sum of A is ``s(X) - s(W)`` up to the rule's error, see `completeness_gap`. A white pixel gets 0.

    Args:
        style: Phi, a differentiable function of images float32 [B, S, S, 3] in [-1, 1] to float32 [B, K].
        image: X, float32 [S, S, 3] in [-1, 1].
        tastes: t, float32 [T, K], one per row.
        steps: m, rounded up to a multiple of 32.

    Returns:
        float32 [T, S, S].
    """
    batches = -(-steps // BATCH)
    way = image - WHITE

    def of_taste(taste: tf.Tensor) -> tf.Tensor:
        def body(number: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            places = tf.cast(number * BATCH + tf.range(BATCH), tf.float32)
            shares = (places + 0.5) / float(batches * BATCH)
            points = WHITE + shares[:, None, None, None] * way
            return number + 1, total + tf.reduce_sum(gradients(style, points, taste), 0)

        start = tf.constant(0), tf.zeros_like(image)
        _, total = tf.while_loop(lambda number, _: number < batches, body, start, parallel_iterations=1)
        return tf.reduce_sum(way * total, -1) / float(batches * BATCH)

    return tf.map_fn(of_taste, tastes, parallel_iterations=1)


def gradients(style: Style, images: tf.Tensor, taste: tf.Tensor) -> tf.Tensor:
    """Computes ``ds/dX`` of images float32 [B, S, S, 3] for a taste float32 [K]; returns float32 [B, S, S, 3]."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        # Rows do not depend on each other, so the gradient of the sum has each row's own gradient.
        score = tf.reduce_sum(tf.linalg.matvec(style(images), taste))
    return tape.gradient(score, images)


def scores_beside_white(style: Style, image: tf.Tensor, tastes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Computes (s(X), s(W)) for each taste, float32 [T] each; arguments as of `integrated_gradients`."""
    styles = style(tf.stack([image, tf.fill(tf.shape(image), WHITE)]))
    scores = tf.matmul(tastes, styles, transpose_b=True)
    return scores[:, 0], scores[:, 1]


def completeness_gap(attributions: tf.Tensor, score: tf.Tensor, white: tf.Tensor) -> tf.Tensor:
    """Computes ``sum_p A_p - (s(X) - s(W))`` of attributions A [T, S, S]: float32 [T], 0 if the rule is exact."""
    return tf.reduce_sum(attributions, [1, 2]) - (score - white)
