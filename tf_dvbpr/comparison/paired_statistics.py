"""Tests which of two models ranks better, for every pair of models, over the same users.

For models A and B and user u, d_u = AUC_A(u) - AUC_B(u), where each AUC is the mean over seeds. For the n users of a
group it computes

* the mean of d with its standard error, the sample standard deviation of d / sqrt(n);
* the two-sided p of Wilcoxon's signed-rank test (Wilcoxon, 1945). Users with d = 0 are treated as in Pratt (1959):
  they are ranked with the others, then their ranks are left out;
* that p, adjusted by Holm's method (Holm, 1979) for all pairs of the group;
* a bootstrap interval of the mean (Efron, 1979): the central 95 % of the means over users drawn with replacement.
  Every pair uses the same draws.

A model *wins* if the adjusted p is under .05, the interval lies on its side of 0, and so does the sum of the signed
ranks. The tests are over users: they do not cover the variation between training seeds.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

LEVEL = 0.05
RESAMPLES = 10_000
_EXACT_USERS = 50  # up to this many users the p is exact, if no differences are tied
_DRAWS = 2**22  # number of users drawn at a time


def paired_statistics(values: Mapping[str, np.ndarray], seed: int = 0, resamples: int = RESAMPLES) -> list[dict]:
    """Compares every pair of models in one group of users.

    Args:
        values: model name to the AUC of each user, float [U]; NaN for the same users in every model, those outside the
            group.
        seed: seed of the bootstrap.
        resamples: number of bootstrap samples.

    Returns:
        One dict per pair, in the order of the models: ``name``, ``rival``, ``users``, ``difference`` (mean of d, name
        minus rival), ``se``, ``low`` and ``high`` (the interval), ``p``, ``p_holm``, and ``winner``, which is the value
        of ``name`` or ``rival``, or None. With fewer than two users there is no winner, and all statistics are NaN,
        except the difference of a single user.

    Raises:
        ValueError: the models have values of different users.
    """
    pairs = list(itertools.combinations(values, 2))
    if not pairs:
        return []
    table = np.stack(list(values.values()), axis=1)
    known = ~np.isnan(table)
    if (known != known[:, :1]).any():
        raise ValueError("the models have values of different users")
    of = dict(zip(values, table[known[:, 0]].T, strict=True))
    differences = np.stack([of[one] - of[other] for one, other in pairs], axis=1)
    users = len(differences)
    if users < 2:
        means = differences.mean(0) if users else np.full(len(pairs), np.nan)
        return [_pair(pair, users, mean, *[np.nan] * 5, None) for pair, mean in zip(pairs, means.tolist(), strict=True)]
    errors = differences.std(axis=0, ddof=1) / np.sqrt(users)
    low, high = bootstrap_intervals(differences, seed, resamples)
    tests = [wilcoxon(column) for column in differences.T]
    adjusted = holm([p for p, _ in tests])
    rows = []
    for column, pair in enumerate(pairs):
        winner = None
        if adjusted[column] < LEVEL:
            if low[column] > 0 and tests[column][1] > 0:
                winner = pair[0]
            elif high[column] < 0 and tests[column][1] < 0:
                winner = pair[1]
        figures = (differences[:, column].mean(), errors[column], low[column], high[column], tests[column][0])
        rows.append(_pair(pair, users, *map(float, figures), adjusted[column], winner))
    return rows


def wilcoxon(differences: np.ndarray) -> tuple[float, int]:
    """Computes Wilcoxon's signed-rank test of differences, float [n].

    Returns:
        (p, side): the two-sided p, and the sign of the sum of the signed ranks, -1, 0 or 1. p is exact for up to 50
        differences if none is 0 and no two have the same size. Otherwise it is the normal approximation, corrected for
        ties; it is 1 if all differences are 0.
    """
    from scipy import stats  # it takes a second to import, and tables that are only read need none of it

    size = np.abs(differences)
    if not size.any():
        return 1.0, 0
    ranks = stats.rankdata(size) * np.sign(differences)
    exact = len(size) <= _EXACT_USERS and size.min() > 0 and len(np.unique(size)) == len(size)
    # SciPy's versions have different names for the second method; all of them accept "approx".
    result = stats.wilcoxon(differences, zero_method="pratt", method="exact" if exact else "approx")
    return float(result.pvalue), int(np.sign(ranks.sum()))


def holm(p: Sequence[float]) -> list[float]:
    """Adjusts p values by Holm's step-down method.

    The k-th smallest of m values, k from 0, is multiplied by m - k. The results are then made non-decreasing and are at
    most 1.

    Args:
        p: p values in any order.

    Returns:
        The adjusted p values, in the same order.
    """
    order = np.argsort(p, kind="stable")
    scaled = np.asarray(p, np.float64)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted.tolist()


def bootstrap_intervals(
    differences: np.ndarray, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """Computes the bootstrap percentile interval of the mean of each column.

    Args:
        differences: float [n, pairs], one row per user.
        seed: seed of the draws, which all columns share.
        resamples: number of bootstrap samples of n users.

    Returns:
        (low, high), float64 [pairs] each: the quantiles `LEVEL` / 2 and 1 - `LEVEL` / 2 of the resampled means.
    """
    users, pairs = differences.shape
    random = np.random.default_rng(seed)
    means = np.empty([resamples, pairs])
    step = max(1, _DRAWS // users)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        drawn = random.integers(0, users, [rows, users], dtype=np.int32)
        drawn += np.arange(rows, dtype=np.int32)[:, None] * users
        times = np.bincount(drawn.ravel(), minlength=rows * users).reshape(rows, users)
        means[start : start + rows] = times.astype(np.float64) @ differences / users
    return tuple(np.quantile(means, [LEVEL / 2, 1 - LEVEL / 2], axis=0))


def _pair(
    pair: tuple[str, str],
    users: int,
    difference: float,
    se: float,
    low: float,
    high: float,
    p: float,
    p_holm: float,
    winner: str | None,
) -> dict:
    figures = {"difference": difference, "se": se, "low": low, "high": high, "p": p, "p_holm": p_holm}
    return {"name": pair[0], "rival": pair[1], "users": users, **figures, "winner": winner}
