"""Defines VisRank, which ranks items by their mean distance to the user's purchases in a space of features."""

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tfrecords.dataset import Dataset


def visrank(dataset: Dataset, features: np.ndarray, distance: str = "euclidean") -> Factors:
    """Computes VisRank as two matrices; the paper does not name the distance.

    j runs over the user's training items, and m_u is the mean of their features.

    * ``euclidean``: ``x(u, i) = - mean_j |f_i - f_j|^2``, which is ``2 m_u . f_i - |f_i|^2`` plus a constant of the
      user. The rows are ``[2 m_u, 1]`` and ``[f_i, -|f_i|^2]``.
    * ``cosine``: ``x(u, i) = mean_j cos(f_i, f_j)``. The rows are ``m_u`` and ``f_i``, with all f of length 1.

    Args:
        dataset: the data set with the training purchases.
        features: float32 [I, F].
        distance: ``euclidean`` or ``cosine``.
    """
    # Centring does not change distances, and it keeps digits that the difference of large terms would lose.
    items = features - features.mean(0) if distance == "euclidean" else _unit(features)
    users = _means(dataset, items)
    if distance == "euclidean":
        items = np.concatenate([items, -np.einsum("if,if->i", items, items)[:, None]], 1)
        users = np.concatenate([2 * users, np.ones([len(users), 1], np.float32)], 1)
    return Factors(users, items, dataset.user_keys, dataset.item_keys)


def _unit(features: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return features / np.where(lengths > 0, lengths, 1)


def _means(dataset: Dataset, items: np.ndarray) -> np.ndarray:
    means = np.zeros([dataset.num_users, items.shape[1]], np.float32)
    for user in range(dataset.num_users):
        bought = dataset.train_of(user)
        if len(bought):
            means[user] = items[bought].mean(0)
    return means
