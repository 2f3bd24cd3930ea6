"""The two rankings that every recommender must beat, as factors: RAND and PopRank (paper, Table III)."""

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tfrecords.dataset import Dataset

_RANDOM_DIM = 16


def random_ranking(dataset: Dataset, seed: int = 0) -> Factors:
    """Returns RAND's factors: a random order of the items for each user, expected AUC .5.

    Both matrices are drawn from N(0, 1), with so many columns that the users' orders are almost independent.
    """
    rng = np.random.default_rng(seed)
    users = rng.standard_normal((dataset.num_users, _RANDOM_DIM), np.float32)
    items = rng.standard_normal((dataset.num_items, _RANDOM_DIM), np.float32)
    return Factors(users, items, dataset.user_keys, dataset.item_keys)


def popularity_ranking(dataset: Dataset) -> Factors:
    """Returns PopRank's factors: ``x(u, i) =`` number of training purchases of i; equal counts give equal scores."""
    users = np.ones((dataset.num_users, 1), np.float32)
    items = dataset.item_counts.astype(np.float32)[:, None]
    return Factors(users, items, dataset.user_keys, dataset.item_keys)
