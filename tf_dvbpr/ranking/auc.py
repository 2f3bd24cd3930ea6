"""Computes the exact AUC: each held-out item against every item that its user does not own.

For user u with held-out item i and own items O_u (training, validation and test together), in a catalogue of I items::

    AUC(u) = |{j not in O_u : x(u, i) > x(u, j)}| / (I - |O_u|)        x(u, i) = U[u] . V[i]

and the AUC is the mean over users (Kang et al., ICDM 2017). Nothing is sampled. Scores are computed for a
block of users at a time, so memory depends on the block and not on users x items.

With a split by date a user may have several held-out items: AUC(u) is then the mean over them.
"""

import dataclasses
import math

import numpy as np

from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.held_out import HeldOut, held_out
from tf_dvbpr.ranking.score_checks import check_finite, factors_for
from tfrecords.dataset import Dataset
from tfrecords.progress_bar import progress_bar

TIES = ("strict", "half")
BLOCK_BYTES = 2**28
_MAX_BLOCK_USERS = 1024


@dataclasses.dataclass(frozen=True)
class AucReport:
    """The AUC of one split, over each of the groups of `tf_dvbpr.ranking.held_out.groups_of`.

    Attributes:
        split: ``validation`` or ``test``.
        all: mean AUC over the users with a held-out item in this split; NaN if there are none.
        all_se: its standard error, the sample standard deviation over users / sqrt(users); NaN for fewer than two
            users.
        all_users: the number of users in `all`.
        warm: the same mean over held-out items with 5 or more purchases in training, and the users with such an item.
        warm_se: its standard error.
        warm_users: the number of users in `warm`.
        cold: the same for held-out items with fewer than 5 purchases in training.
        cold_se: its standard error.
        cold_users: the number of users in `cold`.
        unseen: with a split by date, the same for held-out items that nobody bought before; NaN for other splits.
        unseen_se: its standard error.
        unseen_users: the number of users in `unseen`.
        new_users: with a split by date, the number of users who have a held-out item and no purchase in training; they
            are in none of the figures.
    """

    split: str
    all: float
    all_se: float
    all_users: int
    warm: float
    warm_se: float
    warm_users: int
    cold: float
    cold_se: float
    cold_users: int
    unseen: float = math.nan
    unseen_se: float = math.nan
    unseen_users: int = 0
    new_users: int = 0


def evaluate(
    factors: Factors | tuple[np.ndarray, np.ndarray],
    dataset: Dataset,
    split: str = "validation",
    ties: str = "strict",
    progress: bool = False,
) -> AucReport:
    """Computes the exact AUC of a recommender on one split of a data set, over all users, warm items and cold items.

    Args:
        factors: the recommender, or its (user_factors [U, D], item_factors [I, D]), rows in the data set's order.
        dataset: the data set with the held-out purchases. "Cold" counts only purchases in training.
        split: ``validation`` or ``test``.
        ties: ``strict`` (an equal score is a loss, as in the paper) or ``half`` (it counts one half).
        progress: shows a progress bar.

    Raises:
        InputError: the factors do not have the data set's size, or are not finite.
        ValueError: an unknown `split`.
    """
    held = held_out(dataset, split)
    return summarise(evaluate_purchases(factors, dataset, held, ties, progress), held)


def evaluate_purchases(
    factors: Factors | tuple[np.ndarray, np.ndarray],
    dataset: Dataset,
    held: HeldOut,
    ties: str = "strict",
    progress: bool = False,
) -> np.ndarray:
    """Returns the AUC of each held-out purchase, of which `evaluate` takes the means, float64 [P]; NaN: none."""
    user_factors, item_factors = factors_for(factors, dataset)
    own = dataset.own_items()
    return purchase_auc(user_factors, item_factors, held.users, held.items, *own, ties=ties, progress=progress)


def user_auc(
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    targets: np.ndarray,
    own_indptr: np.ndarray,
    own_items: np.ndarray,
    ties: str = "strict",
    block_bytes: int = BLOCK_BYTES,
    progress: bool = False,
) -> np.ndarray:
    """Computes the exact AUC of each user, who has one held-out item at most.

    Args:
        user_factors: [U, D], read as float32.
        item_factors: [I, D], read as float32.
        targets: int [U], the held-out item of each user, -1: none.
        own_indptr: int [U + 1]; user u owns ``own_items[own_indptr[u]:own_indptr[u + 1]]``.
        own_items: int [nnz], without duplicates within a user; the target is one of them.
        ties: ``strict`` or ``half``.
        block_bytes: upper bound on the memory of one block of scores (a block has at least one user).
        progress: shows a progress bar.

    Returns:
        float64 [U] in [0, 1]; NaN if there is no target, or if the user owns the whole catalogue.

    Raises:
        InputError: the factors are not finite, or so large that scores overflow.
        ValueError: shapes, items or `ties` out of range, or a target that is not among its user's own items.
    """
    targets = np.asarray(targets, np.int64)
    if targets.shape != (len(user_factors),):
        raise ValueError(f"{len(user_factors)} users need as many targets; got {targets.shape}")
    if len(targets) and not -1 <= targets.min() <= targets.max() < len(item_factors):
        raise ValueError(f"targets must lie in -1..{len(item_factors) - 1}; got {targets.min()}..{targets.max()}")
    known = np.flatnonzero(targets >= 0)
    values = np.full(len(targets), np.nan)
    values[known] = purchase_auc(
        user_factors, item_factors, known, targets[known], own_indptr, own_items, ties, block_bytes, progress
    )
    return values


def purchase_auc(
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    users_of: np.ndarray,
    targets: np.ndarray,
    own_indptr: np.ndarray,
    own_items: np.ndarray,
    ties: str = "strict",
    block_bytes: int = BLOCK_BYTES,
    progress: bool = False,
) -> np.ndarray:
    """Computes the exact AUC of P held-out purchases; a user may have none or several.

    Args:
        user_factors: as `user_auc`.
        item_factors: as `user_auc`.
        users_of: int [P], the user of each.
        targets: int [P], the item of each.
        own_indptr: as `user_auc`.
        own_items: as `user_auc`.
        ties: as `user_auc`.
        block_bytes: as `user_auc`.
        progress: as `user_auc`.

    Returns:
        float64 [P] in [0, 1]; NaN where the user owns the whole catalogue.

    Raises:
        InputError, ValueError: as `user_auc`.
    """
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(TIES)}; got {ties!r}")
    users = np.ascontiguousarray(user_factors, np.float32)
    items = np.ascontiguousarray(item_factors, np.float32)
    known, targets = np.asarray(users_of, np.int64), np.asarray(targets, np.int64)
    own_indptr, own_items = np.asarray(own_indptr, np.int64), np.asarray(own_items, np.int32)
    _check_arrays(users, items, known, targets, own_indptr, own_items)
    check_finite(users, items)
    if known.size == 0:
        return np.empty(0)
    owned = np.diff(own_indptr)
    counts = np.zeros(len(known), np.int64)
    blocks = user_blocks(len(known), len(items), block_bytes)
    most_own = max(int(owned[known[block]].sum()) for block in blocks)
    from tf_dvbpr.ranking.block_points import BlockPoints

    block_points = BlockPoints(items, blocks[0].stop, most_own, ties)
    for block in progress_bar(blocks, desc="AUC", unit="block", disable=not progress or len(blocks) == 1, leave=False):
        ids = known[block]
        rows, columns = _own_pairs(ids, own_indptr, own_items)
        _check_targets_owned(ids, rows, columns, targets[block])
        beaten, own_beaten = block_points(users[ids], targets[block], rows, columns)
        counts[block] = beaten - np.bincount(rows, weights=own_beaten, minlength=len(ids)).astype(np.int64)
    rest = len(items) - owned[known]
    points = 1 if ties == "strict" else 2
    return np.divide(counts, points * rest, out=np.full(len(known), np.nan), where=rest > 0)


def summarise(values: np.ndarray, held: HeldOut) -> AucReport:
    """Returns means and standard errors over users of the AUC of held-out purchases, for each group of purchases.

    Args:
        values: float [P], NaN for purchases without an AUC.
        held: the purchases.
    """
    per_user = (held.per_user(values, group) for group in held.groups)
    figures = [figure for of in per_user for figure in _mean(of[~np.isnan(of)])]
    report = AucReport(held.split, *figures)
    return dataclasses.replace(report, new_users=held.new_users)


def user_blocks(users: int, items: int, block_bytes: int) -> list[slice]:
    """Yields each block's users, as slices of one size: at most `block_bytes` of float32 scores, at least one user."""
    most = min(max(block_bytes // (4 * items), 1), _MAX_BLOCK_USERS)
    size = -(-users // -(-users // most))  # blocks of equal size, so that the last has little padding
    return [slice(start, start + size) for start in range(0, users, size)]


def _own_pairs(ids: np.ndarray, indptr: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lengths = indptr[ids + 1] - indptr[ids]
    rows = np.repeat(np.arange(len(ids), dtype=np.int32), lengths)
    within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return rows, items[np.repeat(indptr[ids], lengths) + within]


def _mean(values: np.ndarray) -> tuple[float, float, int]:
    users = len(values)
    error = float(values.std(ddof=1) / np.sqrt(users)) if users > 1 else float("nan")
    return (float(values.mean()) if users else float("nan")), error, users


def _check_arrays(
    users: np.ndarray,
    items: np.ndarray,
    users_of: np.ndarray,
    targets: np.ndarray,
    own_indptr: np.ndarray,
    own_items: np.ndarray,
) -> None:
    if users.ndim != 2 or items.ndim != 2 or users.shape[1] != items.shape[1]:
        raise ValueError(f"factors must be [users, D] and [items, D] with one D; got {users.shape} and {items.shape}")
    if own_indptr.shape != (len(users) + 1,):
        raise ValueError(f"{len(users)} users need one own_indptr more; got {own_indptr.shape}")
    if users_of.ndim != 1 or users_of.shape != targets.shape:
        raise ValueError(f"one user and one item a purchase expected; got {users_of.shape} and {targets.shape}")
    for name, ids, most in (("users", users_of, users), ("targets", targets, items), ("own_items", own_items, items)):
        if len(ids) and (np.min(ids) < 0 or np.max(ids) >= len(most)):
            raise ValueError(f"{name} must lie in 0..{len(most) - 1}; got {np.min(ids)}..{np.max(ids)}")


def _check_targets_owned(ids: np.ndarray, rows: np.ndarray, columns: np.ndarray, targets: np.ndarray) -> None:
    owned = np.bincount(rows[columns == targets[rows]], minlength=len(ids))
    if not owned.all():
        raise ValueError(f"user {ids[np.argmin(owned)]}: the target is not among the user's own items")
