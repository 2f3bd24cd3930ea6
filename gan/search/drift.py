"""How far an altered image has come from what it was, and a bound on it."""

from collections.abc import Callable

import tensorflow as tf

_HALVINGS = 8


def drift(images: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
    """Mean absolute difference over pixels and channels: float [B, S, S, 3] in [-1, 1], twice, to [B] in [0, 2]."""
    return tf.reduce_mean(tf.abs(images - before), [1, 2, 3])


def held_near(
    generate: Callable[[tf.Tensor], tf.Tensor], anchor: tf.Tensor, before: tf.Tensor, most: tf.Tensor
) -> Callable[[tf.Tensor], tf.Tensor]:
    """A projection of z' for `gan.search.ascent.advance` that keeps each image's drift within a bound.

    Where z' goes too far, the point of the straight line from the anchor to z' is taken that interval halving finds on
    the bound, from below.

    Args:
        generate: z' [B, Z] to images.
        anchor: z' [B, Z] that is altered.
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
