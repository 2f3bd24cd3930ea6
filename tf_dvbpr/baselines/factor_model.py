"""What a trained baseline brings: its weights, and its rows of the two matrices for the users and items of a batch."""

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
        seed: of the initial weights.
    """

    def __init__(self, num_users: int, num_items: int, seed: int) -> None:
        super().__init__()
        self.num_users, self.num_items = num_users, num_items
        self._seed = seed
        self._trained: dict[str, object] = {}

    @abc.abstractmethod
    def user_rows(self, users: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """(rows of U float32 [B, D], the weights gathered for them, which the regulariser weighs), users int64 [B]."""

    @abc.abstractmethod
    def item_rows(self, items: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """(rows of V float32 [B, D], the weights gathered for them), items int64 [B]."""

    def projection(self) -> list[tf.Tensor]:
        """The weights that all items share, which have a regulariser of their own; none here."""
        return []

    def extra_loss(self, user_rows: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor) -> tf.Tensor | None:
        """What a model adds to the ranking loss of the scores [B] of users with these rows [B, D]; None: nothing."""
        return None

    def weights(self) -> dict[str, tf.Variable]:
        """All weights by name, as plain variables."""
        return {name: as_variable(variable) for name, variable in self._trained.items()}

    def trainables(self) -> list:
        """The same in the same order, as Keras' optimisers take them."""
        return list(self._trained.values())

    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """(U float32 [users, D], V float32 [items, D])."""

        def rows(of: object, count: int) -> np.ndarray:
            blocks = (tf.range(start, min(start + _BLOCK, count), dtype=tf.int64) for start in range(0, count, _BLOCK))
            return np.concatenate([of(block)[0].numpy() for block in blocks])

        return rows(self.user_rows, self.num_users), rows(self.item_rows, self.num_items)

    def _normal(self, name: str, *shape: int) -> tf.Variable:
        """A new weight, N(0, 0.01^2)."""
        rng = np.random.default_rng([self._seed, len(self._trained)])
        return self._add(name, _SCALE * rng.standard_normal(shape, np.float32))

    def _zeros(self, name: str, *shape: int) -> tf.Variable:
        """A new weight, zero."""
        return self._add(name, np.zeros(shape, np.float32))

    def _add(self, name: str, value: np.ndarray) -> tf.Variable:
        self._trained[name] = make_variable(value, name)
        return as_variable(self._trained[name])
