"""Computes the least-squares losses of the GAN (the paper's equation 7) from raw scores."""

import tensorflow as tf


def discriminator_loss(real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
    """Computes ``mean (D(x, c) - 1)^2 + mean D(G(z, c), c)^2``.

    The authors' code has half of it, which makes no difference to Adam.

    Args:
        real_scores: D of photos, float32 [B], without a sigmoid.
        fake_scores: D of generated images, float32 [B].

    Returns:
        A float32 scalar, 0 or more; 0 if D is 1 for all photos and 0 for all images.
    """
    return tf.reduce_mean(tf.square(real_scores - 1.0)) + tf.reduce_mean(tf.square(fake_scores))


def generator_loss(fake_scores: tf.Tensor) -> tf.Tensor:
    """Computes ``mean (D(G(z, c), c) - 1)^2`` from D float32 [B] of images; 0 if D is 1 for all of them."""
    return tf.reduce_mean(tf.square(fake_scores - 1.0))
