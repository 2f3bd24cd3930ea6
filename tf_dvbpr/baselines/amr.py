"""Defines AMR: VBPR trained also on adversarial changes of the features (Tang et al., TKDE 2019).

The loss adds ``- lambda sum ln sigmoid(x'_ui - x'_uj)``. x' are the scores with the features ``f_i + d_i`` and
``f_j + d_j``, where each d has length epsilon and the direction in which BPR's loss grows fastest. The gradient of a
score with respect to f is ``w = E^T t_u + b'``. Therefore d_i is ``- epsilon w / |w|``, d_j is ``+ epsilon w / |w|``,
and ``x'_ui - x'_uj = x_ui - x_uj - 2 epsilon |w|``. The gradient of |w| equals the one with d held fixed, which the
paper uses.
"""

import tensorflow as tf

from tf_dvbpr.baselines.feature_table import FeatureTable
from tf_dvbpr.baselines.vbpr import VBPR
from tf_dvbpr.training.losses import bpr_loss

_LEAST = 1e-12  # smallest squared length; the root of 0 has no gradient


class AMR(VBPR):
    """`VBPR` with the adversarial loss; the rows are VBPR's.

    Args:
        num_users: U.
        features: features of all I items, F each; the changes apply to the scaled features.
        dim: K, the length of g and of t.
        seed: seed of the initial weights.
        weight: lambda, the weight of the adversarial loss.
        epsilon: length of the changes d.
    """

    def __init__(
        self, num_users: int, features: FeatureTable, dim: int, seed: int, weight: float, epsilon: float
    ) -> None:
        super().__init__(num_users, features, dim, seed)
        self._weight, self._epsilon = weight, epsilon

    def extra_loss(self, user_rows: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor) -> tf.Tensor:
        """Computes the adversarial loss, a float32 scalar."""
        taste = user_rows[:, self._dim :]  # [t_u, 1], which multiplies [E, b']
        # |w|^2 = [t_u, 1] (P P^T) [t_u, 1]^T, where P is the projection; this needs no tensor [B, F].
        gram = tf.matmul(self._projection, self._projection, transpose_b=True)
        squared = tf.reduce_sum(tf.matmul(taste, gram) * taste, 1)
        shrunk = positive - 2 * self._epsilon * tf.sqrt(tf.maximum(squared, _LEAST))
        return self._weight * bpr_loss(shrunk, negative)
