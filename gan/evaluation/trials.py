"""Draws the trials of Table IV, random users and categories, and computes the answers of the four sources."""

import dataclasses

import numpy as np
import tensorflow as tf

from gan.design.model_pair import Studio
from gan.latents import draw_latents
from gan.search.config import AscentConfig
from gan.search.maximise import Maximiser
from gan.search.queries import design
from gan.trained import discriminate, generate
from tf_dvbpr import stateless
from tfrecords.errors import InputError, option
from tfrecords.files.cached_arrays import Arrays
from tfrecords.photos.decode import decode_photo, normalise

REAL, RANDOM, RETRIEVED, DESIGNED = (
    "random real X_c",
    "random G(z, c)",
    "retrieval delta(u, c)",
    "synthesis delta^(u, c)",
)
SOURCES = (REAL, RANDOM, RETRIEVED, DESIGNED)
_BATCH = 64  # photos that are converted to float at a time


@dataclasses.dataclass(frozen=True)
class Trials:
    """The queries: users int [N] and categories int [N]."""

    users: np.ndarray
    categories: np.ndarray

    def of(self, rows: slice | np.ndarray) -> "Trials":
        """Returns some of the trials."""
        return Trials(self.users[rows], self.categories[rows])


def draw_trials(studio: Studio, count: int, k: int, seed: int) -> Trials:
    """Draws users uniformly, with replacement, each with the category of the user's test item.

    Of several test items of a user, one is drawn uniformly. With a larger number the first trials stay the same. Raises
    InputError if no user is suitable.
    """
    indptr, items = studio.dataset.held_out("test")
    owners = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    categories = studio.categories[items]
    numbers = np.array([studio.gan.category_names.index(name) for name in studio.gan.present])
    sizes = np.bincount(studio.categories[studio.categories >= 0], minlength=len(studio.gan.category_names))
    fit = np.isin(categories, numbers) & (sizes[np.maximum(categories, 0)] >= k)
    owners, categories = owners[fit], categories[fit]
    if not len(owners):
        raise InputError(f"{studio.dataset.path}: no user has a test item of a category with {k} photos or more")
    users, firsts, choices = np.unique(owners, return_index=True, return_counts=True)
    drawn = np.random.default_rng(seed).integers(0, len(users), count)
    which = (np.random.default_rng([seed, 2]).random(count) * choices[drawn]).astype(np.int64)
    return Trials(users[drawn], categories[firsts[drawn] + which])


def catalogue_answers(studio: Studio, trials: Trials, k: int, seed: int, owned: bool) -> dict[str, Arrays]:
    """Returns the photos of two sources: k random ones of the category, and the k best by retrieval (eq. 8).

    Returns:
        For each of `REAL` and `RETRIEVED`: ``items`` int [N, k] and ``preference`` float32 [N, k].
    """
    draw = np.random.default_rng([seed, 1])
    members = {number: np.flatnonzero(studio.categories == number) for number in np.unique(trials.categories)}
    real = np.stack([draw.choice(members[number], k, replace=False) for number in trials.categories])
    retrieved = np.empty([len(trials.users), k], np.int64)
    for number in members:
        rows = np.flatnonzero(trials.categories == number)
        retrieved[rows] = studio.retrieve(trials.users[rows], number, k, owned)[0]
    if (retrieved < 0).any():
        raise InputError(
            f"a user owns so much of a category that fewer than {option('k')} items are left: "
            f"{option('retrieve_owned')}"
        )
    scored = studio.user_factors[trials.users][:, None]
    return {
        name: {"items": items, "preference": np.sum(scored * studio.item_factors[items], 2)}
        for name, items in ((REAL, real), (RETRIEVED, retrieved))
    }


def generated_answers(
    studio: Studio, maximiser: Maximiser, ascent: AscentConfig, trials: Trials, numbers: np.ndarray, k: int
) -> Arrays:
    """Returns the generator's answers to some trials: images of k random latents, and k designs, for each.

    Args:
        studio: the two runs.
        maximiser: the search for ``ascent``.
        ascent: the search's settings.
        trials: some trials.
        numbers: int [N], the trials' numbers; random draws depend on the seed and these numbers only.
        k: images per trial.

    Returns:
        ``random`` and ``designed`` latents float32 [N, k, Z], ``random_figures`` and ``designed_figures`` float32
        [N, k, 2]: preference and realness; ``dropped`` int [N].
    """
    gan = studio.gan.config
    random = tf.stack(
        [
            draw_latents(
                stateless.seed_of(ascent.seed, stateless.LATENTS, int(number)),
                k,
                gan.latent_dim,
                gan.latent_distribution,
            )
            for number in numbers
        ]
    )
    labels, taste = studio.labels(trials.categories), studio.taste(trials.users[:, None])
    rows = tf.repeat(tf.range(len(numbers)), k)
    drawn = tf.reshape(random, [-1, gan.latent_dim])
    images = generate(studio.gan.generator, drawn, tf.gather(labels, rows))
    preference = taste.rows(rows).score(studio.networks.style_vectors(images))
    realness = discriminate(studio.gan.discriminator, images, tf.gather(labels, rows))
    answers = design(maximiser, ascent, taste, labels, k, numbers, progress=False)
    if any(len(answer.chosen) < k for answer in answers):
        raise InputError("too few starts of a design had finite figures: the networks have diverged")
    return {
        "random": random.numpy(),
        "random_figures": tf.reshape(tf.stack([preference, realness], 1), [len(numbers), k, 2]).numpy(),
        "designed": np.stack([answer.designs.latents[answer.chosen] for answer in answers]),
        "designed_figures": np.stack([answer.designs.best[answer.chosen][:, 1:] for answer in answers]),
        "dropped": np.array([answer.dropped for answer in answers]),
    }


def photos_of(studio: Studio, items: np.ndarray) -> np.ndarray:
    """Returns the photos of items at the generator's size: int [n] to uint8 [n, S, S, 3]."""
    numbers, places = np.unique(items, return_inverse=True)
    dataset, size = studio.dataset, studio.networks.image_size
    photos = tf.data.Dataset.from_tensor_slices(dataset.encoded_photos(numbers)).map(
        lambda encoded: decode_photo(encoded, size, dataset.resize_filter, dataset.fit), tf.data.AUTOTUNE
    )
    images = np.empty([len(items), size, size, 3], np.uint8)
    for row, photo in enumerate(photos.as_numpy_iterator()):
        images[places == row] = photo
    return images


def realness_of(studio: Studio, photos: np.ndarray, categories: np.ndarray) -> np.ndarray:
    """Returns D(x, c) of photos uint8 [n, S, S, 3], float32 [n]."""
    network, labels = studio.gan.discriminator, studio.labels(categories)
    parts = [slice(first, first + _BATCH) for first in range(0, len(photos), _BATCH)]
    return np.concatenate([discriminate(network, normalise(photos[part]), labels[part]) for part in parts])
