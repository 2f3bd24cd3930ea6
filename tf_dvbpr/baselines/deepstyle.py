"""Defines DeepStyle: ``x(u, i) = t_u . (E f_i - l_c + g_i)`` (Liu, Wu and Wang, SIGIR 2017), c the category of i.

Subtracting the category's vector ``l_c`` leaves the item's style. An item without a category has no ``l_c``.
"""

import numpy as np
import tensorflow as tf

from tf_dvbpr.baselines.factor_model import FactorModel
from tf_dvbpr.baselines.feature_table import FeatureTable


class DeepStyle(FactorModel):
    """The model with rows ``t_u`` and ``E f_i - l_c + g_i``.

    Args:
        num_users: U.
        features: features of all I items, F each.
        dim: K, the length of t, l and g.
        seed: seed of the initial weights.
        categories: int [I], the number of each item's category, -1: none.
    """

    def __init__(self, num_users: int, features: FeatureTable, dim: int, seed: int, categories: np.ndarray) -> None:
        super().__init__(num_users, features.num_items, seed)
        self._features = features
        self._categories = tf.constant(categories, tf.int32)
        self._user_factors = self._normal("user_factors", num_users, dim)
        self._item_factors = self._normal("item_factors", features.num_items, dim)
        self._category_factors = self._normal("category_factors", max(1, int(categories.max(initial=0)) + 1), dim)
        self._projection = self._normal("projection", dim, features.dim)

    def user_rows(self, users: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the rows ``t_u``; see `FactorModel.user_rows`."""
        factors = tf.gather(self._user_factors, users)
        return factors, {"visual": factors}

    def item_rows(self, items: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns the rows ``E f_i - l_c + g_i``; see `FactorModel.item_rows`."""
        categories = tf.gather(self._categories, items)
        known = tf.cast(categories >= 0, tf.float32)[:, None]
        category = tf.gather(self._category_factors, tf.maximum(categories, 0)) * known
        factors = tf.gather(self._item_factors, items)
        return self._features.project(items, self._projection) - category + factors, {
            "latent": factors,
            "category": category,
        }

    def projection(self) -> list[tf.Tensor]:
        """Returns ``E``, float32 [K, F]."""
        return [self._projection]
