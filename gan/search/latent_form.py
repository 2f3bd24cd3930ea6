"""How a latent z is written in the variable z' that is optimised, and where the search starts."""

import tensorflow as tf

_MOST = 1.0 - 1e-6  # atanh(1) is infinite


def to_latent(variable: tf.Tensor, form: str) -> tf.Tensor:
    """The latent z of z', float32 [..., Z].

    ``tanh``: ``tanh(z')``, which never leaves [-1, 1] (paper, eq. 10). ``free``: z' itself (the authors' code).
    ``sphere``: ``sqrt(Z) z' / |z'|``, of the length that normal latents have: the generator has seen no other.
    """
    if form == "tanh":
        return tf.tanh(variable)
    return variable if form == "free" else float(variable.shape[-1]) ** 0.5 * tf.math.l2_normalize(variable, -1)


def to_variable(latent: tf.Tensor, form: str) -> tf.Tensor:
    """The variable z' of z, the inverse of `to_latent`; a z that the form does not have is moved to one that it has."""
    if form == "tanh":
        return tf.atanh(tf.clip_by_value(latent, -_MOST, _MOST))
    return latent if form == "free" else to_latent(latent, form)


def draw_starts(seed: tf.Tensor, count: int | tf.Tensor, dim: int, form: str, deviation: float = 1.0) -> tf.Tensor:
    """Random starts z.

    Args:
        seed: int32 [2], stateless.
        count: m.
        dim: Z.
        form: ``tanh``: uniform in (-1, 1), the paper's; ``free``: normal with mean 0; ``sphere``: uniform on it.
        deviation: of the normal of ``free``.

    Returns:
        float32 [m, Z].
    """
    if form == "tanh":
        return tf.random.stateless_uniform([count, dim], seed, -_MOST, _MOST, alg="philox")
    normal = tf.random.stateless_normal([count, dim], seed, alg="philox")
    return deviation * normal if form == "free" else to_latent(normal, form)
