"""Draws latents, from which the generator makes images, from a seed."""

import tensorflow as tf


def draw_latents(seed: tf.Tensor, count: int | tf.Tensor, dim: int, distribution: str) -> tf.Tensor:
    """Draws latents z.

    Args:
        seed: int32 [2], stateless: the same seed gives the same latents everywhere.
        count: B.
        dim: Z.
        distribution: ``normal`` (mean 0, variance 1) or ``uniform`` in [-1, 1].

    Returns:
        float32 [B, Z].
    """
    if distribution == "normal":
        return tf.random.stateless_normal([count, dim], seed, alg="philox")
    return tf.random.stateless_uniform([count, dim], seed, -1.0, 1.0, alg="philox")


def truncate(latents: tf.Tensor, truncation: float | tf.Tensor) -> tf.Tensor:
    """Returns ``truncation * z``; below 1, images are more typical of the category and less varied."""
    return latents * truncation


def interpolate(start: tf.Tensor, end: tf.Tensor, steps: int, distribution: str) -> tf.Tensor:
    """Returns points on a path from one latent to another.

    The path is straight for ``uniform``; for ``normal`` it is the arc of a sphere (Shoemake's slerp), since the middle
    of a straight line is shorter than any latent of the training.

    Args:
        start: float32 [Z].
        end: float32 [Z].
        steps: number of points, including both ends, at least 2.
        distribution: ``normal`` or ``uniform``.

    Returns:
        float32 [steps, Z].
    """
    share = tf.linspace(0.0, 1.0, steps)[:, None]
    if distribution == "uniform":
        return (1.0 - share) * start + share * end
    cosine = tf.tensordot(tf.linalg.l2_normalize(start), tf.linalg.l2_normalize(end), 1)
    angle = tf.acos(tf.clip_by_value(cosine, -1.0, 1.0))
    if tf.sin(angle) < 1e-4:  # Equal latents have no arc between them, opposite ones too many.
        return (1.0 - share) * start + share * end
    return (tf.sin((1.0 - share) * angle) * start + tf.sin(share * angle) * end) / tf.sin(angle)
