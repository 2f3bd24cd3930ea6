"""Converts between a latent z and the optimised variable z', and draws the starts of a search."""

import tensorflow as tf

_MOST = 1.0 - 1e-6  # atanh(1) is infinite


def to_latent(variable: tf.Tensor, form: str) -> tf.Tensor:
    """Returns the latent z of z', float32 [..., Z].

    ``tanh``: ``tanh(z')``, which never leaves [-1, 1] (paper, eq. 10). ``free``: z' itself (the authors' code).
    ``sphere``: ``sqrt(Z) z' / |z'|``, the length of normal latents, on which the generator was trained.
    """
    if form == "tanh":
        return tf.tanh(variable)
    return variable if form == "free" else float(variable.shape[-1]) ** 0.5 * tf.math.l2_normalize(variable, -1)


def to_variable(latent: tf.Tensor, form: str) -> tf.Tensor:
    """Returns the variable z' of z, the inverse of `to_latent`; a z outside the form's range is moved into it."""
    if form == "tanh":
        return tf.atanh(tf.clip_by_value(latent, -_MOST, _MOST))
    return latent if form == "free" else to_latent(latent, form)


def draw_starts(seed: tf.Tensor, count: int | tf.Tensor, dim: int, form: str, deviation: float = 1.0) -> tf.Tensor:
    """Draws random starts z.

    Args:
        seed: int32 [2], stateless.
        count: m.
        dim: Z.
        form: ``tanh``: uniform in (-1, 1), as in the paper; ``free``: normal with mean 0; ``sphere``: uniform on it.
        deviation: standard deviation for ``free``.

    Returns:
        float32 [m, Z].
    """
    if form == "tanh":
        return tf.random.stateless_uniform([count, dim], seed, -_MOST, _MOST, alg="philox")
    normal = tf.random.stateless_normal([count, dim], seed, alg="philox")
    return deviation * normal if form == "free" else to_latent(normal, form)
