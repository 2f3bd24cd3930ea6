"""`gan.train`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tf_dvbpr.api.keywords import settings
from tfrecords.errors import InputError

if TYPE_CHECKING:
    from gan.api.generator import Generator
    from tfrecords.dataset import Dataset


def train(
    dataset: str | os.PathLike[str] | Dataset,
    workdir: str | os.PathLike[str],
    preset: str = "fast",
    *,
    progress: bool = True,
    **given: object,
) -> Generator:
    """Trains the GAN on a data set's photos, as tools.train_gan does, or resumes its training.

    >>> tiny = {"image_size": 32, "generator_width": 8, "discriminator_width": 8, "measure_samples": 0}
    >>> generator = gan.train("out/my_shop", "out/tiny_gan", max_photos=64, progress=False, **tiny)
    >>> generator.categories
    ('shoes', 'tops')

    Args:
        dataset: the dataset folder, or the result of `tf_dvbpr.build_dataset`.
        workdir: the folder of the run: a new folder, or that of a run to resume with the same settings.
        preset: ``fast``, ``paper`` or ``release``.
        progress: show progress bars.
        **given: settings that replace the preset's: fields of `gan.config.GanConfig`.

    Returns:
        The trained GAN, with its best weights.

    Raises:
        InputError: an unknown preset or setting, a data set or workdir that does not fit, or a loss that is NaN or
            infinite.
    """
    from gan.api.generator import Generator
    from gan.config import PRESETS, GanConfig
    from gan.training import train as library

    if preset not in PRESETS:
        raise InputError(f"preset={preset}: expected one of {', '.join(PRESETS)}")
    folder = str(getattr(dataset, "path", dataset))
    library.train(library.resolve(folder, os.fspath(workdir), preset, settings(GanConfig, given)), progress)
    return Generator.open(workdir)
