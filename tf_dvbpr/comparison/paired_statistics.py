"""Which of two models ranks better, asked of every pair of models over the same users.

For models A and B and user u, d_u = AUC_A(u) - AUC_B(u), the mean over seeds of each. Of a group's n users:

* the mean of d with its standard error, the sample standard deviation of d / sqrt(n);
* the two-sided p of Wilcoxon's signed-rank test (Wilcoxon, 1945), users without a difference treated as Pratt (1959)
  does: ranked with the others, their ranks then left out;
* that p adjusted by Holm's method (Holm, 1979) for all pairs of the group;
* an interval of the mean by the bootstrap (Efron, 1979): the central 95 % of its means over users drawn with
  replacement. Every pair meets the same draws.

A *win* holds where the adjusted p is under .05, the interval lies on one side of 0, and the signed ranks lean to that
side too. The tests are over users: they do not cover what another training seed would change.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import stats

LEVEL = 0.05
RESAMPLES = 10_000
_EXACT_USERS = 50  # up to this many the p is exact, where no two differences tie
_DRAWS = 2**22  # users that are drawn at a time


def paired_statistics(values: Mapping[str, np.ndarray], seed: int = 0, resamples: int = RESAMPLES) -> list[dict]:
    """Compares every pair of models in one group of users.

    Args:
        values: name of a model to the AUC of each user, float [U], NaN for users who are not in the group; the same
            users for every model.
        seed: of the bootstrap.
        resamples: of the bootstrap.

    Returns:
        One dict a pair, in the models' order: ``name``, ``rival``, ``users``, ``difference`` (name's mean less the
        rival's), ``se``, ``low`` and ``high`` (the interval), ``p``, ``p_holm``, and ``winner``: ``name``'s or
        ``rival``'s text, None where no win holds. NaN, and no winner, where fewer than two users are in the group.

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
    """Wilcoxon's signed-rank test of differences, float [n].

    Returns:
        (p, side): the two-sided p, and 1 or -1 for the sign that has more of the ranks, 0 for neither. p is exact for
        up to 50 differences none of which is 0 or ties with another in size; by the normal approximation, corrected
        for ties, otherwise; 1 where all are 0.
    """
    size = np.abs(differences)
    if not size.any():
        return 1.0, 0
    ranks = stats.rankdata(size) * np.sign(differences)
    exact = len(size) <= _EXACT_USERS and size.min() > 0 and len(np.unique(size)) == len(size)
    # Its names for the two methods differ between versions; "approx" is known to all.
    result = stats.wilcoxon(differences, zero_method="pratt", method="exact" if exact else "approx")
    return float(result.pvalue), int(np.sign(ranks.sum()))


def holm(p: Sequence[float]) -> list[float]:
    """Adjusts p values by Holm's step-down method.

    The k-th smallest of m, k from 0, is multiplied by m - k; none becomes smaller than one before it, nor more than 1.
    """
    order = np.argsort(p, kind="stable")
    scaled = np.asarray(p, np.float64)[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return adjusted.tolist()


def bootstrap_intervals(
    differences: np.ndarray, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[np.ndarray, np.ndarray]:
    """The percentile interval of the mean of each column.

    Args:
        differences: float [n, pairs], a row a user.
        seed: of the draws, which all columns share.
        resamples: how often n users are drawn.

    Returns:
        The ends that leave `LEVEL` / 2 of the resampled means out on either side, float64 [pairs] each.
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
