"""AMR: VBPR trained on the worst disturbance of its features as well (Tang et al., TKDE 2019).

The loss adds ``- lambda sum ln sigmoid(x'_ui - x'_uj)``, x' of the features ``f_i + d_i`` and ``f_j + d_j``, each d of
length epsilon along the gradient of BPR's loss. A score's gradient in f is ``w = E^T t_u + b'``, so the two are
``- epsilon w / |w|`` and ``+ epsilon w / |w|``, and the difference shrinks by ``2 epsilon |w|``. The gradient of |w| is
the one with d held fixed, as the paper has it.
"""

import tensorflow as tf

from tf_dvbpr.baselines.feature_table import FeatureTable
from tf_dvbpr.baselines.vbpr import VBPR
from tf_dvbpr.training.losses import bpr_loss

_LEAST = 1e-12  # Of a squared length, whose root has a gradient.


class AMR(VBPR):
    """`VBPR` with the adversarial loss; its rows are VBPR's.

    Args:
        num_users: U.
        features: of all I items, F each; the disturbance is of the scaled ones.
        dim: length of g and of t.
        seed: of the initial weights.
        weight: lambda.
        epsilon: length of the disturbance.
    """

    def __init__(
        self, num_users: int, features: FeatureTable, dim: int, seed: int, weight: float, epsilon: float
    ) -> None:
        super().__init__(num_users, features, dim, seed)
        self._weight, self._epsilon = weight, epsilon

    def extra_loss(self, user_rows: tf.Tensor, positive: tf.Tensor, negative: tf.Tensor) -> tf.Tensor:
        """The adversarial loss, a scalar."""
        taste = user_rows[:, self._dim :]  # [t_u, 1] beside [E, b'].
        # |w|^2 = [t_u, 1] (P P^T) [t_u, 1]^T with P the projection: no [B, F] is made.
        gram = tf.matmul(self._projection, self._projection, transpose_b=True)
        squared = tf.reduce_sum(tf.matmul(taste, gram) * taste, 1)
        shrunk = positive - 2 * self._epsilon * tf.sqrt(tf.maximum(squared, _LEAST))
        return self._weight * bpr_loss(shrunk, negative)
