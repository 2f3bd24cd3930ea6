"""Ranks the k best items of each user, without those the user knows; needs no TensorFlow.

`tf_dvbpr.serving.rank` does the same inside the served model. Their scores differ by the rounding of float32 products.
"""

import numpy as np

from tf_dvbpr.ranking.score_checks import check_finite

BLOCK_BYTES = 2**28
_EXACT_ROWS = 4096  # items whose exact scores are computed at once


def top_k(
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    users: np.ndarray,
    k: int,
    known_indptr: np.ndarray,
    known_items: np.ndarray,
    allowed: np.ndarray | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the k items with the highest ``U[u] . V[i]`` for some users.

    A score is the sum in float64, rounded to float32. Therefore items with equal factors tie, and the result does not
    depend on the number or order of items, nor on how a library for matrix products sums.

    Args:
        user_factors: [U, D], read as float32.
        item_factors: [I, D], read as float32.
        users: int [n], the users asked for.
        k: items per user, at least 1.
        known_indptr: int [U + 1]; user u knows ``known_items[known_indptr[u]:known_indptr[u + 1]]``.
        known_items: int [nnz]; left out of their user's results.
        allowed: bool [I], the items that may be results (a category, say); None: all.
        block_bytes: upper bound on the memory of one block of scores (a block has at least one user).

    Returns:
        (items int32 [n, k], scores float32 [n, k]), best first, equal scores by ascending item id. A user with fewer
        than k items left has item -1 and score NaN in the remaining places.

    Raises:
        InputError: the factors are not finite, or so large that scores overflow.
        ValueError: `k` under 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    user_factors, item_factors = np.asarray(user_factors, np.float32), np.asarray(item_factors, np.float32)
    check_finite(user_factors, item_factors)
    users, known_indptr, known_items = (np.asarray(one, np.int64) for one in (users, known_indptr, known_items))
    items, scores = np.full((len(users), k), -1, np.int32), np.full((len(users), k), np.nan, np.float32)
    longest = max((_length(part).max() for part in _parts(item_factors)), default=0.0)
    block = max(1, block_bytes // (4 * max(len(item_factors), 1)))
    for start in range(0, len(users), block):
        ids = users[start : start + block]
        rough = user_factors[ids] @ item_factors.T
        if allowed is not None:
            rough[:, ~np.asarray(allowed, bool)] = -np.inf
        errors = _rounding(user_factors.shape[1]) * longest * _length(user_factors[ids])
        for row, (user, one, error) in enumerate(zip(ids, rough, errors, strict=True), start):
            one[known_items[known_indptr[user] : known_indptr[user + 1]]] = -np.inf
            near = _candidates(one, k, error)
            exact = _exact(user_factors[user], item_factors, near)
            order = np.argsort(-exact, kind="stable")[:k]
            items[row, : len(order)], scores[row, : len(order)] = near[order], exact[order]
    return items, scores


def _candidates(rough: np.ndarray, k: int, error: float) -> np.ndarray:
    """Returns the items, ascending, that can be among the k best if each score is off by at most `error`."""
    least = np.partition(rough, len(rough) - k)[-k] if k < len(rough) else -np.inf
    return np.flatnonzero((rough >= least - 2 * error) & (rough > -np.inf))


def _exact(user: np.ndarray, items: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    # Not a matrix product: each row is summed in the same order, so equal rows tie.
    user = user.astype(np.float64)
    parts = [(part * user).sum(1) for part in _parts(items[chosen])]
    return np.concatenate([np.empty(0), *parts]).astype(np.float32)


def _rounding(dim: int) -> float:
    """Returns a bound on the error of a float32 product of vectors of this length, relative to their lengths' product.

    Source: the bound n u / (1 - n u) of a sum of n products, for any order (Higham, Accuracy and Stability of Numerical
    Algorithms, section 3.1), and one rounding more for the float32 that is returned.
    """
    unit = (dim + 1) * 2.0**-24
    return unit / (1 - unit)


def _length(vectors: np.ndarray) -> np.ndarray:
    """Returns the Euclidean length of each row, float64; at least the smallest normal float32, so that products are."""
    return np.sqrt(np.square(vectors.astype(np.float64)).sum(1)) + np.finfo(np.float32).tiny


def _parts(rows: np.ndarray) -> list[np.ndarray]:
    return [rows[start : start + _EXACT_ROWS] for start in range(0, len(rows), _EXACT_ROWS)]
