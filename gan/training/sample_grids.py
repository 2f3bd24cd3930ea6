"""Draws the pictures of a training: photos once, and images of fixed latents at each step, one row per category."""

from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from gan.config import GanConfig
from gan.latents import draw_latents
from gan.photo_sampler import PhotoDraw
from gan.trained import GeneratorNetwork, generate
from tf_dvbpr import stateless
from tf_dvbpr.pictures import grid
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photos.decode import denormalise

_COLUMNS = 8
_ROWS_MOST = 12


class SampleGrids:
    """Writes ``reals.png`` and ``samples-STEP.png`` into the workdir, and both into TensorBoard.

    Args:
        config: the training's settings; the seed determines the latents.
        category_names: C names; the first 12 that have photos get a row.
        draw: the photos by category.
        folder: the folder for the files.
    """

    def __init__(self, config: GanConfig, category_names: tuple[str, ...], draw: PhotoDraw, folder: Path) -> None:
        self._folder, self._draw = folder, draw
        self._rows = np.flatnonzero(draw.counts)[:_ROWS_MOST]
        self._names = category_names
        self._labels = tf.one_hot(np.repeat(self._rows, _COLUMNS), len(category_names))
        seed = stateless.seed_of(config.seed, stateless.LATENTS, -1)  # the number of no step
        self._latents = draw_latents(seed, len(self._rows) * _COLUMNS, config.latent_dim, config.latent_distribution)

    def write_samples(self, generator: GeneratorNetwork, step: int) -> None:
        """Draws the images of the fixed latents at a step."""
        self._write(
            "samples", f"samples-{step}.png", denormalise(generate(generator, self._latents, self._labels)), step
        )

    def write_reals(self, photos: PhotoStore, step: int) -> None:
        """Draws the first photos of each category."""
        items = np.concatenate([self._draw.first_of(row, _COLUMNS) for row in self._rows])
        self._write("reals", "reals.png", photos.gather(tf.constant(items)), step)

    def _write(self, name: str, file: str, images: tf.Tensor, step: int) -> None:
        images = images.numpy().reshape(len(self._rows), _COLUMNS, *images.shape[1:])
        rows = [
            grid.Row(self._names[row], [Image.fromarray(image) for image in line])
            for row, line in zip(self._rows, images, strict=True)
        ]
        picture = grid.draw(rows, _COLUMNS, max(64, images.shape[2]) + 2)  # 2: the frame
        grid.save(picture, self._folder / file)
        tf.summary.image(name, np.asarray(picture)[None], step)
