"""Augments the discriminator's photos and images by differentiable changes (Zhao et al. 2020).

Without them the discriminator memorises a small catalogue. Gradients pass through the changes to the generator, whose
images do not show them.
"""

import tensorflow as tf

from tf_dvbpr.training.random_shift import random_shift

_SHIFT = 8  # translation: at most this fraction of the side, 1/8
_CUT = 4  # cutout: a square of 1/4 of the side
_WHITE = 1.0


def augment(images: tf.Tensor, kinds: tuple[str, ...], seed: tf.Tensor) -> tf.Tensor:
    """Changes each image by its own random numbers.

    * ``colour``: brightness by +-0.25, then saturation and contrast by a factor of 0.5 to 1.5.
    * ``translation``: a shift by up to 1/8 of the side in each direction; the gap is white, like photos' background.
    * ``cutout``: a white square with 1/4 of the image's side, anywhere.

    Args:
        images: float32 [B, S, S, 3] in [-1, 1].
        kinds: the kinds to apply; the order is always colour, translation, cutout.
        seed: int32 [2], for stateless random numbers.

    Returns:
        float32 [B, S, S, 3], differentiable in `images`.
    """
    draws = tf.unstack(tf.random.stateless_uniform([7, tf.shape(images)[0]], seed, alg="philox"))
    if "colour" in kinds:
        images = _colour(images, *(draw[:, None, None, None] for draw in draws[:3]))
    if "translation" in kinds:
        images = random_shift(images, images.shape[1] // _SHIFT, tf.stack(draws[3:5]), _WHITE)
    if "cutout" in kinds:
        images = _cutout(images, *draws[5:])
    return images


def _colour(images: tf.Tensor, brightness: tf.Tensor, saturation: tf.Tensor, contrast: tf.Tensor) -> tf.Tensor:
    images = images + (brightness - 0.5) * 0.5
    grey = tf.reduce_mean(images, 3, keepdims=True)
    images = (images - grey) * (saturation + 0.5) + grey
    mean = tf.reduce_mean(images, [1, 2, 3], keepdims=True)
    return (images - mean) * (contrast + 0.5) + mean


def _cutout(images: tf.Tensor, down: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
    side = images.shape[1]
    cut = side // _CUT

    def inside(draw: tf.Tensor) -> tf.Tensor:
        # Up to half of the square may lie outside the image.
        first = tf.cast(draw * (side + 1), tf.int32)[:, None] - cut // 2
        place = tf.range(side)
        return (place >= first) & (place < first + cut)

    hole = (inside(down)[:, :, None] & inside(right)[:, None, :])[..., None]
    return tf.where(hole, _WHITE, images)
