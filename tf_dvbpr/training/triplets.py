"""Draws training triplets (user, positive, negative) from (seed, step) only (paper, section BPR)."""

import dataclasses

import numpy as np
import tensorflow as tf

from tf_dvbpr import stateless
from tfrecords.errors import InputError


@dataclasses.dataclass(frozen=True)
class Batch:
    """One step's triplets; item ids are int64.

    Attributes:
        users: [B], uniform over the users, or over the purchases.
        positives: [B], uniform over the user's training items.
        negatives: [B] (`one`), [B, candidates] (`candidates`) or [N] (`shared`).
        allowed: bool [B, N], false if the user bought the shared negative; None except for `shared`.
    """

    users: tf.Tensor
    positives: tf.Tensor
    negatives: tf.Tensor
    allowed: tf.Tensor | None


class TripletSampler:
    """Draws triplets; a user's training items are never drawn as negatives for that user.

    Args:
        indptr: int64 [U + 1] and
        items: int32 [nnz]: the training items of each user, sorted, without duplicates.
        num_items: I.
        seed: seed of all draws.
        uniform_over: ``users`` (as in the paper and the authors' code; then one of the user's items) or ``purchases``
            (Rendle et al., 2009; users count as often as they bought).
    """

    def __init__(
        self, indptr: np.ndarray, items: np.ndarray, num_items: int, seed: int, uniform_over: str = "users"
    ) -> None:
        counts = np.diff(indptr)
        usable = np.flatnonzero((counts > 0) & (counts < num_items))
        if not len(usable):
            raise InputError("no user has both an item bought in training and one not bought: nothing to train on")
        drawn_from = usable if uniform_over == "users" else np.repeat(usable, counts[usable])
        rows = np.repeat(np.arange(len(counts)), counts)
        self._num_items = num_items
        self._seed = seed
        self._users = tf.constant(drawn_from, tf.int64)
        self._start = tf.constant(indptr[:-1], tf.int64)
        self._count = tf.constant(counts, tf.int64)
        self._items = tf.constant(items, tf.int64)
        # Both are sorted over the whole list, so one binary search serves all users at once.
        self._owned = tf.constant(rows * num_items + items, tf.int64)
        gaps = items - (np.arange(len(items)) - indptr[:-1][rows])
        self._gaps = tf.constant(rows * (num_items + 1) + gaps, tf.int64)

    def draw_one(self, step: tf.Tensor, batch: int) -> Batch:
        """Draws one negative for each positive, uniform over the items outside the user's training items."""
        users, positives = self._draw_positives(step, batch)
        return Batch(users, positives, self._draw_negatives(step, users), None)

    def draw_candidates(self, step: tf.Tensor, batch: int, candidates: int) -> Batch:
        """Draws several negatives for each positive, [B, candidates], with replacement; otherwise as `draw_one`."""
        users, positives = self._draw_positives(step, batch)
        drawn = self._draw_negatives(step, tf.repeat(users, candidates))
        return Batch(users, positives, tf.reshape(drawn, [batch, candidates]), None)

    def draw_shared(self, step: tf.Tensor, batch: int, negatives: int) -> Batch:
        """Draws `negatives` items uniformly over the catalogue, shared by all users; masks the users' own."""
        users, positives = self._draw_positives(step, batch)
        bound = tf.fill([negatives], tf.constant(self._num_items, tf.int64))
        shared = stateless.uniform_below(bound, stateless.seed_of(self._seed, stateless.TRIPLETS, step, 2))
        pairs = users[:, None] * self._num_items + shared[None, :]
        found = tf.searchsorted(self._owned, tf.reshape(pairs, [-1]), out_type=tf.int64)
        found = tf.gather(self._owned, tf.minimum(found, tf.size(self._owned, tf.int64) - 1))
        return Batch(users, positives, shared, tf.reshape(found, tf.shape(pairs)) != pairs)

    def free_items(self, users: tf.Tensor) -> tf.Tensor:
        """Returns how many items each user has not bought in training, int64 [B]."""
        return self._num_items - tf.gather(self._count, users)

    def _draw_negatives(self, step: tf.Tensor, users: tf.Tensor) -> tf.Tensor:
        seed = stateless.seed_of(self._seed, stateless.TRIPLETS, step, 2)
        rank = stateless.uniform_below(self.free_items(users), seed)
        # The rank-th item that is not the user's: skip the user's items with at most `rank` free items before them.
        skipped = tf.searchsorted(self._gaps, users * (self._num_items + 1) + rank, side="right", out_type=tf.int64)
        return rank + skipped - tf.gather(self._start, users)

    def _draw_positives(self, step: tf.Tensor, batch: int) -> tuple[tf.Tensor, tf.Tensor]:
        def draw(bound: tf.Tensor, number: int) -> tf.Tensor:
            return stateless.uniform_below(bound, stateless.seed_of(self._seed, stateless.TRIPLETS, step, number))

        users = tf.gather(self._users, draw(tf.fill([batch], tf.size(self._users, tf.int64)), 0))
        place = draw(tf.gather(self._count, users), 1)
        return users, tf.gather(self._items, tf.gather(self._start, users) + place)
