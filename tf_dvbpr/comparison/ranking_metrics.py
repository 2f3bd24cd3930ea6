"""Computes Recall@k and NDCG@k over the whole catalogue from the exact AUC of each held-out purchase."""

from collections.abc import Sequence

import numpy as np

from tf_dvbpr.ranking.held_out import HeldOut


def ranking_metrics(
    values: np.ndarray, held: HeldOut, own_indptr: np.ndarray, num_items: int, ks: Sequence[int] = (10,)
) -> dict[str, float]:
    """Computes both metrics for held-out items, each ranked among the items that its user does not own.

    The rank of a held-out item is ``r = (1 - AUC) (I - |O_u|)``, the number of items ahead of it, ties included.
    Recall@k is the mean over users of the share of their held-out items with r < k. NDCG@k is the mean over users of
    the mean of 1 / log2(r + 2) for r < k, and 0 otherwise. With one held-out item per user, Recall@k is the share of
    users with r < k, and NDCG@k is the usual one.

    Args:
        values: float [P], strict AUC of each held-out purchase (`auc.evaluate_purchases`); NaN for those left out.
        held: the held-out purchases.
        own_indptr: int [U + 1]; user u owns own_indptr[u + 1] - own_indptr[u] items, held-out ones included.
        num_items: I.
        ks: the cut-offs k.

    Returns:
        ``recall@k`` and ``ndcg@k`` for each k, in [0, 1]; NaN if no user has a value.
    """
    rest = num_items - np.diff(own_indptr)[held.users]
    ahead = np.rint((1.0 - values) * rest)
    figures = {}
    for k in ks:
        hit = np.where(np.isnan(ahead), np.nan, ahead < k)
        figures[f"recall@{k}"] = _mean(held.per_user(hit))
        figures[f"ndcg@{k}"] = _mean(held.per_user(hit / np.log2(ahead + 2.0)))
    return figures


def _mean(of_users: np.ndarray) -> float:
    scored = of_users[~np.isnan(of_users)]
    return float(scored.mean()) if len(scored) else float("nan")
