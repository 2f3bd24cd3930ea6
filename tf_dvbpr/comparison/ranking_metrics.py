"""Recall@k and NDCG@k over the whole catalogue, from the exact AUC of each user."""

from collections.abc import Sequence

import numpy as np


def ranking_metrics(
    values: np.ndarray, targets: np.ndarray, own_indptr: np.ndarray, num_items: int, ks: Sequence[int] = (10,)
) -> dict[str, float]:
    """The two measures for one held-out item a user, ranked among the items the user does not own.

    With `r` the number of items ahead of the held-out one (ties are ahead of it), which strict AUC tells exactly,
    ``r = (1 - AUC(u)) (I - |O_u|)``: Recall@k is the share of users with r < k, NDCG@k the mean of 1 / log2(r + 2)
    where r < k and 0 elsewhere.

    Args:
        values: float [U], strict AUC of each user (`auc.evaluate_users`), NaN for those left out.
        targets: int [U], the held-out items, -1 where there is none.
        own_indptr: int [U + 1], how many items each user owns, held-out ones included.
        num_items: I.
        ks: cut-offs.

    Returns:
        ``recall@k`` and ``ndcg@k`` for each k; NaN where no user is scored.
    """
    scored = ~np.isnan(values) & (targets >= 0)
    rest = num_items - np.diff(own_indptr)[scored]
    ahead = np.rint((1.0 - values[scored]) * rest)
    figures = {}
    for k in ks:
        hit = ahead < k
        figures[f"recall@{k}"] = float(hit.mean()) if len(hit) else float("nan")
        figures[f"ndcg@{k}"] = float((hit / np.log2(ahead + 2.0)).mean()) if len(hit) else float("nan")
    return figures
