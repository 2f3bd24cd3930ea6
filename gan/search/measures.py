"""The objectives of a search as graph functions of its variable z'; the tools' search and the served one share them.

Labels c are float32 [B, C], one-hot, one per row of z', or [1, C] for all rows; likewise a taste.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.search.ascent import Measure
from gan.search.drift import drift, held_near
from gan.search.latent_form import to_latent
from gan.search.networks import Networks
from gan.search.taste import Taste


def objective(
    networks: Networks, latents: tf.Tensor, labels: tf.Tensor, taste: Taste, eta: float | tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns ``taste(Phi(up(G(z, c)))) - eta (D(G(z, c), c) - 1)^2`` (eq. 9).

    Args:
        networks: G, D, Phi.
        latents: z float32 [B, Z].
        labels: c float32 [B, C], one-hot.
        taste: the taste of B queries.
        eta: weight of the realness term.

    Returns:
        (objective float32 [B], preference and realness float32 [B, 2]).
    """
    images = networks.generate(latents, labels)
    preference = taste.score(networks.style_vectors(images))
    realness = networks.discriminate(images, labels)
    return preference - eta * tf.square(realness - 1.0), tf.stack([preference, realness], 1)


def preference(networks: Networks, form: str, labels: tf.Tensor, taste: Taste, eta: float | tf.Tensor) -> Measure:
    """Returns `objective` as a function of z' (eqs. 9 and 10), with preference and realness as the record."""

    def measure(variable: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        of_rows = taste
        if taste.factors.shape[0] == 1:
            of_rows = taste.rows(tf.zeros([tf.shape(variable)[0]], tf.int32))
        return objective(networks, to_latent(variable, form), _labels_of_rows(labels, variable), of_rows, eta)

    return measure


def nearness(networks: Networks, form: str, labels: tf.Tensor, photos: tf.Tensor) -> Measure:
    """Returns ``-mean |G(z, c) - x|`` as a function of z' (eq. 12); the record is empty.

    Args:
        networks: only `Networks.generate` is used.
        form: the latent's form.
        labels: as described in the module.
        photos: x float32 [B or 1, S, S, 3] in [-1, 1].
    """

    def measure(variable: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        images = networks.generate(to_latent(variable, form), _labels_of_rows(labels, variable))
        return -drift(images, photos), tf.zeros([tf.shape(variable)[0], 0])

    return measure


def bounded(
    networks: Networks, form: str, labels: tf.Tensor, anchor: tf.Tensor, before: tf.Tensor, most: tf.Tensor
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the projection of z' that keeps each image within `most` of the image `before`; see `drift.held_near`."""
    return held_near(
        lambda variable: networks.generate(to_latent(variable, form), _labels_of_rows(labels, variable)),
        anchor,
        before,
        most,
    )


def best_starts(latents: tf.Tensor, figures: tf.Tensor, count: int | tf.Tensor) -> tf.Tensor:
    """Returns the `count` latents of [M, Z] with the highest figures [M], best first: [count, Z].

    Among equal figures the earlier comes first. Figures that are not finite are taken only if there are too few others.
    """
    figures = tf.where(tf.math.is_finite(figures), figures, -np.inf)
    return tf.gather(latents, tf.math.top_k(figures, count).indices)


def _labels_of_rows(labels: tf.Tensor, variable: tf.Tensor) -> tf.Tensor:
    return tf.repeat(labels, tf.shape(variable)[0], 0) if labels.shape[0] == 1 else labels
