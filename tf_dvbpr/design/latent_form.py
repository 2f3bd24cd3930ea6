"""How a latent z is written in the variable z' that is optimised, and where the search starts."""

import tensorflow as tf

FORMS = ("tanh", "free")
_MOST = 1.0 - 1e-6  # atanh(1) is infinite


def to_latent(variable: tf.Tensor, form: str) -> tf.Tensor:
    """The latent z of z': ``tanh(z')``, which never leaves [-1, 1] (eq. 10), or z' itself (``free``, the release's)."""
    return tf.tanh(variable) if form == "tanh" else variable


def to_variable(latent: tf.Tensor, form: str) -> tf.Tensor:
    """The variable z' of z, the inverse of `to_latent`; values at or beyond the box's sides are moved inside."""
    return tf.atanh(tf.clip_by_value(latent, -_MOST, _MOST)) if form == "tanh" else latent


def draw_starts(seed: tf.Tensor, count: int | tf.Tensor, dim: int, form: str, deviation: float = 1.0) -> tf.Tensor:
    """Random starts z.

    Args:
        seed: int32 [2], stateless.
        count: m.
        dim: Z.
        form: ``tanh``: uniform in (-1, 1), the paper's; ``free``: normal with mean 0.
        deviation: of the normal.

    Returns:
        float32 [m, Z].
    """
    if form == "tanh":
        return tf.random.stateless_uniform([count, dim], seed, -_MOST, _MOST, alg="philox")
    return deviation * tf.random.stateless_normal([count, dim], seed, alg="philox")
