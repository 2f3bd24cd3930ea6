"""Defines BPR-MF and WARP: ``x(u, i) = b_i + g_u . g_i`` (paper, eq. 1, without terms constant for a user)."""

import tensorflow as tf

from tf_dvbpr.baselines.factor_model import FactorModel


class MatrixFactorisation(FactorModel):
    """The model with rows ``[g_u, 1]`` and ``[g_i, b_i]``.

    Args:
        num_users: U.
        num_items: I.
        dim: length of g.
        seed: seed of the initial weights.
    """

    def __init__(self, num_users: int, num_items: int, dim: int, seed: int) -> None:
        super().__init__(num_users, num_items, seed)
        self._user_factors = self._normal("user_factors", num_users, dim)
        self._item_factors = self._normal("item_factors", num_items, dim)
        self._item_bias = self._zeros("item_bias", num_items)

    def user_rows(self, users: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the rows ``[g_u, 1]``; see `FactorModel.user_rows`."""
        factors = tf.gather(self._user_factors, users)
        return tf.concat([factors, tf.ones_like(factors[:, :1])], 1), {"latent": factors}

    def item_rows(self, items: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the rows ``[g_i, b_i]``; see `FactorModel.item_rows`."""
        factors, bias = tf.gather(self._item_factors, items), tf.gather(self._item_bias, items)
        return tf.concat([factors, bias[:, None]], 1), {"latent": factors, "bias": bias}
