"""The taste that a design is made for: one user's score, or a combination of several users' scores."""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from gan.search.config import GROUPS


class Taste(NamedTuple):
    """How much N queries like a style vector f; query n has G members with factors t_1, ..., t_G.

    ``mean``: ``sum_g w_g t_g . f``, the members' weighted mean score; for one member, that user's score (eq. 3).
    ``minimum``: ``min_g (t_g . f - mean_g) / deviation_g``, the score of the member who likes it least. Each member's
    scores are first scaled to mean 0 and deviation 1 over the catalogue, because users' scores have different scales.

    Attributes:
        factors: float32 [N, G, K].
        weights: float32 [N, G], each row with sum 1; ``minimum`` does not use them.
        means: float32 [N, G], mean of each member's scores over the catalogue.
        deviations: float32 [N, G], standard deviation of the same.
        group: one of `GROUPS`.
    """

    factors: tf.Tensor
    weights: tf.Tensor
    means: tf.Tensor
    deviations: tf.Tensor
    group: str = "mean"

    @classmethod
    def of(
        cls,
        user_factors: np.ndarray,
        item_factors: np.ndarray,
        members: np.ndarray,
        weights: np.ndarray | None = None,
        group: str = "mean",
    ) -> "Taste":
        """Returns the taste of members, int [N, G] rows of a recommender's factors, with weights [N, G], default equal.

        Raises ValueError for weights that are negative or all zero in a row, and for an unknown `group`.
        """
        members = np.asarray(members)
        weights = np.ones(members.shape) if weights is None else np.asarray(weights, np.float64)
        if group not in GROUPS:
            raise ValueError(f"group: one of {', '.join(GROUPS)} expected, got {group}")
        if weights.shape != members.shape or not (weights >= 0).all() or not (weights.sum(1) > 0).all():
            raise ValueError("weights: a number of at least 0 for each member expected, one above 0 in each group")
        users = np.asarray(user_factors, np.float64)[members]
        items = np.asarray(item_factors, np.float64)
        # The scores' mean and variance follow from the items' mean and covariance; no scores are computed.
        covariance = np.cov(items, rowvar=False, bias=True).reshape(items.shape[1], items.shape[1])
        variances = np.einsum("ngk,kl,ngl->ng", users, covariance, users)
        deviations = np.sqrt(np.maximum(variances, 0))
        parts = (users, weights / weights.sum(1, keepdims=True), users @ items.mean(0))
        # A member who likes all items alike has no influence on the choice.
        return cls(
            *(tf.constant(part, tf.float32) for part in (*parts, np.where(deviations > 0, deviations, 1))), group
        )

    def rows(self, indices: tf.Tensor) -> "Taste":
        """Returns the taste of the queries int [B], one per row."""
        picked = (tf.gather(part, indices) for part in (self.factors, self.weights, self.means, self.deviations))
        return Taste(*picked, self.group)

    def members(self, styles: tf.Tensor) -> tf.Tensor:
        """Returns each member's own score ``t_g . f``: style vectors float32 [N, K] to [N, G]."""
        return tf.einsum("ngk,nk->ng", self.factors, styles)

    def score(self, styles: tf.Tensor) -> tf.Tensor:
        """Returns the score to maximise: style vectors float32 [N, K] to [N]."""
        own = self.members(styles)
        if self.group == "mean":
            return tf.reduce_sum(self.weights * own, 1)
        return tf.reduce_min((own - self.means) / self.deviations, 1)

    def of_items(self, styles: np.ndarray) -> np.ndarray:
        """Returns the first query's scores of many style vectors: [I, K] to float32 [I]."""
        own = np.asarray(styles) @ self.factors.numpy()[0].T
        if self.group == "mean":
            return own @ self.weights.numpy()[0]
        return ((own - self.means.numpy()[0]) / self.deviations.numpy()[0]).min(1)
