"""Computes the losses of the GAN from raw scores: the paper's least squares (its equation 7), and the hinge."""

import tensorflow as tf

from gan.config import HINGE, LEAST_SQUARES


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


def discriminator_hinge(real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
    """Computes ``mean max(0, 1 - D(x, c)) + mean max(0, 1 + D(G(z, c), c))`` (Lim and Ye 2017).

    Args:
        real_scores: D of photos, float32 [B].
        fake_scores: D of generated images, float32 [B].

    Returns:
        A float32 scalar; 0 if D is 1 or more for all photos and -1 or less for all images, 2 if it is 0 for all.
    """
    return tf.reduce_mean(tf.nn.relu(1.0 - real_scores)) + tf.reduce_mean(tf.nn.relu(1.0 + fake_scores))


def generator_hinge(fake_scores: tf.Tensor) -> tf.Tensor:
    """Computes ``-mean D(G(z, c), c)`` from D float32 [B] of images; it has no bounds."""
    return -tf.reduce_mean(fake_scores)


# The discriminator's and the generator's, by `GanConfig.adversarial_loss`.
LOSSES = {
    LEAST_SQUARES: (discriminator_loss, generator_loss),
    HINGE: (discriminator_hinge, generator_hinge),
}
