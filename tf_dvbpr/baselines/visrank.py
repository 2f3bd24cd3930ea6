"""VisRank: rank items by their average distance to what the user bought, in the space of pre-trained features."""

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tfrecords.dataset import Dataset


def visrank(dataset: Dataset, features: np.ndarray, distance: str = "euclidean") -> Factors:
    """VisRank as two matrices; the paper does not name its distance.

    ``euclidean``: ``x(u, i) = - mean over j of |f_i - f_j|^2``, j over the training items. Up to what is constant
    for the user that is ``2 m_u . f_i - |f_i|^2`` with m_u their mean: rows ``[2 m_u, 1]`` and ``[f_i, -|f_i|^2]``.
    ``cosine``: ``x(u, i) = mean over j of cos(f_i, f_j)``: rows ``m_u`` and ``f_i``, all f of length 1.

    Args:
        dataset: whose training purchases count.
        features: float32 [I, F].
        distance: ``euclidean`` or ``cosine``.
    """
    # Centred first: distances do not change, and the sum of large terms that cancel keeps its digits.
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
