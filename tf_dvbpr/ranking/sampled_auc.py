"""Computes the authors' sampled AUC: each held-out item against at most 100 random items.

Use it to compare with published logs. It differs from the exact AUC in three ways: it is an estimate; only training
items and the target itself are skipped
(the user's other held-out item may be drawn and counts as a negative); a skipped draw is not drawn again. The released
code draws without a seed; here the draws follow from `seed`, so every recommender meets the same items.
"""

import numpy as np

from tf_dvbpr.ranking.auc import AucReport, summarise
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.held_out import held_out
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
    """Returns the sampled AUC of a recommender on one split, for the groups of the exact AUC; see `user_auc`.

    Raises:
        InputError: the factors belong to another data set, or are not finite.
        ValueError: an unknown `split`.
    """
    user_factors, item_factors = factors_for(factors, dataset)
    held = held_out(dataset, split)
    train = dataset.train_indptr, dataset.train_items
    values = purchase_auc(user_factors, item_factors, held.users, held.items, *train, seed=seed, progress=progress)
    return summarise(values, held)


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
    targets = np.asarray(targets)
    known = np.flatnonzero(targets >= 0)
    values = np.full(len(targets), np.nan)
    values[known] = purchase_auc(
        user_factors, item_factors, known, targets[known], train_indptr, train_items, seed, samples, progress
    )
    return values


def purchase_auc(
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    users_of: np.ndarray,
    targets: np.ndarray,
    train_indptr: np.ndarray,
    train_items: np.ndarray,
    seed: int = 0,
    samples: int = SAMPLES,
    progress: bool = False,
) -> np.ndarray:
    """Computes the same for P held-out purchases; a user may have none or several, and each has a draw of its own.

    Args:
        user_factors: as `user_auc`.
        item_factors: as `user_auc`.
        users_of: int [P], the user of each.
        targets: int [P], the item of each.
        train_indptr: as `user_auc`.
        train_items: as `user_auc`.
        seed: as `user_auc`.
        samples: as `user_auc`.
        progress: as `user_auc`.

    Returns:
        float64 [P]; NaN if every drawn item was skipped.

    Raises:
        InputError: the factors are not finite, or so large that scores overflow.
    """
    users, items = np.asarray(user_factors, np.float32), np.asarray(item_factors, np.float32)
    check_finite(users, items)
    targets, num_items = np.asarray(targets), len(items)
    owners = np.repeat(np.arange(len(users), dtype=np.int64), np.diff(train_indptr))
    bought = np.sort(owners * num_items + train_items)  # one number per purchase, for membership tests by binary search
    rng = np.random.default_rng(seed)
    values = np.full(len(targets), np.nan)
    starts = range(0, len(targets), _BLOCK_USERS)
    few = len(starts) < 2
    for start in progress_bar(starts, desc="sampled AUC", unit="block", disable=not progress or few, leave=False):
        block = slice(start, start + _BLOCK_USERS)
        ids = users_of[block]
        drawn = np.stack([rng.choice(num_items, min(samples, num_items), replace=False) for _ in ids])
        target = targets[block, None]
        counted = (drawn != target) & ~_contains(bought, ids[:, None].astype(np.int64) * num_items + drawn)
        won = _scores(users[ids], items[target]) > _scores(users[ids], items[drawn])
        number = counted.sum(1)
        values[block] = np.divide((won & counted).sum(1), number, out=np.full(len(ids), np.nan), where=number > 0)
    return values


def _scores(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    # Not a matrix product: scores are summed row by row in the same order, so ties are exact.
    return (users[:, None] * items).sum(-1)


def _contains(ordered: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    if not len(ordered):
        return np.zeros(wanted.shape, bool)
    places = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return ordered[places] == wanted
