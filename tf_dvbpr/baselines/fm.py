"""Defines FM, a factorisation machine with only the interactions user x item and user x feature (paper, Table III).

``x(u, i) = w_i + w^T f_i + v_u . (v_i + V f_i)``. This is a factorisation machine (Rendle, 2010) without the pairs
item x feature and feature x feature, and without the terms that are constant for a user, which BPR cancels.
"""

import tensorflow as tf

from tf_dvbpr.baselines.factor_model import FactorModel
from tf_dvbpr.baselines.feature_table import FeatureTable


class FM(FactorModel):
    """The model with rows ``[v_u, 1]`` and ``[v_i + V f_i, w_i + w^T f_i]``.

    Args:
        num_users: U.
        features: features of all I items, F each.
        dim: K, the length of v.
        seed: seed of the initial weights.
    """

    def __init__(self, num_users: int, features: FeatureTable, dim: int, seed: int) -> None:
        super().__init__(num_users, features.num_items, seed)
        self._features = features
        self._user_factors = self._normal("user_factors", num_users, dim)
        self._item_factors = self._normal("item_factors", features.num_items, dim)
        self._item_weight = self._zeros("item_weight", features.num_items)
        # The rows of V, then w as the last row.
        self._projection = self._normal("projection", dim + 1, features.dim)

    def user_rows(self, users: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the rows ``[v_u, 1]``; see `FactorModel.user_rows`."""
        factors = tf.gather(self._user_factors, users)
        return tf.concat([factors, tf.ones_like(factors[:, :1])], 1), {"latent": factors}

    def item_rows(self, items: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the rows ``[v_i + V f_i, w_i + w^T f_i]``; see `FactorModel.item_rows`."""
        factors, weight = tf.gather(self._item_factors, items), tf.gather(self._item_weight, items)
        own = tf.concat([factors, weight[:, None]], 1)
        return own + self._features.project(items, self._projection), {"latent": factors, "bias": weight}

    def projection(self) -> list[tf.Tensor]:
        """Returns V and w as one matrix, float32 [K + 1, F]."""
        return [self._projection]
