"""`gan.Generator`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tfrecords.errors import InputError

if TYPE_CHECKING:
    import numpy as np

    from gan.trained import DiscriminatorNetwork, GeneratorNetwork, TrainedGan


class Generator:
    """A trained GAN: draws images of a category, and scores images with its discriminator.

    >>> generator = gan.Generator.open("out/gan")
    >>> images = generator.sample("tops", n=4, seed=1)
    >>> images.shape, images.dtype
    ((4, 32, 32, 3), dtype('uint8'))
    >>> generator.discriminate(images, "tops").shape
    (4,)

    Attributes:
        path: the workdir's folder.
        categories: names of the categories that it draws.
        image_size: S, the side of its images.
        latent_dim: Z, the length of a latent.
        step: the training step of the weights.
        network: G, a Keras model: latents float32 [B, Z] and one-hot labels [B, C] to images [B, S, S, 3] in [-1, 1].
        discriminator: D, a Keras model: images and labels to raw scores [B].
    """

    def __init__(self, trained: TrainedGan, path: Path) -> None:
        self._trained = trained
        self.path = path
        self.categories: tuple[str, ...] = trained.present
        self.image_size: int = trained.config.image_size
        self.latent_dim: int = trained.config.latent_dim
        self.step: int = trained.step
        self.network: GeneratorNetwork = trained.generator
        self.discriminator: DiscriminatorNetwork = trained.discriminator

    @classmethod
    def open(cls, workdir: str | os.PathLike[str]) -> Generator:
        """Opens the workdir of a training of the GAN. Raises InputError if there is none, or it is untrained."""
        from gan.trained import TrainedGan

        return cls(TrainedGan.open(workdir), Path(workdir))

    def __repr__(self) -> str:
        drawn = ", ".join(self.categories)
        return f"Generator({drawn}; {self.image_size} pixels, step {self.step}, {str(self.path)!r})"

    def sample(self, category: str, n: int = 64, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Returns images of a category, the same as those of tools.sample_gan with this seed and truncation.

        >>> generator = gan.Generator.open("out/gan")
        >>> bool((generator.sample("shoes", 4)[:2] == generator.sample("shoes", 2)).all())
        True

        Args:
            category: one of `categories`.
            n: number of images, 1 or more.
            seed: seed of the latents, 0 or more.
            truncation: factor on the latents, above 0 and at most 10; below 1, images are more typical and less varied.

        Returns:
            uint8 [n, S, S, 3].

        Raises:
            InputError: an unknown category, or a number out of range.
        """
        import numpy as np

        from gan.latents import truncate
        from gan.sampling.config import SampleConfig
        from gan.trained import draw_pixels

        if n < 1:
            raise InputError(f"n={n}: at least 1 expected")
        SampleConfig(str(self.path), "", seed=seed, truncation=truncation)  # Checks both.
        number = self._trained.category(category)
        latents = truncate(self._trained.latents(number, n, seed), truncation)
        return draw_pixels(self.network, latents, self._trained.labels(np.full(n, number)))

    def discriminate(self, images: np.ndarray, category: str) -> np.ndarray:
        """Returns the discriminator's raw scores; it is trained to give 1 to photos and 0 to generated images.

        Args:
            images: uint8 [N, S, S, 3], or one image [S, S, 3].
            category: one of `categories`.

        Returns:
            float32 [N].

        Raises:
            InputError: an unknown category, or images of another shape or type.
        """
        import numpy as np

        from gan.trained import discriminate
        from tfrecords.photos.decode import normalise

        number, images, side = self._trained.category(category), np.asarray(images), self.image_size
        images = images[None] if images.ndim == 3 else images
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1:] != (side, side, 3):
            raise InputError(f"images: {images.dtype} {list(images.shape)}; expected uint8 [N, {side}, {side}, 3]")
        if not len(images):
            return np.zeros(0, np.float32)
        labels = self._trained.labels(np.full(len(images), number))
        scores: np.ndarray = discriminate(self.discriminator, normalise(images), labels).numpy()
        return scores
