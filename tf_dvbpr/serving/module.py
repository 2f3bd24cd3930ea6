"""The served recommender: takes external ids and photos, returns ids and scores, in TensorFlow operations only."""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_dvbpr.approximate.search_index import SearchIndex
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.serving.config import MAX_PIXELS
from tf_dvbpr.serving.explanations import explanations
from tf_dvbpr.serving.lists import ALL, UNKNOWN, ListSearch
from tf_dvbpr.serving.photos import decode_readable
from tf_dvbpr.serving.rank import known_pairs, rank
from tf_dvbpr.untracked import Untracked

_BLOCK_USERS = 64


class ServingModule(tf.Module):
    """The signatures of the recommender, with their variables, constants and lookup tables.

    An invalid row does not fail the batch: for an unknown key or an unreadable photo it is marked, with NaN as scores.

    Args:
        factors: the recommender.
        known_indptr: int [U + 1]; user u knows ``known_items[known_indptr[u]:known_indptr[u + 1]]``.
        known_items: int [nnz], left out of their user's recommendations.
        item_categories: int [I], index into `category_names`, -1: none.
        category_names: C names.
        embedder: photos to style vectors (`tf_dvbpr.dvbpr.embedder.Embedder`); None: no signature takes photos.
        max_pixels: photos with more pixels are not decoded.
        index: `recommend` searches it; None: it scores all items.
    """

    def __init__(
        self,
        factors: Factors,
        known_indptr: np.ndarray,
        known_items: np.ndarray,
        item_categories: np.ndarray,
        category_names: tuple[str, ...],
        embedder: tf.Module | None,
        max_pixels: int = MAX_PIXELS,
        index: SearchIndex | None = None,
    ) -> None:
        super().__init__(name="recommender")

        def kept(values: np.ndarray, dtype: tf.DType) -> tf.Variable:
            # Variables, because constants would be stored in the graph file, which is limited to two gigabytes.
            return tf.Variable(np.asarray(values), trainable=False, dtype=dtype)

        self._user_factors = kept(factors.user_factors, tf.float32)
        self._item_factors = kept(factors.item_factors, tf.float32)
        # Where the style vector is in a row, and what a photo has in the place of an item's own terms.
        first, last = factors.visual or (0, factors.item_factors.shape[1])
        self._visual, self._style_dim = slice(first, last), last - first
        blank = factors.photo_rows(np.zeros([1, last - first], np.float32))[0]
        self._before, self._behind = blank[:first], blank[last:]
        self._known_indptr = kept(known_indptr, tf.int64)
        self._known_items = kept(known_items, tf.int32)
        self._item_categories = kept(item_categories, tf.int32)
        self._category_names = tf.constant(list(category_names), tf.string, shape=[len(category_names)])
        self._item_keys = tf.constant(factors.item_keys.astype(object))
        self._users, self._items = _row_table(factors.user_keys), _row_table(factors.item_keys)
        # Plain variables instead of the network's.
        self._network_variables = [] if embedder is None else list(embedder.variables)
        self._embed, self._max_pixels = Untracked(embedder), max_pixels
        self._search = None
        if index is not None:
            own = self._user_factors, self._item_factors, self._known_indptr, self._known_items, self._item_categories
            self._search = ListSearch(index, *own, self._exact)
            self._add_parts(index)

    def signatures(self) -> dict[str, Callable]:
        """Returns the functions to save, by name; ``serving_default`` is ``recommend``."""
        strings = tf.TensorSpec([None], tf.string)

        def named(function: Callable, **inputs: tf.TensorSpec) -> Callable:
            specs = [tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in inputs.items()]
            return tf.function(function, input_signature=specs).get_concrete_function()

        recommend = named(
            self.recommend, user_keys=strings, k=tf.TensorSpec([], tf.int32), category=tf.TensorSpec([], tf.string)
        )
        functions = {
            "serving_default": recommend,
            "recommend": recommend,
            "score": named(self.score, user_keys=strings, item_keys=strings),
        }
        if self._search is not None:
            whole, text = tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.string)
            functions["recommend_exact"] = named(self.recommend_exact, user_keys=strings, k=whole, category=text)
        if self._embed.value is not None:
            functions["embed_image"] = named(self.embed_image, image_bytes=strings)
            functions["score_image"] = named(self.score_image, user_keys=strings, image_bytes=strings)
            functions["explain"] = named(self.explain, user_keys=strings, image_bytes=strings)
        return functions

    def recommend(self, user_keys: tf.Tensor, k: tf.Tensor, category: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the k best items of each user that the user does not own.

        Args:
            user_keys: string [B].
            k: int32 scalar, clipped to 0..I.
            category: string scalar, a category's name; '' for all items. An unknown category has no items.

        Returns:
            ``item_keys`` string [B, k] and ``scores`` float32 [B, k], best first; '' and NaN if fewer items are left,
            and for an unknown user; ``user_known`` bool [B].
        """
        return self._answer(user_keys, k, category, self._exact if self._search is None else self._search.rank)

    def recommend_exact(self, user_keys: tf.Tensor, k: tf.Tensor, category: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns what `recommend` would return without an index; it scores every item."""
        return self._answer(user_keys, k, category, self._exact)

    def _answer(self, user_keys: tf.Tensor, k: tf.Tensor, category: tf.Tensor, rank: Callable) -> dict[str, tf.Tensor]:
        users = self._users.lookup(user_keys)
        known = users >= 0
        most = tf.clip_by_value(k, 0, tf.size(self._item_keys))
        items, scores = rank(tf.maximum(users, 0), most, self._category_number(category))
        left = known[:, None] & (items >= 0)
        return {
            "item_keys": tf.where(left, tf.gather(self._item_keys, tf.maximum(items, 0)), ""),
            "scores": tf.where(left, scores, np.nan),
            "user_known": known,
        }

    def _category_number(self, category: tf.Tensor) -> tf.Tensor:
        numbers = tf.where(self._category_names == category, tf.range(tf.size(self._category_names)), UNKNOWN)
        return tf.where(category == "", ALL, tf.reduce_max(tf.concat([[UNKNOWN], numbers], 0)))

    def _exact(self, users: tf.Tensor, k: tf.Tensor, category: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return self._rank(users, k, (category == ALL) | (self._item_categories == category))

    def _add_parts(self, index: SearchIndex) -> None:
        """Adds the two parts of a search to which a server with `Codes` adds its own, and which index belongs to it."""
        strings, text = tf.TensorSpec([None], tf.string), tf.TensorSpec([], tf.string)
        candidates, whole = tf.TensorSpec([None, None], tf.int64), tf.TensorSpec([], tf.int32)

        def index_near(user_keys: tf.Tensor, category: tf.Tensor) -> dict[str, tf.Tensor]:
            users = tf.maximum(self._users.lookup(user_keys), 0)
            return self._search.near(users, self._category_number(category))

        def index_answer(
            user_keys: tf.Tensor, candidates: tf.Tensor, k: tf.Tensor, category: tf.Tensor
        ) -> dict[str, tf.Tensor]:
            rank = functools.partial(self._search.rank_candidates, candidates)
            return self._answer(user_keys, k, category, rank)

        self.index_near = tf.function(index_near, input_signature=[strings, text])
        self.index_answer = tf.function(index_answer, input_signature=[strings, candidates, whole, text])
        self.index_fingerprint = tf.Variable(list(bytes.fromhex(index.fingerprint)), trainable=False, dtype=tf.uint8)

    def score(self, user_keys: tf.Tensor, item_keys: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns ``x(u, i)`` of pairs: string [B] and [B]; one may have length 1, for all of the other.

        Returns:
            ``scores`` float32 [B], NaN if a key is unknown; ``user_known`` and ``item_known`` bool [B].
        """
        users, items = paired(self._users.lookup(user_keys), self._items.lookup(item_keys))
        vectors = tf.gather(self._item_factors, tf.maximum(items, 0))
        return {
            "scores": tf.where(items >= 0, self._scores(users, vectors), np.nan),
            "user_known": users >= 0,
            "item_known": items >= 0,
        }

    def embed_image(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns style vectors of photos: string [B], the bytes of JPEG or PNG files.

        Returns:
            ``style_vectors`` float32 [B, K], NaN if a photo cannot be read; ``image_readable`` bool [B].
        """
        network = self._embed.value
        places, photos = decode_readable(
            image_bytes, network.image_size, network.resize_filter, network.fit, self._max_pixels
        )
        found = network(photos)[: tf.size(places)]
        shape = [tf.size(image_bytes), self._style_dim]
        vectors = tf.tensor_scatter_nd_update(tf.fill(shape, np.float32(np.nan)), places, found)
        readable = tf.scatter_nd(places, tf.ones_like(places[:, 0]), shape[:1]) > 0
        return {"style_vectors": vectors, "image_readable": readable}

    def score_image(self, user_keys: tf.Tensor, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns ``x(u, photo)`` of pairs: string [B] and [B] (one may have length 1, as in `score`).

        That is ``t_u . Phi(photo)``; the whole predictor adds the mean bias, so that the scores compare with `score`.

        Returns:
            ``scores`` float32 [B], NaN for an unknown user or unreadable photo; ``user_known`` and
            ``image_readable`` bool [B].
        """
        embedded = self.embed_image(image_bytes)
        users, photos = paired(self._users.lookup(user_keys), tf.range(tf.size(image_bytes)))
        return {
            "scores": self._scores(users, self._photo_rows(tf.gather(embedded["style_vectors"], photos))),
            "user_known": users >= 0,
            "image_readable": tf.gather(embedded["image_readable"], photos),
        }

    def explain(self, user_keys: tf.Tensor, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Why users like or dislike photos, in pairs: string [B] and [B] (either may have length 1).

        Returns:
            ``png_bytes`` string [B], heat maps of 256 x 256 pixels, red where a part raises the score and blue where it
            lowers it; ``scores`` and ``white_scores`` float32 [B], ``t_u . Phi`` of the photo and of a white one;
            ``contributions`` float32 [B, 8, 8], integrated gradients summed over squares, rows from the top, which add
            up to the difference of the two scores; ``user_known`` and ``image_readable`` bool [B]. "" and NaN where
            one of the two is false.
        """
        network = self._embed.value
        places, photos = decode_readable(
            image_bytes, network.image_size, network.resize_filter, network.fit, self._max_pixels
        )
        numbers = tf.range(1, tf.shape(places)[0] + 1)
        rows = tf.scatter_nd(places, numbers, tf.shape(image_bytes)) - 1
        users, rows = paired(self._users.lookup(user_keys), rows)
        known, readable = users >= 0, rows >= 0
        tastes = self._tastes(tf.maximum(users, 0))
        png, scores, white, parts = explanations(network, tastes, photos, rows, known & readable)
        return {
            "png_bytes": png,
            "scores": scores,
            "white_scores": white,
            "contributions": parts,
            "user_known": known,
            "image_readable": readable,
        }

    def _scores(self, users: tf.Tensor, vectors: tf.Tensor) -> tf.Tensor:
        rows = tf.gather(self._user_factors, tf.maximum(users, 0))
        return tf.where(users >= 0, tf.reduce_sum(rows * vectors, axis=1), np.nan)

    def _tastes(self, users: tf.Tensor) -> tf.Tensor:
        """t_u of users int [B]: float32 [B, K]."""
        return tf.gather(self._user_factors, users)[:, self._visual]

    def _photo_rows(self, styles: tf.Tensor) -> tf.Tensor:
        """As `Factors.photo_rows`."""
        count = tf.shape(styles)[0]
        before, behind = (tf.tile(side[None], [count, 1]) for side in (self._before, self._behind))
        return tf.concat([before, styles, behind], 1)

    def _rank(self, users: tf.Tensor, k: tf.Tensor, allowed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Runs `rank` in blocks of users, so that a large batch over a large catalogue fits in memory."""
        count = tf.size(users)
        block = tf.clip_by_value(count, 1, _BLOCK_USERS)
        blocks = tf.maximum(1, (count + block - 1) // block)
        padded = tf.concat([users, tf.zeros([blocks * block - count], users.dtype)], 0)

        def rank_block(ids: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            known = known_pairs(ids, self._known_indptr, self._known_items)
            return rank(tf.gather(self._user_factors, ids), self._item_factors, known, allowed, k)

        shapes = (tf.TensorSpec([None, None], tf.int32), tf.TensorSpec([None, None], tf.float32))
        items, scores = tf.map_fn(
            rank_block, tf.reshape(padded, [blocks, block]), fn_output_signature=shapes, parallel_iterations=1
        )
        return tf.reshape(items, [-1, k])[:count], tf.reshape(scores, [-1, k])[:count]


def _row_table(keys: np.ndarray) -> tf.lookup.StaticHashTable:
    rows = tf.lookup.KeyValueTensorInitializer(tf.constant(keys.astype(object)), tf.range(len(keys)))
    return tf.lookup.StaticHashTable(rows, default_value=-1)


def paired(*lists: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """Repeats inputs of length 1 so that all have length B."""
    shape = functools.reduce(tf.broadcast_dynamic_shape, map(tf.shape, lists))
    return tuple(tf.broadcast_to(one, shape) for one in lists)
