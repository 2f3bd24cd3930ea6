"""Defines VBPR: ``x(u, i) = b_i + b'^T f_i + g_u . g_i + t_u . (E f_i)`` (paper, eq. 2; b': He & McAuley, 2016)."""

import tensorflow as tf

from tf_dvbpr.baselines.factor_model import FactorModel
from tf_dvbpr.baselines.feature_table import FeatureTable


class VBPR(FactorModel):
    """The model with rows ``[g_u, t_u, 1]`` and ``[g_i, E f_i, b_i + b'^T f_i]``.

    Args:
        num_users: U.
        features: features of all I items, F each.
        dim: K, the length of g and of t.
        seed: seed of the initial weights.
    """

    def __init__(self, num_users: int, features: FeatureTable, dim: int, seed: int) -> None:
        super().__init__(num_users, features.num_items, seed)
        self._features, self._dim = features, dim
        self._user_factors = self._normal("user_factors", num_users, dim)
        self._visual_user_factors = self._normal("visual_user_factors", num_users, dim)
        self._item_factors = self._normal("item_factors", features.num_items, dim)
        self._item_bias = self._zeros("item_bias", features.num_items)
        # The rows of E, then b' as the last row, so that one product computes both.
        self._projection = self._normal("projection", dim + 1, features.dim)

    def user_rows(self, users: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the rows ``[g_u, t_u, 1]``; see `FactorModel.user_rows`."""
        factors, visual = tf.gather(self._user_factors, users), tf.gather(self._visual_user_factors, users)
        return tf.concat([factors, visual, tf.ones_like(factors[:, :1])], 1), {"latent": factors, "visual": visual}

    def item_rows(self, items: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the rows ``[g_i, E f_i, b_i + b'^T f_i]``; see `FactorModel.item_rows`."""
        factors, bias = tf.gather(self._item_factors, items), tf.gather(self._item_bias, items)
        visual = self._features.project(items, self._projection)
        last = visual[:, self._dim :] + bias[:, None]
        return tf.concat([factors, visual[:, : self._dim], last], 1), {"latent": factors, "bias": bias}

    def projection(self) -> list[tf.Tensor]:
        """Returns E and b' as one matrix, float32 [K + 1, F]."""
        return [self._projection]
