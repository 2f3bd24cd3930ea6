"""Defines the own terms of users and items, ``b_i + g_u . g_i`` of the whole predictor (the authors' talk)."""

import numpy as np
import tensorflow as tf

from tf_dvbpr.compat import as_variable, make_variable

_SCALE = 0.01


class OwnTerms(tf.Module):
    """The terms ``b_i + g_u . g_i``, independent of photos, as the product of rows ``[g_u, 1]`` and ``[g_i, b_i]``.

    Args:
        num_users: U.
        num_items: I.
        latent_dim: L, the length of g; 0: no g.
        item_bias: whether items have a bias b_i.
        seed: seed of the initial g, N(0, 0.01^2); biases start at 0.
    """

    def __init__(self, num_users: int, num_items: int, latent_dim: int, item_bias: bool, seed: int) -> None:
        super().__init__(name="own_terms")
        self._latent: dict[str, object] = {}
        self._bias: dict[str, object] = {}
        if latent_dim:
            for number, (name, rows) in enumerate((("latent_user", num_users), ("latent_item", num_items))):
                draw = np.random.default_rng([seed, number]).standard_normal((rows, latent_dim), np.float32)
                self._latent[name] = make_variable(_SCALE * draw, name)
        if item_bias:
            self._bias["item_bias"] = make_variable(np.zeros(num_items, np.float32), "item_bias")
        # tf.Module tracks plain variables, but not those inside Keras 3 variables.
        self._plain = {name: as_variable(one) for name, one in {**self._latent, **self._bias}.items()}

    def weights(self) -> dict[str, tf.Variable]:
        """Returns the variables that exist of ``latent_user`` [U, L], ``latent_item`` [I, L] and ``item_bias`` [I]."""
        return dict(self._plain)

    def parts(self) -> dict[str, dict[str, object]]:
        """Returns the variables as Keras variables, grouped by optimiser: ``latent`` and ``bias``."""
        return {part: some for part, some in (("latent", self._latent), ("bias", self._bias)) if some}

    def user_rows(self, users: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns (rows ``[g_u, 1]`` of users int64 [B], the gathered weights by group)."""
        gathered = {"latent": tf.gather(self._plain["latent_user"], users)} if self._latent else {}
        one = [tf.ones([users.shape[0], 1])] if self._bias else []
        return tf.concat([*gathered.values(), *one], 1), gathered

    def item_rows(self, items: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """Returns (rows ``[g_i, b_i]`` of items int64 [B], the gathered weights by group)."""
        gathered = {"latent": tf.gather(self._plain["latent_item"], items)} if self._latent else {}
        if self._bias:
            gathered["bias"] = tf.gather(self._plain["item_bias"], items)[:, None]
        return tf.concat(list(gathered.values()), 1), gathered

    def widened(
        self, users: np.ndarray, items: np.ndarray, weight: float
    ) -> tuple[np.ndarray, np.ndarray, tuple[int, int], float]:
        """Returns the whole predictor, ``x_ui = a (b_i + g_u . g_i) + t_u . Phi(X_i)``, as two matrices.

        Args:
            users: t_u, float32 [U, K].
            items: Phi, float32 [I, K].
            weight: a, the weight of the own terms.

        Returns:
            (``[g_u, t_u, 1]``, ``[a g_i, Phi, a b_i]``, columns [first, last) of t_u and Phi, a times the mean of b).
            The last value is the bias of a new item, of which only a photo is known.
        """
        before, behind = [], []
        if self._latent:
            before = [tuple(self._plain[name].numpy() for name in self._latent)]
        bias = 0.0
        if self._bias:
            values = weight * self._plain["item_bias"].numpy()
            behind, bias = [(np.ones([len(users), 1], np.float32), values[:, None])], float(values.mean())
        blocks = [(user, weight * item) for user, item in before] + [(users, items)] + behind
        whole = tuple(np.concatenate(block, 1, dtype=np.float32) for block in zip(*blocks, strict=True))
        first = before[0][0].shape[1] if before else 0
        return *whole, (first, first + users.shape[1]), bias
