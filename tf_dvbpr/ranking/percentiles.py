"""How much of a catalogue each user scores below a new photo, exactly."""

from collections.abc import Callable

import numpy as np

from tf_dvbpr.ranking.auc import user_blocks
from tf_dvbpr.ranking.score_checks import check_finite
from tf_dvbpr.ranking.score_matrix import score_matrix

BLOCK_BYTES = 2**26


def count_below(
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    photo_factors: np.ndarray,
    block_bytes: int = BLOCK_BYTES,
    tell: Callable[[int], object] | None = None,
) -> np.ndarray:
    """``|{j : U[u] . V[j] < U[u] . F[p]}|`` for every photo p and user u.

    A block of users at a time: their scores of all items are sorted, and each photo's score is searched among them.

    Args:
        user_factors: U, [users, D], read as float32.
        item_factors: V, [I, D], read as float32; at least one row.
        photo_factors: F, the style vectors of the photos, [P, D], read as float32.
        block_bytes: upper bound on the memory of one block of scores (a block holds one user at least).
        tell: is told after each block how many users it had.

    Returns:
        int32 [P, users], each from 0 to I. An equal score does not count.

    Raises:
        InputError: factors that are not finite, or so large that scores overflow.
    """
    users = np.asarray(user_factors, np.float32)
    # In one matrix product: equal vectors get equal scores.
    rows = np.concatenate([item_factors, photo_factors]).astype(np.float32, copy=False)
    check_finite(users, rows)
    items = len(item_factors)
    below = np.empty([len(photo_factors), len(users)], np.int32)
    for block in user_blocks(len(users), len(rows), block_bytes):
        scores = score_matrix(users[block], rows)
        catalogue, photos = scores[:, :items], scores[:, items:]
        catalogue.sort(axis=1)
        below[:, block] = np.stack([np.searchsorted(*row) for row in zip(catalogue, photos, strict=True)], axis=1)
        if tell is not None:
            tell(len(scores))
    return below


def score_scales(user_factors: np.ndarray, item_factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each user's scores over the catalogue: [users, D] and [I, D] to float64 [users].

    Raw scores of two users do not compare, each has a scale of their own; ``(score - mean) / deviation`` does. Who
    scores all items alike has deviation 1 here.
    """
    users, items = np.asarray(user_factors, np.float64), np.asarray(item_factors, np.float64)
    # Both follow from the items' mean and covariance: no score is needed.
    covariance = np.cov(items, rowvar=False, bias=True).reshape(items.shape[1], items.shape[1])
    deviations = np.sqrt(np.maximum(((users @ covariance) * users).sum(1), 0))
    return users @ items.mean(0), np.where(deviations > 0, deviations, 1)
