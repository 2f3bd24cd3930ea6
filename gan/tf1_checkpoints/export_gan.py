"""Exports a workdir of the GAN as a checkpoint that the authors' code loads."""

from gan.config import GanConfig
from gan.tf1_checkpoints.names import WEIGHTS, weight_shapes
from gan.training.train import resolve
from tf_dvbpr.model_names import GAN
from tf_dvbpr.tf1_checkpoints.config import ExportCheckpointConfig
from tf_dvbpr.tf1_checkpoints.export_recommender import (
    check_architecture,
    new_checkpoint,
    saved_values,
    settings_of,
)
from tf_dvbpr.tf1_checkpoints.reader import write_tf1_checkpoint
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError

# Settings that change the networks; the number of categories is that of the data set.
_ARCHITECTURE = (
    "image_size",
    "latent_dim",
    "generator",
    "generator_width",
    "upsampling_kernel",
    "discriminator_width",
    "discriminator_norm",
    "eyes",
)


def export_gan_checkpoint(config: ExportCheckpointConfig) -> dict:
    """Writes the weights and moving statistics of both networks, atomically.

    For the generator the averaged weights are written, if the training keeps an average.

    Returns:
        ``variables`` (their number) and ``step``.

    Raises:
        InputError: no workdir of the GAN, networks other than the release's, nothing trained, or `output` exists.
    """
    output = new_checkpoint(config)
    workdir = Workdir.open(config.workdir)
    if workdir.config["model"] != GAN:
        raise InputError(f"{workdir.path}: belongs to {workdir.model_name}, not to the GAN")
    settings = settings_of(workdir, GanConfig)
    check_architecture(workdir, settings, resolve("", "", "release", {}), _ARCHITECTURE)
    shapes = weight_shapes(len(workdir.config["categories"]), settings.latent_dim, settings.image_size)
    values, step = saved_values(workdir.path / ("best" if config.best else "checkpoints"), WEIGHTS, shapes)
    write_tf1_checkpoint(output, values)
    return {"variables": len(values), "step": step}
