"""Measures the drift of an altered image from the first, and limits it."""

from collections.abc import Callable

import tensorflow as tf

_HALVINGS = 8


def drift(images: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Returns the mean absolute difference of two batches float [B, S, S, 3] in [-1, 1] for each row: [B] in [0, 2]."""
    return tf.reduce_mean(tf.abs(images - before), [1, 2, 3])


def held_near(
    generate: Callable[[tf.Tensor], tf.Tensor], anchor: tf.Tensor, before: tf.Tensor, most: tf.Tensor
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a projection of z' for `gan.search.ascent.advance` that keeps each image's drift below a bound.

    If z' goes too far, bisection finds the point on the straight line from the anchor to z' at which the drift reaches
    the bound, from below.

    Args:
        generate: z' [B, Z] to images.
        anchor: the z' [B, Z] before the alteration.
        before: its images.
        most: the bound, scalar.
    """

    def project(variable: tf.Tensor) -> tf.Tensor:
        def drift_at(share: tf.Tensor) -> tf.Tensor:
            return drift(generate(anchor + share[:, None] * (variable - anchor)), before)

        whole = tf.ones(tf.shape(anchor)[:1])
        inside = tf.where(drift_at(whole) <= most, whole, 0.0)

        def halve(inside: tf.Tensor, outside: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            middle = (inside + outside) / 2
            fits = drift_at(middle) <= most
            return tf.where(fits, middle, inside), tf.where(fits, outside, middle)

        def search() -> tf.Tensor:
            return tf.while_loop(lambda *_: True, halve, (inside, whole), maximum_iterations=_HALVINGS)[0]

        share = tf.cond(tf.reduce_all(inside == 1.0), lambda: inside, search)
        return anchor + share[:, None] * (variable - anchor)

    return project
