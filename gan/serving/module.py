"""The served GAN: takes category names and latents or a seed, returns images, in TensorFlow operations only."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.latents import draw_latents
from gan.trained import TrainedGan, network_weights
from tf_dvbpr.serving.config import MAX_PIXELS
from tf_dvbpr.serving.photos import decode_readable
from tf_dvbpr.untracked import Untracked
from tfrecords.photos.decode import denormalise, normalise


class GanModule(tf.Module):
    """The signatures of the GAN. An invalid row is marked; the output has one row per input.

    Args:
        trained: the networks.
        fit: and
        resize_filter: how the training's data set resizes a photo (`tfrecords.photos.decode.decode_photo`).
        max_pixels: photos with more pixels are not decoded.
    """

    def __init__(self, trained: TrainedGan, fit: str, resize_filter: str, max_pixels: int = MAX_PIXELS) -> None:
        super().__init__(name="gan")
        # Plain variables instead of the networks'.
        self._network_variables = list(network_weights(trained.generator, trained.discriminator).values())
        self._networks = Untracked(trained)
        self._size, self._fit, self._filter = trained.config.image_size, fit, resize_filter
        self._max_pixels = max_pixels
        self._numbers = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(
                tf.constant(trained.present, tf.string),
                tf.constant([trained.category_names.index(name) for name in trained.present], tf.int32),
            ),
            default_value=-1,
        )

    def signatures(self) -> dict[str, Callable]:
        """Returns the functions to save, by name; ``serving_default`` is ``generate``."""
        dim = self._networks.value.config.latent_dim

        def named(function: Callable, **inputs: tf.TensorSpec) -> Callable:
            specs = [tf.TensorSpec(spec.shape, spec.dtype, name) for name, spec in inputs.items()]
            return tf.function(function, input_signature=specs).get_concrete_function()

        strings = tf.TensorSpec([None], tf.string)
        generate = named(
            self.generate,
            categories=strings,
            latents=tf.TensorSpec([None, dim], tf.float32),
            seed=tf.TensorSpec([], tf.int32),
        )
        discriminate = named(self.discriminate, image_bytes=strings, categories=strings)
        return {"serving_default": generate, "generate": generate, "discriminate": discriminate}

    def generate(self, categories: tf.Tensor, latents: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        """Draws one image for each given category.

        Args:
            categories: string [B], names.
            latents: float32 [B, Z]; without rows: drawn from `seed`, where row b depends only on (seed, b).
            seed: int32 scalar.

        Returns:
            ``images`` uint8 [B, S, S, 3], black for an unknown category; ``png_bytes`` string [B], the images as files;
            ``latents`` float32 [B, Z] as used; ``category_known`` bool [B].
        """
        settings = self._networks.value.config
        numbers = self._numbers.lookup(categories)
        count = tf.size(numbers)

        def draw() -> tf.Tensor:
            def draw_row(row: tf.Tensor) -> tf.Tensor:
                return draw_latents(tf.stack([seed, row]), 1, settings.latent_dim, settings.latent_distribution)[0]

            rows = tf.map_fn(draw_row, tf.range(count), fn_output_signature=tf.float32)
            return tf.reshape(rows, [count, settings.latent_dim])

        given = tf.shape(latents)[0] > 0
        rows = tf.where(given, tf.shape(latents)[0], count)
        due = tf.debugging.assert_equal(rows, count, "latents: expected a row for each category, or none")
        with tf.control_dependencies([due]):
            latents = tf.cond(given, lambda: latents, draw)
        known = numbers >= 0
        images = self._networks.value.generator(latents, self._labels(numbers), training=False)
        pixels = tf.where(known[:, None, None, None], denormalise(images), tf.zeros([], tf.uint8))
        png = tf.map_fn(tf.io.encode_png, pixels, fn_output_signature=tf.string)
        return {"images": pixels, "png_bytes": png, "latents": latents, "category_known": known}

    def discriminate(self, image_bytes: tf.Tensor, categories: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the discriminator's raw scores; it is trained to give 1 to photos and 0 to generated images.

        Args:
            image_bytes: string [B], JPEG or PNG files.
            categories: string [B], names.

        Returns:
            ``scores`` float32 [B], NaN for an unreadable image or unknown category; ``image_readable`` and
            ``category_known`` bool [B].
        """
        trained, settings = self._networks.value, self._networks.value.config
        places, photos = decode_readable(image_bytes, settings.image_size, self._filter, self._fit, self._max_pixels)
        count = tf.size(image_bytes)
        due = tf.debugging.assert_equal(tf.size(categories), count, "categories: expected one for each image")
        with tf.control_dependencies([due]):
            numbers = self._numbers.lookup(categories)
        # If no image can be read, the blank photo has no position.
        labels = self._labels(tf.gather(tf.concat([numbers, [-1]], 0), places[:, 0])[: tf.size(places)])
        blank = tf.zeros([tf.shape(photos)[0] - tf.shape(labels)[0], labels.shape[1]])
        found = trained.discriminator(normalise(photos), tf.concat([labels, blank], 0), training=False)
        scores = tf.tensor_scatter_nd_update(tf.fill([count], np.float32(np.nan)), places, found[: tf.size(places)])
        readable = tf.scatter_nd(places, tf.ones_like(places[:, 0]), [count]) > 0
        return {
            "scores": tf.where(numbers >= 0, scores, np.nan),
            "image_readable": readable,
            "category_known": numbers >= 0,
        }

    def _labels(self, numbers: tf.Tensor) -> tf.Tensor:
        return tf.one_hot(numbers, len(self._networks.value.category_names))
