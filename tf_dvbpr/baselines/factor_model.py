"""Defines the base class of trained baselines: their weights, and their rows of U and V for a batch."""

import abc

import numpy as np
import tensorflow as tf

from tf_dvbpr.compat import as_variable, make_variable

_BLOCK = 8192
_SCALE = 0.01


class FactorModel(tf.Module, abc.ABC):
    """A recommender ``x(u, i) = U[u] . V[i]`` whose rows are functions of trained weights.

    Args:
        num_users: U.
        num_items: I.
        seed: seed of the initial weights.
    """

    def __init__(self, num_users: int, num_items: int, seed: int) -> None:
        super().__init__()
        self.num_users, self.num_items = num_users, num_items
        self._seed = seed
        self._trained: dict[str, object] = {}

    @abc.abstractmethod
    def user_rows(self, users: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Computes the rows of some users.

        Args:
            users: int64 [B].

        Returns:
            (rows of U, float32 [B, D]; the gathered weights by group, on which there is a penalty).
        """

    @abc.abstractmethod
    def item_rows(self, items: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Computes the rows of some items.

        Args:
            items: int64 [B].

        Returns:
            (rows of V, float32 [B, D]; the gathered weights by group, on which there is a penalty).
        """

    def projection(self) -> list[tf.Tensor]:
        """Returns the weights that all items share, on which there is a separate penalty; none by default."""
        return []

    def extra_loss(self, user_rows: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor) -> tf.Tensor | None:
        """Computes what the model adds to the ranking loss; None, the default: nothing.

        Args:
            user_rows: float32 [B, D].
            positive: scores of the positives, float32 [B].
            negative: scores of the negatives, float32 [B].

        Returns:
            A float32 scalar, or None.
        """
        return None

    def weights(self) -> dict[str, tf.Variable]:
        """Returns all weights by name, as plain variables."""
        return {name: as_variable(variable) for name, variable in self._trained.items()}

    def trainables(self) -> list:
        """Returns the variables of `weights`, in the same order, in the form that Keras' optimisers need."""
        return list(self._trained.values())

    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """Computes (U, V), float32 [num_users, D] and float32 [num_items, D]."""

        def rows(of: object, count: int) -> np.ndarray:
            blocks = (tf.range(start, min(start + _BLOCK, count), dtype=tf.int64) for start in range(0, count, _BLOCK))
            return np.concatenate([of(block)[0].numpy() for block in blocks])

        return rows(self.user_rows, self.num_users), rows(self.item_rows, self.num_items)

    def _normal(self, name: str, *shape: int) -> tf.Variable:
        """Adds a weight and draws it from N(0, 0.01^2)."""
        rng = np.random.default_rng([self._seed, len(self._trained)])
        return self._add(name, _SCALE * rng.standard_normal(shape, np.float32))

    def _zeros(self, name: str, *shape: int) -> tf.Variable:
        """Adds a weight that is zero at first."""
        return self._add(name, np.zeros(shape, np.float32))

    def _add(self, name: str, value: np.ndarray) -> tf.Variable:
        self._trained[name] = make_variable(value, name)
        return as_variable(self._trained[name])
