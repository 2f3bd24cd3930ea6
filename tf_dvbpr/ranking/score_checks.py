"""Checks two matrices before anything is ranked by them."""

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError


def factors_for(factors: Factors | tuple[np.ndarray, np.ndarray], dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Returns a recommender's two matrices; raises InputError if they do not have the data set's users and items."""
    if isinstance(factors, Factors):
        users, items = factors.user_factors, factors.item_factors
        same = np.array_equal(factors.user_keys, dataset.user_keys) and np.array_equal(
            factors.item_keys, dataset.item_keys
        )
    else:
        users, items = factors
        same = (len(users), len(items)) == (dataset.num_users, dataset.num_items)
    if not same:
        raise InputError(
            f"the factors ({len(users)} users, {len(items)} items) are not of data set {dataset.name!r} "
            f"({dataset.num_users} users, {dataset.num_items} items): same keys in the same order are needed. "
            "Evaluate them on the data set they were trained on"
        )
    return users, items


def check_finite(user_factors: np.ndarray, item_factors: np.ndarray) -> None:
    """Raises InputError unless every score ``U[u] . V[i]`` is a finite float32.

    Every comparison with a NaN is false, so it would count as a loss. No partial sum of a score exceeds D times the
    product of the two largest entries, so the scores themselves need not be computed.
    """
    bound = float(user_factors.shape[1])
    for which, factors in (("user", user_factors), ("item", item_factors)):
        # np.max and np.min return NaN if there is one.
        extremes = np.array([np.max(factors, initial=0.0), np.min(factors, initial=0.0)], np.float64)
        bound *= np.abs(extremes).max()
        if not np.isfinite(extremes).all():
            raise InputError(
                f"the {which} factors are not finite (NaN or infinity): the training diverged. "
                "Lower its learning rate, or take an earlier checkpoint"
            )
    if bound >= np.finfo(np.float32).max:
        raise InputError(
            "the factors are so large that scores overflow float32: the training diverged. Lower its learning rate"
        )
