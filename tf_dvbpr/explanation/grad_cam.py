"""Computes Grad-CAM (Selvaraju et al. 2017) of a score, with signs."""

import tensorflow as tf

from tf_dvbpr.networks.backbone import Backbone
from tf_dvbpr.networks.cnnf import CNNF


def grad_cam(network: CNNF | Backbone, image: tf.Tensor, tastes: tf.Tensor) -> tf.Tensor:
    """Computes ``sum_c alpha_c F_c`` with ``alpha_c = mean_xy ds/dF_cxy``, enlarged to the photo's size.

    F are the last feature maps. The published form ends in a ReLU, which keeps what speaks for a class; here the sign
    is kept, since a photo also lowers a score. The maps are coarse (side S/16 with CNN-F), and their sum has no
    meaning.

    Args:
        network: Phi.
        image: X float32 [S, S, 3] in [-1, 1].
        tastes: t float32 [T, K].

    Returns:
        float32 [T, S, S].
    """
    maps = network.feature_maps(image[None])

    def of_taste(taste: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(maps)
            score = tf.reduce_sum(tf.linalg.matvec(network.of_feature_maps(maps), taste))
        weights = tf.reduce_mean(tf.cast(tape.gradient(score, maps), tf.float32), [1, 2], keepdims=True)
        return tf.reduce_sum(weights * tf.cast(maps, tf.float32), -1)[0]

    coarse = tf.map_fn(of_taste, tastes, parallel_iterations=1)
    return tf.image.resize(coarse[..., None], image.shape[:2], method="bilinear")[..., 0]
