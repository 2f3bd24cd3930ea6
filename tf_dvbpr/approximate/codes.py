"""Keeps each item as a code of four bits a number, which faiss reads faster than the numbers."""

import os

import numpy as np

from tf_dvbpr.approximate.config import CODES
from tf_dvbpr.approximate.library import faiss_library
from tf_dvbpr.approximate.partition import Partition

_MOST_PARTS = 128  # parts of a code; of longer rows a part stands for several numbers
_BITS = 4
_BLOCK = 2**17
_SAMPLE = 2**16  # items from which the code book is computed


class Codes:
    """The codes of all items, in the lists of a `Partition`.

    A random rotation spreads a row evenly over its numbers. What a code stands for is the rotated row less the centroid
    of its list. The search is by inner product: centroid and code each have theirs with the user's row, and the two are
    added. In the words of faiss: IVF,PQx4fsr behind RR. Source: Andre, Kermarrec and Le Scouarnec, "Cache locality is
    not enough: high-performance nearest neighbor search with product quantization fast scan", VLDB 2015.

    Args:
        index: an IndexPreTransform of faiss.
        most_probes: the largest number of lists that `near` may read.
    """

    def __init__(self, index: object, most_probes: int) -> None:
        faiss = faiss_library(CODES)
        self._whole = index
        self._turn, self._lists = index.chain.at(0), faiss.downcast_index(index.index)
        self._centroids = faiss.downcast_index(self._lists.quantizer).reconstruct_n(0, self._lists.nlist)
        self.limit(most_probes)

    @classmethod
    def make(cls, partition: Partition, item_factors: np.ndarray, seed: int) -> "Codes":
        """Computes the codes of the items; they depend on the arguments alone.

        Args:
            partition: the lists.
            item_factors: V, float32 [I, D].
            seed: of the rotation and of the code book.

        Raises:
            InputError: faiss is not installed.
        """
        faiss = faiss_library(CODES)
        items, dim = item_factors.shape
        of_part = -(-dim // _MOST_PARTS)
        parts = 2 * -(-dim // (2 * of_part))  # faiss reads two parts at once
        turn = faiss.RandomRotationMatrix(dim, parts * of_part)
        turn.init(seed)
        quantizer = faiss.IndexFlatL2(parts * of_part)
        quantizer.add(turn.apply(np.ascontiguousarray(partition.centroids)))
        lists = faiss.IndexIVFPQFastScan(
            quantizer, quantizer.d, len(partition.spreads), parts, _BITS, faiss.METRIC_INNER_PRODUCT
        )
        lists.by_residual = True
        lists.pq.cp.seed = seed
        lists.pq.cp.min_points_per_centroid = 1
        index = faiss.IndexPreTransform(turn, lists)
        sample = np.sort(np.random.default_rng(seed).permutation(items)[:_SAMPLE])
        lists.train(turn.apply(np.ascontiguousarray(item_factors[sample], np.float32)))
        index.is_trained = True
        for start in range(0, items, _BLOCK):
            index.add(np.ascontiguousarray(item_factors[start : start + _BLOCK], np.float32))
        return cls(index, len(partition.spreads))

    def near(self, rows: np.ndarray, lists: np.ndarray, count: int) -> np.ndarray:
        """Returns the items of some lists whose codes promise the highest scores.

        Args:
            rows: float32 [B, D], rows of U.
            lists: int64 [B, P], the lists to read; -1: none.
            count: n.

        Returns:
            int64 [B, n]; -1 where the lists have fewer items.
        """
        turned = self._turn.apply(np.ascontiguousarray(rows, np.float32))
        chosen = np.full([len(rows), self._lists.nprobe], -1, np.int64)
        chosen[:, : lists.shape[1]] = lists
        worth = np.matmul(self._centroids[np.maximum(chosen, 0)], turned[:, :, None])[:, :, 0]
        return self._lists.search_preassigned(turned, int(count), chosen, np.ascontiguousarray(worth))[1]

    def limit(self, most_probes: int) -> None:
        """Sets the largest number of lists that `near` may read; its time grows with it."""
        self._lists.nprobe = most_probes

    def save(self, path: str | os.PathLike) -> None:
        """Writes faiss' file."""
        faiss_library(CODES).write_index(self._whole, os.fspath(path))

    @classmethod
    def load(cls, path: str | os.PathLike, most_probes: int) -> "Codes":
        """Reads faiss' file. Raises InputError if faiss is not installed, and RuntimeError if the file is damaged."""
        return cls(faiss_library(CODES).read_index(os.fspath(path)), most_probes)
