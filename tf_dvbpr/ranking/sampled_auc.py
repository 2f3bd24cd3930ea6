"""Computes the authors' sampled AUC: each held-out item against at most 100 random items.

Use it to compare with published logs. It differs from the exact AUC in three ways: it is an estimate; only training
items and the target itself are skipped
(the user's other held-out item may be drawn and counts as a negative); a skipped draw is not drawn again. The released
code draws without a seed; here the draws follow from `seed`, so every recommender meets the same items.
"""

import numpy as np

from tf_dvbpr.ranking.auc import AucReport, held_out, summarise
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.score_checks import check_finite, factors_for
from tfrecords.dataset import Dataset
from tfrecords.progress_bar import progress_bar

SAMPLES = 100
_BLOCK_USERS = 1024


def evaluate(
    factors: Factors | tuple[np.ndarray, np.ndarray],
    dataset: Dataset,
    split: str = "validation",
    seed: int = 0,
    progress: bool = False,
) -> AucReport:
    """Returns the sampled AUC of a recommender on one split, over all users and over cold items; see `user_auc`.

    Raises:
        InputError: the factors belong to another data set, or are not finite.
        ValueError: an unknown `split`.
    """
    user_factors, item_factors = factors_for(factors, dataset)
    targets = held_out(dataset, split)
    train = dataset.train_indptr, dataset.train_items
    values = user_auc(user_factors, item_factors, targets, *train, seed=seed, progress=progress)
    return summarise(values, targets, dataset.item_counts, split)


def user_auc(
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    targets: np.ndarray,
    train_indptr: np.ndarray,
    train_items: np.ndarray,
    seed: int = 0,
    samples: int = SAMPLES,
    progress: bool = False,
) -> np.ndarray:
    """Returns ``|{j in S_u : x(u, i) > x(u, j)}| / |S_u|``; S_u: random items without training items and target.

    Args:
        user_factors: [U, D], read as float32.
        item_factors: [I, D], read as float32.
        targets: int [U], the held-out item i of each user, -1: none.
        train_indptr: int [U + 1]; user u's training items are ``train_items[train_indptr[u]:train_indptr[u + 1]]``.
        train_items: int [nnz].
        seed: seed of the draws; they also depend on the number of items and on which users have a target.
        samples: number of distinct items drawn per user; all items if there are fewer.
        progress: shows a progress bar.

    Returns:
        float64 [U]; NaN without a target, or if every drawn item was skipped.

    Raises:
        InputError: the factors are not finite, or so large that scores overflow.
    """
    users, items = np.asarray(user_factors, np.float32), np.asarray(item_factors, np.float32)
    check_finite(users, items)
    targets, num_items = np.asarray(targets), len(items)
    owners = np.repeat(np.arange(len(users), dtype=np.int64), np.diff(train_indptr))
    bought = np.sort(owners * num_items + train_items)  # one number per purchase, for membership tests by binary search
    rng = np.random.default_rng(seed)
    values = np.full(len(users), np.nan)
    known = np.flatnonzero(targets >= 0)
    starts = range(0, len(known), _BLOCK_USERS)
    few = len(starts) < 2
    for start in progress_bar(starts, desc="sampled AUC", unit="block", disable=not progress or few, leave=False):
        ids = known[start : start + _BLOCK_USERS]
        drawn = np.stack([rng.choice(num_items, min(samples, num_items), replace=False) for _ in ids])
        target = targets[ids, None]
        counted = (drawn != target) & ~_contains(bought, ids[:, None].astype(np.int64) * num_items + drawn)
        won = _scores(users[ids], items[target]) > _scores(users[ids], items[drawn])
        number = counted.sum(1)
        values[ids] = np.divide((won & counted).sum(1), number, out=np.full(len(ids), np.nan), where=number > 0)
    return values


def _scores(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    # Not a matrix product: scores are summed row by row in the same order, so ties are exact.
    return (users[:, None] * items).sum(-1)


def _contains(ordered: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    if not len(ordered):
        return np.zeros(wanted.shape, bool)
    places = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return ordered[places] == wanted
