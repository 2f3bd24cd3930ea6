"""What users and items have beside photos: ``b_i + g_u . g_i`` of the whole predictor (the authors' talk)."""

import numpy as np
import tensorflow as tf

from tf_dvbpr.compat import as_variable, make_variable

_SCALE = 0.01


class OwnTerms(tf.Module):
    """Rows ``[g_u, 1]`` and ``[g_i, b_i]``, whose product is what an item's photo does not say.

    Args:
        num_users: U.
        num_items: I.
        latent_dim: L, length of g; 0: none.
        item_bias: whether there are b_i.
        seed: of g, N(0, 0.01^2); biases start at 0.
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
        # Plain variables: what a Keras 3 variable holds is not tracked.
        self._plain = {name: as_variable(one) for name, one in {**self._latent, **self._bias}.items()}

    def weights(self) -> dict[str, tf.Variable]:
        """``latent_user`` [U, L], ``latent_item`` [I, L] and ``item_bias`` [I], those there are."""
        return dict(self._plain)

    def parts(self) -> dict[str, dict[str, object]]:
        """The same as Keras keeps them, by what has an optimiser of its own: ``latent`` and ``bias``."""
        return {part: some for part, some in (("latent", self._latent), ("bias", self._bias)) if some}

    def user_rows(self, users: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """(rows ``[g_u, 1]``, the weights gathered for them), users int64 [B]."""
        gathered = {"latent": tf.gather(self._plain["latent_user"], users)} if self._latent else {}
        one = [tf.ones([users.shape[0], 1])] if self._bias else []
        return tf.concat([*gathered.values(), *one], 1), gathered

    def item_rows(self, items: tf.Tensor) -> tuple[tf.Tensor, dict[str, tf.Tensor]]:
        """(rows ``[g_i, b_i]``, the weights gathered for them), items int64 [B]."""
        gathered = {"latent": tf.gather(self._plain["latent_item"], items)} if self._latent else {}
        if self._bias:
            gathered["bias"] = tf.gather(self._plain["item_bias"], items)[:, None]
        return tf.concat(list(gathered.values()), 1), gathered

    def widened(
        self, users: np.ndarray, items: np.ndarray, weight: float
    ) -> tuple[np.ndarray, np.ndarray, tuple[int, int], float]:
        """The whole predictor, ``x_ui = a (b_i + g_u . g_i) + t_u . Phi(X_i)``, as two matrices.

        Args:
            users: t_u, float32 [U, K].
            items: Phi, float32 [I, K].
            weight: a.

        Returns:
            (``[g_u, t_u, 1]``, ``[a g_i, Phi, a b_i]``, the columns [first, last) of t_u and Phi, a times the mean b:
            the bias of an item of which nothing but its photo is known).
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
