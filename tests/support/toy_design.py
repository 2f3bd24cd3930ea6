"""Makes networks for design in closed form: an image equals its latent, a style vector is a linear map of it."""

import numpy as np
import tensorflow as tf

from gan.search.config import AscentConfig
from gan.search.networks import Networks
from gan.search.taste import Taste

DIM = 12  # Z, an image of 2 x 2 pixels
STYLE = 3  # K
CATEGORIES = 2  # C


def flat(images):
    return tf.reshape(images, [-1, DIM])


def toy(discriminate=None, generate=None, seed=0):
    """Makes networks with G(z, c) = z, Phi(x) = x W and D(x, c) = 1, unless given."""
    style = tf.constant(np.random.default_rng(seed).normal(size=[DIM, STYLE]), tf.float32)
    return Networks(
        generate=generate or (lambda latents, labels: tf.reshape(latents, [-1, 2, 2, 3])),
        discriminate=discriminate or (lambda images, labels: tf.ones([tf.shape(images)[0]]) + 0 * flat(images)[:, 0]),
        embed=lambda images: flat(images) @ style,
        latent_dim=DIM,
        num_categories=CATEGORIES,
        image_size=2,
        photo_size=2,
    ), style.numpy()


def labels_of(numbers):
    return tf.one_hot(np.asarray(numbers), CATEGORIES)


def taste_of(factors, **given):
    """Returns the taste of N queries with one member each, from factors [N, K]."""
    factors = np.asarray(factors, np.float32)
    items = np.random.default_rng(1).normal(size=[20, factors.shape[1]])
    return Taste.of(factors, items, np.arange(len(factors))[:, None], **given)


def ascent(**given):
    return AscentConfig(**{"starts": 4, "steps": 6, "latent_form": "free", "learning_rate": 0.1, **given})
