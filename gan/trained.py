"""Uses trained networks: draws images from latents and categories, and scores images with the discriminator."""

import dataclasses
import os

import numpy as np
import tensorflow as tf

from gan.config import UPSAMPLING, GanConfig
from gan.eyes import Eyes, open_eyes
from gan.latents import draw_latents
from gan.networks.discriminator import Discriminator, build_discriminator
from gan.networks.generator import Generator, build_generator
from gan.networks.projected_discriminator import ProjectedDiscriminator, build_projected_discriminator
from gan.networks.upsampling_generator import UpsamplingGenerator, build_upsampling_generator
from tf_dvbpr import stateless
from tf_dvbpr.model_names import GAN
from tf_dvbpr.recommender.keys import split_names
from tf_dvbpr.training.checkpoint import Checkpoints
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.photos.decode import denormalise
from tfrecords.progress_bar import ProgressBar

GeneratorNetwork = Generator | UpsamplingGenerator
DiscriminatorNetwork = Discriminator | ProjectedDiscriminator

_BATCH = 64


class TrainedGan:
    """The networks of a workdir, with the weights of best/.

    Attributes:
        config: the training's settings.
        generator: G, with its averaged weights if the training kept an average.
        discriminator: D.
        category_names: C names.
        present: those of them that have photos in the training.
        step: the training step of the weights.
    """

    def __init__(
        self,
        config: GanConfig,
        generator: GeneratorNetwork,
        discriminator: DiscriminatorNetwork,
        category_names: tuple[str, ...],
        present: tuple[str, ...],
        step: int,
    ) -> None:
        self.config, self.generator, self.discriminator = config, generator, discriminator
        self.category_names, self.present, self.step = category_names, present, step

    @classmethod
    def open(cls, workdir: str | os.PathLike, precision: str | None = None) -> "TrainedGan":
        """Opens a workdir of tools.train_gan. Raises InputError if it is none, or if nothing was trained yet.

        Args:
            workdir: its folder.
            precision: the networks' precision; None: as in the training.
        """
        opened = Workdir.open(workdir)
        if opened.config["model"] != GAN:
            raise InputError(
                f"{opened.path}: belongs to {opened.model_name}, not to the GAN; give one of tools.train_gan"
            )
        try:
            config = GanConfig(**opened.config["train"])
            names, present = tuple(opened.config["categories"]), tuple(opened.config["present"])
        except (TypeError, KeyError) as error:
            raise InputError(f"{opened.path}/config.json: not a run's config ({error}). Train again") from error
        config = dataclasses.replace(config, precision=precision or config.precision)
        generator, discriminator = build_networks(config, len(names), open_eyes(config, opened.path))
        kept = Checkpoints(opened.path / "best", network_weights(generator, discriminator), keep=1).restore()
        if kept is None:
            raise InputError(f"{opened.path}: nothing was trained yet; run the training to its first grid at least")
        return cls(config, generator, discriminator, names, present, kept["step"])

    def category(self, name: str) -> int:
        """Returns the number of a category. Raises InputError for a category without photos in the training."""
        if name not in self.present:
            raise InputError(f"category '{name}': not one the GAN was trained on ({', '.join(self.present)})")
        return self.category_names.index(name)

    def chosen(self, texts: tuple[str, ...]) -> list[str]:
        """Returns the categories of comma-separated texts, each once; for () all that have photos in the training."""
        names = [name for text in texts or self.present for name in split_names(text, self.present)]
        return list(dict.fromkeys(names))

    def latents(self, category: int, count: int, seed: int) -> tf.Tensor:
        """Returns the first latents of a category, float32 [count, Z]; they do not depend on other categories."""
        config = self.config
        category_seed = stateless.seed_of(seed, stateless.LATENTS, category)
        return draw_latents(category_seed, count, config.latent_dim, config.latent_distribution)

    def labels(self, categories: np.ndarray) -> tf.Tensor:
        """Returns the categories' numbers [N] one-hot, float32 [N, C]."""
        return tf.one_hot(categories, len(self.category_names))


def build_networks(
    config: GanConfig, num_categories: int, eyes: Eyes | None = None
) -> tuple[GeneratorNetwork, DiscriminatorNetwork]:
    """Builds both networks of a config, with initial weights; `eyes`: those it names."""
    return generator_of(config, num_categories), _discriminator_of(config, num_categories, eyes)


def generator_of(config: GanConfig, num_categories: int) -> GeneratorNetwork:
    """Builds the generator of a config, with initial weights."""
    sizes = config.image_size, config.latent_dim, num_categories
    options = {"width": config.generator_width, "seed": config.seed, "precision": config.precision}
    if config.generator == UPSAMPLING:
        return build_upsampling_generator(*sizes, **options)
    return build_generator(*sizes, upsampling_kernel=config.upsampling_kernel, **options)


def _discriminator_of(config: GanConfig, num_categories: int, eyes: Eyes | None) -> DiscriminatorNetwork:
    sizes = config.image_size, num_categories
    options = {"width": config.discriminator_width, "seed": config.seed, "precision": config.precision}
    if eyes is not None:
        return build_projected_discriminator(
            *sizes, eyes, eyes_size=config.eyes_size, pixel_side=config.pixel_head, **options
        )
    return build_discriminator(*sizes, norm=config.discriminator_norm, **options)


def network_weights(generator: GeneratorNetwork, discriminator: DiscriminatorNetwork) -> dict[str, tf.Variable]:
    """Returns both networks' variables by their names in best/, such as ``generator/dense/kernel``."""
    return {
        **{f"generator/{name}": value for name, value in generator.named_variables().items()},
        **{f"discriminator/{name}": value for name, value in discriminator.named_variables().items()},
    }


def generate(generator: GeneratorNetwork, latents: tf.Tensor, labels: tf.Tensor, batch_size: int = _BATCH) -> tf.Tensor:
    """Returns G(z, c) at inference, computed in batches: float32 [N, Z] and [N, C] to [N, S, S, 3] in [-1, 1]."""
    return _in_batches(generator.inference, batch_size, latents, labels)


def draw_pixels(
    generator: GeneratorNetwork, latents: tf.Tensor, labels: tf.Tensor, bar: ProgressBar | None = None
) -> np.ndarray:
    """Returns `generate` as pixels, uint8 [N, S, S, 3]; only one batch is in memory as floats.

    ``bar`` advances by one for each image.
    """
    side = generator.image_size
    images = np.empty([len(latents), side, side, 3], np.uint8)
    for start in range(0, len(latents), _BATCH):
        part = slice(start, start + _BATCH)
        images[part] = denormalise(generate(generator, latents[part], labels[part]))
        if bar is not None:
            bar.update(len(latents[part]))
    return images


def discriminate(
    discriminator: DiscriminatorNetwork, images: tf.Tensor, labels: tf.Tensor, batch_size: int = _BATCH
) -> tf.Tensor:
    """Returns D(x, c) at inference, in batches: float32 [N, S, S, 3] in [-1, 1] and [N, C] to raw scores [N]."""
    return _in_batches(discriminator.inference, batch_size, images, labels)


def _in_batches(run: tf.types.experimental.GenericFunction, size: int, *inputs: tf.Tensor) -> tf.Tensor:
    # The last batch is padded, because the last bits of a score depend on the batch's size.
    count = len(inputs[0])
    rows = [np.minimum(np.arange(start, start + size), count - 1) for start in range(0, count, size)]
    return tf.concat([run(*(tf.gather(x, some) for x in inputs)) for some in rows], 0)[:count]
