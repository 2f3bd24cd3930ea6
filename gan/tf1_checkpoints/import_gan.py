"""Imports the authors' checkpoint of the GAN into a workdir."""

import math

from gan.config import IMAGE_SIZES, GanConfig
from gan.tf1_checkpoints.config import ImportGanConfig
from gan.tf1_checkpoints.names import FIRST_CONV, FIRST_DENSE, WEIGHTS, weight_shapes
from gan.training.train import category_facts, make_training, resolve
from tf_dvbpr.model_names import GAN
from tf_dvbpr.tf1_checkpoints.import_recommender import adopt_in_new_workdir, opened
from tf_dvbpr.tf1_checkpoints.reader import Tf1Checkpoint
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError


def import_gan(config: ImportGanConfig, show_progress: bool = True) -> dict:
    """Writes a workdir as `train` with preset ``release`` would have left it right after a sample grid.

    The length of latents and the images' size are read from the shapes. The file has no moments, so Adam starts again.

    Returns:
        ``categories`` (names, without categories that have no photos), ``latent_dim``, ``image_size`` and ``step``.

    Raises:
        InputError: the files or their variables are not those expected, or the data set or workdir do not fit.
    """
    checkpoint, step = opened(config, "gan")
    checkpoint.check_names(WEIGHTS, "the GAN's checkpoint")
    dataset = Dataset.open(config.dataset)
    facts = category_facts(dataset)
    settings = _settings(config, checkpoint, dataset, len(facts["categories"]))
    values = {ours: checkpoint.read(theirs) for theirs, ours in WEIGHTS.items()}
    adopt_in_new_workdir(
        settings,
        dataset,
        GAN,
        facts,
        values,
        lambda workdir: make_training(settings, dataset, workdir, show_progress),
        step,
        show_progress,
    )
    return {
        "categories": facts["present"],
        "latent_dim": settings.latent_dim,
        "image_size": settings.image_size,
        "step": step,
    }


def _settings(config: ImportGanConfig, checkpoint: Tf1Checkpoint, dataset: Dataset, num_categories: int) -> GanConfig:
    """Returns preset `release` with the length of latents and the images' size from the shapes; checks all shapes."""
    shapes, prefix = checkpoint.shapes, checkpoint.prefix
    categories = shapes[FIRST_CONV][2] - 3 if len(shapes[FIRST_CONV]) == 4 else num_categories
    if categories != num_categories:
        raise InputError(
            f"{prefix}: {FIRST_CONV} is {list(shapes[FIRST_CONV])}, of {categories} categories, and {dataset.path} has "
            f"{num_categories}; give the data set that it was trained on"
        )
    rows, columns = shapes[FIRST_DENSE] if len(shapes[FIRST_DENSE]) == 2 else (0, 0)
    size, latent_dim = 16 * math.isqrt(columns // 256), rows - categories
    if size not in IMAGE_SIZES or (size // 16) ** 2 * 256 != columns or latent_dim < 1:
        raise InputError(
            f"{prefix}: {FIRST_DENSE} is {list(shapes[FIRST_DENSE])}, expected [{256 + categories}, 4096] of latents "
            f"of 256 and images of 64 pixels, or the same of images of {', '.join(map(str, IMAGE_SIZES))} pixels"
        )
    checkpoint.check_shapes(weight_shapes(categories, latent_dim, size))
    given = {"latent_dim": latent_dim, "image_size": size}
    if config.measure_samples is not None:
        given["measure_samples"] = config.measure_samples
    return resolve(config.dataset, config.workdir, "release", given)
