"""Counts exactly how many items of a catalogue each user scores below a new photo."""

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
    """Returns ``|{j : U[u] . V[j] < U[u] . F[p]}|`` for every photo p and user u.

    Users are processed in blocks: their scores of all items are sorted, and each photo's score is searched among them.

    Args:
        user_factors: U, [users, D], read as float32.
        item_factors: V, [I, D], read as float32; at least one row.
        photo_factors: F, the style vectors of the photos, [P, D], read as float32.
        block_bytes: upper bound on the memory of one block of scores (a block has at least one user).
        tell: called after each block with its number of users.

    Returns:
        int32 [P, users], each from 0 to I. An equal score does not count.

    Raises:
        InputError: factors that are not finite, or so large that scores overflow.
    """
    users = np.asarray(user_factors, np.float32)
    # In one matrix product, so equal vectors get equal scores.
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
    """Returns mean and standard deviation of each user's scores over V: [users, D] and [I, D] to float64 [users] each.

    Raw scores of two users cannot be compared, because their scales differ; ``(score - mean) / deviation`` can. For a
    user who scores all items alike the deviation is 1.
    """
    users, items = np.asarray(user_factors, np.float64), np.asarray(item_factors, np.float64)
    # Both follow from the items' mean and covariance; no scores are computed.
    covariance = np.cov(items, rowvar=False, bias=True).reshape(items.shape[1], items.shape[1])
    deviations = np.sqrt(np.maximum(((users @ covariance) * users).sum(1), 0))
    return users @ items.mean(0), np.where(deviations > 0, deviations, 1)
