"""Divides the items into lists of similar items, and says which lists to read for a user."""

import dataclasses
import hashlib

import numpy as np

from tf_dvbpr.approximate.library import faiss_library

SPREAD = 2.0  # Measured: without it, the lists that hold a user's best items are read a third later.
_ROUNDS = 10
_OF_A_LIST = 64  # items of each list, on average, from which the centroids are computed


@dataclasses.dataclass(frozen=True)
class Partition:
    """The items in L lists.

    The worth of list l for a user with the row u is ``u . c_l + 2 |u| s_l``: about the highest score of its items. The
    lists of the highest worth are read. `SPREAD` is the 2.

    Attributes:
        centroids: c, float32 [L, D].
        spreads: s, float32 [L]: the root mean square of a coordinate of ``V[i] - c_l`` over the list's items.
        offsets: int64 [L + 1]; list l has ``items[offsets[l]:offsets[l + 1]]``.
        items: int32 [I], ascending within a list.
        holds: bool [L, C + 1]; column 0: whether the list has an item, column c + 1: whether it has one of category c.
    """

    centroids: np.ndarray
    spreads: np.ndarray
    offsets: np.ndarray
    items: np.ndarray
    holds: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Returns the number of items of each list, int64 [L]."""
        return np.diff(self.offsets)

    def list_of_item(self) -> np.ndarray:
        """Returns the list of each item, int32 [I]."""
        lists = np.empty(len(self.items), np.int32)
        lists[self.items] = np.repeat(np.arange(len(self.spreads), dtype=np.int32), self.sizes)
        return lists

    def order(self, rows: np.ndarray, column: int = 0) -> np.ndarray:
        """Returns the lists in the order in which they are read.

        Args:
            rows: float32 [B, D], rows of U.
            column: of `holds`; lists without such items come last.

        Returns:
            int64 [B, L], the highest worth first.
        """
        worth = rows @ self.centroids.T + SPREAD * np.linalg.norm(rows, axis=1)[:, None] * self.spreads
        return np.argsort(np.where(self.holds[:, column], -worth, np.inf), axis=1, kind="stable")

    def fingerprint(self, item_factors: np.ndarray) -> str:
        """Returns a SHA-256, in hexadecimal digits, of the items' factors and of the lists."""
        digest = hashlib.sha256()
        for array in (item_factors, self.centroids, self.spreads, self.offsets, self.items):
            digest.update(np.ascontiguousarray(array))
        return digest.hexdigest()


def list_count(items: int) -> int:
    """Returns L: the power of two nearest to twice the square root of the number of items."""
    return 2 ** max(0, round(np.log2(2 * np.sqrt(items)))) if items > 1 else 1


def divide(
    item_factors: np.ndarray, item_categories: np.ndarray, num_categories: int, seed: int, index: str
) -> Partition:
    """Divides the items by k-means on their factors; the result depends on the arguments and the seed alone.

    Args:
        item_factors: V, float32 [I, D].
        item_categories: int [I], from -1 (none) to `num_categories` - 1.
        num_categories: C.
        seed: of the k-means.
        index: the setting that needs the library, for the message.

    Raises:
        InputError: faiss is not installed.
    """
    faiss = faiss_library(index)
    items, dim = item_factors.shape
    lists = list_count(items)
    means = faiss.Kmeans(
        dim, lists, niter=_ROUNDS, seed=seed, min_points_per_centroid=1, max_points_per_centroid=_OF_A_LIST
    )
    means.train(np.ascontiguousarray(item_factors, np.float32))
    nearest = faiss.IndexFlatL2(dim)
    nearest.add(means.centroids)
    list_of_item = np.empty(items, np.int32)
    square = np.zeros(lists)
    for start in range(0, items, 2**16):
        part = np.ascontiguousarray(item_factors[start : start + 2**16], np.float32)
        distances, found = nearest.search(part, 1)
        list_of_item[start : start + 2**16] = found[:, 0]
        square += np.bincount(found[:, 0], np.maximum(distances[:, 0], 0), minlength=lists)
    sizes = np.bincount(list_of_item, minlength=lists)
    holds = np.zeros([lists, num_categories + 1], bool)
    holds[:, 0] = sizes > 0
    known = item_categories >= 0
    holds[list_of_item[known], item_categories[known] + 1] = True
    return Partition(
        means.centroids.astype(np.float32),
        np.sqrt(square / np.maximum(sizes, 1) / dim).astype(np.float32),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.argsort(list_of_item, kind="stable").astype(np.int32),
        holds,
    )
