"""Grad-CAM: which places of the last feature maps a score hangs on (Selvaraju et al. 2017), with its sign."""

import tensorflow as tf

from tf_dvbpr.networks.backbone import Backbone
from tf_dvbpr.networks.cnnf import CNNF


def grad_cam(network: CNNF | Backbone, image: tf.Tensor, tastes: tf.Tensor) -> tf.Tensor:
    """``sum_c alpha_c F_c`` with ``alpha_c = mean_xy ds/dF_cxy`` of the last feature maps F, enlarged to the photo.

    The published form ends in a ReLU, for what speaks for a class. A score is lowered as well as raised, so the sign
    is kept. Maps are coarse, S/16 a side with CNN-F: they show where to look, and add up to nothing.

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
