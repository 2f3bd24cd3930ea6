"""The three networks of a design, as functions."""

import dataclasses
from collections.abc import Callable

import tensorflow as tf


@dataclasses.dataclass(frozen=True)
class Networks:
    """Any generator, discriminator and recommender with style vectors, differentiable and in inference mode.

    Attributes:
        generate: latents float32 [B, Z] and one-hot categories float32 [B, C] to images float32 [B, S, S, 3] in
            [-1, 1].
        discriminate: images and categories to scores float32 [B], 1 for images that look like photos.
        embed: images float32 [B, T, T, 3] in [-1, 1] to style vectors float32 [B, K].
        latent_dim: Z.
        num_categories: C.
        image_size: S.
        photo_size: T.
    """

    generate: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    discriminate: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    embed: Callable[[tf.Tensor], tf.Tensor]
    latent_dim: int
    num_categories: int
    image_size: int
    photo_size: int

    def style_vectors(self, images: tf.Tensor) -> tf.Tensor:
        """Returns ``Phi(up(x))``: images float32 [B, S, S, 3] in [-1, 1] to float32 [B, K]."""
        return self.embed(to_photo_size(images, self.photo_size))


def to_photo_size(images: tf.Tensor, size: int) -> tf.Tensor:
    """Applies the paper's ``up``: float [B, S, S, 3] to [B, T, T, 3] by nearest neighbour; averages when shrinking."""
    if images.shape[1] == size:
        return images
    if images.shape[1] < size:
        return tf.image.resize(images, [size, size], method="nearest")
    return tf.image.resize(images, [size, size], method="bilinear", antialias=True)
