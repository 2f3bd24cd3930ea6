"""Finds the best items of users inside the served model without scoring every item, in plain operations."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_dvbpr.approximate.partition import SPREAD
from tf_dvbpr.approximate.recall import BEST
from tf_dvbpr.approximate.search_index import SearchIndex
from tf_dvbpr.serving.rank import known_pairs

ALL, UNKNOWN = -1, -2  # in the place of a category's number


class ListSearch(tf.Module):
    """The lists of a `SearchIndex`, and the search in them.

    A user's own items and other categories never come back. If the lists read hold fewer than k items for a user, all
    items are scored for that user.

    Args:
        index: the index.
        user_factors: U, float32 [U, D].
        item_factors: V, float32 [I, D].
        known_indptr: int64 [U + 1]; user u owns ``known_items[known_indptr[u]:known_indptr[u + 1]]``.
        known_items: int32 [nnz].
        item_categories: int32 [I], -1: none.
        exact: scores all items; arguments and result are those of `rank`.
    """

    def __init__(
        self,
        index: SearchIndex,
        user_factors: tf.Variable,
        item_factors: tf.Variable,
        known_indptr: tf.Variable,
        known_items: tf.Variable,
        item_categories: tf.Variable,
        exact: Callable,
    ) -> None:
        super().__init__(name="lists")

        def kept(values: np.ndarray, dtype: tf.DType) -> tf.Variable:
            return tf.Variable(np.asarray(values), trainable=False, dtype=dtype)

        self._user_factors, self._item_factors, self._item_categories = user_factors, item_factors, item_categories
        self._known_indptr, self._known_items = known_indptr, known_items
        self._exact = exact
        lists = index.partition
        self._centroids = kept(lists.centroids, tf.float32)
        self._spreads = kept(lists.spreads, tf.float32)
        self._offsets = kept(lists.offsets, tf.int64)
        self._items = kept(lists.items, tf.int32)
        self._holds = kept(lists.holds, tf.bool)
        self._probes = kept(index.probes, tf.int32)

    def rank(self, users: tf.Tensor, k: tf.Tensor, category: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the k best items of each user among those of the lists read.

        Over `BEST` items, for which the recall was not measured, and for a category that has no lists to read, all
        items are scored.

        Args:
            users: int32 [B], rows of U.
            k: int32, at most I.
            category: int32, a category's number, `ALL` or `UNKNOWN`.

        Returns:
            (items int32 [B, k], scores float32 [B, k]), best first; -1 and NaN in places for which no item is left.
        """

        def by_lists() -> tuple[tf.Tensor, tf.Tensor]:
            lists = self._lists(tf.gather(self._user_factors, users), category)
            return self._each(users, lambda place: self._items_of(lists[place]), k, category)

        use = (tf.size(users) > 0) & (k > 0) & (k <= BEST) & (category >= ALL)
        use &= self._probes[tf.maximum(category + 1, 0)] > 0
        return tf.cond(use, by_lists, lambda: self._exact(users, k, category))

    def near(self, users: tf.Tensor, category: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns what a search outside the graph needs of some users.

        Args:
            users: int32 [B].
            category: as in `rank`, not `UNKNOWN`.

        Returns:
            ``rows`` of U, float32 [B, D]; ``lists`` to read, int32 [B, P], -1: none; ``owned`` int64 [B], the number of
            items that each owns.
        """
        rows = tf.gather(self._user_factors, users)
        owned = tf.gather(self._known_indptr, users + 1) - tf.gather(self._known_indptr, users)
        return {"rows": rows, "lists": self._lists(rows, category), "owned": owned}

    def rank_candidates(
        self, candidates: tf.Tensor, users: tf.Tensor, k: tf.Tensor, category: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Works as `rank`, among candidates int64 [B, n] instead of the lists' items; B and k above 0.

        A row of the candidates is ascending, so that equal scores are in this order; -1: none.
        """
        count, places = tf.shape(self._item_factors, tf.int64)[0], tf.minimum(k, tf.shape(candidates)[1])
        items = tf.maximum(candidates, 0)
        pairs = known_pairs(users, self._known_indptr, self._known_items)
        owned = tf.sort(tf.cast(pairs[:, 0], tf.int64) * count + tf.cast(pairs[:, 1], tf.int64))
        asked = tf.range(tf.size(users, tf.int64))[:, None] * count + items
        # One number more, which no pair has, so that a place behind the last can be read.
        at = tf.reshape(tf.searchsorted(owned, tf.reshape(asked, [-1])), tf.shape(asked))
        is_owned = tf.gather(tf.concat([owned, [-1]], 0), at) == asked
        right = (category == ALL) | (tf.gather(self._item_categories, items) == category)
        scores = tf.linalg.matvec(tf.gather(self._item_factors, items), tf.gather(self._user_factors, users))
        scores = tf.where((candidates >= 0) & right & tf.logical_not(is_owned), scores, -np.inf)
        best, order = tf.math.top_k(scores, places)
        found = tf.where(best > -np.inf, tf.cast(tf.gather(items, order, batch_dims=1), tf.int32), -1)
        fill = [[0, 0], [0, k - places]]
        best = tf.where(found >= 0, best, np.nan)
        ranked = tf.pad(found, fill, constant_values=-1), tf.pad(best, fill, constant_values=np.nan)
        return self._completed(users, *ranked, k, category)

    def _lists(self, rows: tf.Tensor, category: tf.Tensor) -> tf.Tensor:
        column = tf.maximum(category + 1, 0)
        worth = tf.matmul(rows, self._centroids, transpose_b=True)
        worth += SPREAD * tf.norm(rows, axis=1, keepdims=True) * self._spreads
        worth = tf.where(self._holds[:, column], worth, -np.inf)
        best, lists = tf.math.top_k(worth, self._probes[column])
        return tf.where(best > -np.inf, lists, -1)

    def _items_of(self, lists: tf.Tensor) -> tf.Tensor:
        lists = tf.boolean_mask(lists, lists >= 0)
        ranges = tf.ragged.range(tf.gather(self._offsets, lists), tf.gather(self._offsets, lists + 1))
        return tf.gather(self._items, ranges.flat_values)

    def _each(
        self, users: tf.Tensor, candidates: Callable[[tf.Tensor], tf.Tensor], k: tf.Tensor, category: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        def rank_one(place: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            user = users[place]
            owned = self._known_items[self._known_indptr[user] : self._known_indptr[user + 1]]
            row, items = tf.gather(self._user_factors, user), candidates(place)
            return rank_among(row, items, self._item_factors, owned, self._item_categories, category, k)

        kinds = tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.float32)
        places = tf.range(tf.size(users))
        ranked = tf.map_fn(rank_one, places, fn_output_signature=kinds, parallel_iterations=1)
        return self._completed(users, *ranked, k, category)

    def _completed(
        self, users: tf.Tensor, items: tf.Tensor, scores: tf.Tensor, k: tf.Tensor, category: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Scores all items for the users with a place left."""
        short = tf.where(items[:, -1] < 0)

        def completed() -> tuple[tf.Tensor, tf.Tensor]:
            all_items, all_scores = self._exact(tf.gather_nd(users, short), k, category)
            return (
                tf.tensor_scatter_nd_update(items, short, all_items),
                tf.tensor_scatter_nd_update(scores, short, all_scores),
            )

        return tf.cond(tf.size(short) > 0, completed, lambda: (items, scores))


def rank_among(
    row: tf.Tensor,
    candidates: tf.Tensor,
    item_factors: tf.Tensor,
    owned: tf.Tensor,
    item_categories: tf.Tensor,
    category: tf.Tensor,
    k: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Ranks some items for one user by their exact scores.

    Args:
        row: float32 [D], the user's row of U.
        candidates: int32 [n], distinct items.
        item_factors: V, float32 [I, D].
        owned: int32 [m], the user's own items, which are left out.
        item_categories: int32 [I].
        category: int32; items of other categories are left out; `ALL`: none is.
        k: int32.

    Returns:
        (items int32 [k], scores float32 [k]), best first; -1 and NaN in places for which no item is left.
    """
    is_right = (category == ALL) | (tf.gather(item_categories, candidates) == category)
    items = tf.boolean_mask(candidates, is_right)
    scores = tf.linalg.matvec(tf.gather(item_factors, items), row)
    # As many more as the user owns: the k best of the others are among them.
    best, places = tf.math.top_k(scores, tf.minimum(tf.size(items), k + tf.size(owned)))
    items = tf.gather(items, places)
    is_new = tf.logical_not(tf.reduce_any(items[:, None] == owned, axis=1))
    items, best = tf.boolean_mask(items, is_new)[:k], tf.boolean_mask(best, is_new)[:k]
    ascending = tf.argsort(items)  # so that items with equal scores are in the order of the data set
    items = tf.gather(items, ascending)
    best, places = tf.math.top_k(tf.gather(best, ascending), tf.size(items))
    items = tf.gather(items, places)
    missing = k - tf.size(items)
    return tf.pad(items, [[0, missing]], constant_values=-1), tf.pad(best, [[0, missing]], constant_values=np.nan)
