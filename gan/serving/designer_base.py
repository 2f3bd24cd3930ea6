"""The common part of served design and served tailoring: the two runs, and rows computed one after the other."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.design.model_pair import Studio
from gan.search.ascent import Measure
from gan.search.config import AscentConfig
from gan.search.latent_form import draw_starts
from gan.search.measures import preference
from gan.search.taste import Taste
from gan.trained import network_weights
from tf_dvbpr import stateless
from tf_dvbpr.approximate.search_index import SearchIndex
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.serving.module import ServingModule
from tf_dvbpr.untracked import Untracked
from tfrecords.photos.decode import denormalise

MOST_STARTS, MOST_STEPS = 256, 1000
_LISTS = ("user_keys", "categories", "image_bytes")


class StudioModule(ServingModule):
    """The recommender's signatures, together with the generator and the discriminator.

    An invalid row does not fail the batch: for an unknown key or an unreadable photo it is marked, with NaN as figures.
    Rows are computed one after the other, so a batch needs the memory of one row.

    Args:
        studio: the two runs.
        known: indptr and items that users own, as in `ServingModule`.
        factors: the recommender.
        ascent: settings that are no inputs of a call: `latent_form` (resolved), `start_deviation`, `learning_rate`.
        max_pixels: and
        index: as in `ServingModule`.
    """

    def __init__(
        self,
        studio: Studio,
        known: tuple[np.ndarray, np.ndarray],
        factors: Factors,
        ascent: AscentConfig,
        max_pixels: int,
        index: SearchIndex | None = None,
    ) -> None:
        dataset = studio.dataset
        categories = dataset.item_categories, dataset.category_names
        super().__init__(factors, *known, *categories, studio.embedder, max_pixels, index)
        gan = studio.gan
        # Plain variables instead of the networks'.
        self._gan_variables = list(network_weights(gan.generator, gan.discriminator).values())
        self._studio, self._ascent = Untracked(studio), Untracked(ascent)
        self._category_numbers = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(gan.present, tf.string),
                tf.constant([gan.category_names.index(name) for name in gan.present], tf.int32),
            ),
            default_value=-1,
        )

    def _drawn(self, seed: tf.Tensor, stream: int, count: tf.Tensor, *counters: int) -> tf.Tensor:
        settings = self._ascent.value
        dim = self._studio.value.networks.latent_dim
        seed = stateless.seed_of(seed, stream, *counters)
        return draw_starts(seed, count, dim, settings.latent_form, settings.start_deviation)

    def _measure(self, user: tf.Tensor, number: tf.Tensor, eta: tf.Tensor) -> Measure:
        networks, form = self._studio.value.networks, self._ascent.value.latent_form
        one = tf.ones([1, 1])
        taste = Taste(self._tastes(user[None])[None], one, tf.zeros_like(one), one)
        return preference(networks, form, self._labels(number[None]), taste, eta)

    def _labels(self, numbers: tf.Tensor) -> tf.Tensor:
        return tf.one_hot(numbers, self._studio.value.networks.num_categories)

    def _png(self, latents: tf.Tensor, number: tf.Tensor, fine: tf.Tensor) -> tf.Tensor:
        labels = self._labels(tf.fill([tf.shape(latents)[0]], number))
        pixels = denormalise(self._studio.value.networks.generate(latents, labels))
        return tf.where(fine, tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string), "")


def named(function: Callable, **inputs: tf.DType) -> Callable:
    """Returns a function to save, with its inputs' types by name: keys and photos as lists, numbers as scalars."""
    specs = [tf.TensorSpec([None] if name in _LISTS else [], kind, name) for name, kind in inputs.items()]
    return tf.function(function, input_signature=specs).get_concrete_function()
