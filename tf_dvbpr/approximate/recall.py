"""Measures how many of the exact best items an index finds."""

from collections.abc import Sequence

import numpy as np

from tf_dvbpr.approximate.partition import Partition

BEST = 100  # places of a user's exact ranking that are looked for
_BLOCK_BYTES = 2**28


def best_items(
    rows: np.ndarray,
    item_factors: np.ndarray,
    owned: Sequence[np.ndarray],
    item_categories: np.ndarray,
    num_categories: int,
) -> list[np.ndarray]:
    """Returns the `BEST` items of each user by all scores, without those that the user owns.

    Args:
        rows: float32 [B, D], rows of U.
        item_factors: V, float32 [I, D].
        owned: the items of each of these users.
        item_categories: int [I], from -1 (none) to `num_categories` - 1.
        num_categories: C.

    Returns:
        1 + C arrays int64 [B, at most BEST], in no order: among all items, and among those of each category; -1 where
        fewer items are left.
    """
    columns = [None, *(np.flatnonzero(item_categories == number) for number in range(num_categories))]
    found: list[list[np.ndarray]] = [[] for _ in columns]
    block = max(1, _BLOCK_BYTES // (4 * max(1, len(item_factors))))
    for start in range(0, len(rows), block):
        scores = rows[start : start + block] @ item_factors.T
        for one, items in zip(scores, owned[start : start + block], strict=True):
            one[items] = -np.inf
            for which, column in enumerate(columns):
                found[which].append(_best(one, column))
    return [np.stack(one) for one in found]


def _best(scores: np.ndarray, column: np.ndarray | None) -> np.ndarray:
    among = scores if column is None else scores[column]
    k = min(BEST, len(among))
    places = np.argpartition(-among, k - 1)[:k] if k else np.empty(0, np.int64)
    items = places if column is None else column[places]
    return np.where(scores[items] > -np.inf, items, -1)


def least_probes(partition: Partition, rows: np.ndarray, best: np.ndarray, column: int, recall: float) -> int:
    """Returns the smallest number of lists that hold a share `recall` of the best items.

    Args:
        partition: the lists.
        rows: float32 [B, D], rows of U.
        best: int [B, n], of `best_items`.
        column: of `Partition.holds`.
        recall: from 0 to 1.

    Returns:
        From 1 to L; 0 if there are no items.
    """
    needed = np.sort(_places(partition, rows, best, column)[best >= 0])
    return int(needed[int(np.ceil(recall * len(needed))) - 1]) + 1 if len(needed) else 0


def lists_recall(partition: Partition, rows: np.ndarray, best: np.ndarray, column: int, probes: int) -> float:
    """Returns the share of the best items that are in the first `probes` lists; arguments as of `least_probes`."""
    return float((_places(partition, rows, best, column)[best >= 0] < probes).mean())


def found_recall(best: np.ndarray, found: np.ndarray) -> float:
    """Returns the share of best int [B, n] (-1: none) that is in found int [B, m], row by row."""
    hits = sum(np.isin(one[one >= 0], other).sum() for one, other in zip(best, found, strict=True))
    return float(hits / (best >= 0).sum())


def _places(partition: Partition, rows: np.ndarray, best: np.ndarray, column: int) -> np.ndarray:
    """Returns the place of each item's list in the order in which its user's lists are read: int [B, n]."""
    order = partition.order(rows, column)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(order.shape[1])[None], axis=1)
    return np.take_along_axis(places, partition.list_of_item()[best].astype(np.int64), axis=1)
