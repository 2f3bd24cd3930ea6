"""Draws the garments of latents, and turns pictures into text for the page."""

import base64
import io

import numpy as np
import tensorflow as tf
from PIL import Image

from gan.design.model_pair import Studio
from gan.search.networks import to_photo_size
from tfrecords.photos.decode import denormalise

_AT_ONCE = 16  # images that are drawn together, so that a long film takes little memory


class Artist:
    """The generator and Phi of two runs, compiled once for any number of images.

    Args:
        studio: the two runs.
    """

    def __init__(self, studio: Studio) -> None:
        self._generate = studio.gan.generator.inference
        self._labels = studio.labels
        networks = studio.networks
        self._style = tf.function(networks.style_vectors, reduce_retracing=True)
        self._seen = lambda images: to_photo_size(images, networks.photo_size)
        self.latent_dim = networks.latent_dim

    def draw(self, latents: np.ndarray, category: int) -> tf.Tensor:
        """Draws latents float32 [n, Z] of a category: float32 [n, S, S, 3] in [-1, 1]."""
        latents = np.asarray(latents, np.float32).reshape(-1, self.latent_dim)
        labels = self._labels(np.full(len(latents), category))
        starts = range(0, len(latents), _AT_ONCE)
        return tf.concat([self._generate(latents[n : n + _AT_ONCE], labels[n : n + _AT_ONCE]) for n in starts], 0)

    def pixels(self, latents: np.ndarray, category: int) -> np.ndarray:
        """Draws as `draw`, as pixels: uint8 [n, S, S, 3]."""
        return denormalise(self.draw(latents, category)).numpy()

    def styles(self, images: tf.Tensor) -> np.ndarray:
        """Computes the style vectors float32 [n, K] of drawn images."""
        return self._style(images).numpy()

    def as_photo(self, images: tf.Tensor) -> np.ndarray:
        """Returns drawn images as the recommender looks at them: uint8 [n, T, T, 3]."""
        return denormalise(self._seen(images)).numpy()


def png_bytes(pixels: np.ndarray | Image.Image) -> bytes:
    """Encodes pixels uint8 [H, W, 3], or a picture, as a PNG file."""
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def as_url(pixels: np.ndarray | Image.Image) -> str:
    """Returns pixels uint8 [H, W, 3], or a picture, as a ``data:`` URL of a PNG, which a page can show."""
    return f"data:image/png;base64,{base64.b64encode(png_bytes(pixels)).decode()}"
