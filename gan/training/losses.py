"""The least-squares losses of the GAN (the paper's equation 7), on raw scores."""

import tensorflow as tf


def discriminator_loss(real_scores: tf.Tensor, fake_scores: tf.Tensor) -> tf.Tensor:
    """``mean (D(x, c) - 1)^2 + mean D(G(z, c), c)^2``.

    Args:
        real_scores: float32 [B], D of photos; no sigmoid.
        fake_scores: float32 [B], D of generated images.

    Returns:
        float32 scalar, 0 where D tells them apart without error. The authors' code has half of it, which Adam does
        not notice.
    """
    return tf.reduce_mean(tf.square(real_scores - 1.0)) + tf.reduce_mean(tf.square(fake_scores))


def generator_loss(fake_scores: tf.Tensor) -> tf.Tensor:
    """``mean (D(G(z, c), c) - 1)^2``: float32 [B] to a scalar, 0 where D takes all of them for photos."""
    return tf.reduce_mean(tf.square(fake_scores - 1.0))
