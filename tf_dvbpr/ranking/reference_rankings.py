"""The two rankings every recommender must beat, as factors: RAND and PopRank (paper, Table III)."""

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tfrecords.dataset import Dataset

_RANDOM_DIM = 16


def random_ranking(dataset: Dataset, seed: int = 0) -> Factors:
    """RAND: a random order of the items for each user, expected AUC one half.

    Both matrices are drawn from N(0, 1), with enough columns that the users' orders hardly depend on each other.
    """
    rng = np.random.default_rng(seed)
    users = rng.standard_normal((dataset.num_users, _RANDOM_DIM), np.float32)
    items = rng.standard_normal((dataset.num_items, _RANDOM_DIM), np.float32)
    return Factors(users, items, dataset.user_keys, dataset.item_keys)


def popularity_ranking(dataset: Dataset) -> Factors:
    """PopRank: ``x(u, i) =`` number of training purchases of i; whole numbers, so equal counts are equal scores."""
    users = np.ones((dataset.num_users, 1), np.float32)
    items = dataset.item_counts.astype(np.float32)[:, None]
    return Factors(users, items, dataset.user_keys, dataset.item_keys)
