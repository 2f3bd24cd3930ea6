"""Recall@k and NDCG@k over the whole catalogue, from the exact AUC of each held-out purchase."""

from collections.abc import Sequence

import numpy as np

from tf_dvbpr.ranking.held_out import HeldOut


def ranking_metrics(
    values: np.ndarray, held: HeldOut, own_indptr: np.ndarray, num_items: int, ks: Sequence[int] = (10,)
) -> dict[str, float]:
    """The two measures of held-out items, each ranked among the items that its user does not own.

    With `r` the number of items ahead of the held-out one (ties are ahead of it), which strict AUC tells exactly,
    ``r = (1 - AUC) (I - |O_u|)``: Recall@k is the mean over users of the share of their held-out items with r < k,
    NDCG@k the mean over users of the mean of 1 / log2(r + 2) where r < k and 0 elsewhere. With one held-out item a
    user, these are the share of users with r < k, and the usual NDCG.

    Args:
        values: float [P], strict AUC of each held-out purchase (`auc.evaluate_purchases`), NaN for those left out.
        held: the purchases.
        own_indptr: int [U + 1], how many items each user owns, held-out ones included.
        num_items: I.
        ks: cut-offs.

    Returns:
        ``recall@k`` and ``ndcg@k`` for each k; NaN where no user is scored.
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
