"""Connects the GAN to the training loop: batches of photos with categories, one step of each network, sample grids."""

import functools
from collections.abc import Iterable

import keras
import numpy as np
import tensorflow as tf

from gan.config import GanConfig
from gan.eyes import open_eyes
from gan.latents import draw_latents
from gan.metrics.training_metrics import Measures
from gan.photo_sampler import PhotoDraw
from gan.trained import build_networks, generator_of, network_weights
from gan.training.augmentation import augment
from gan.training.losses import LOSSES
from gan.training.sample_grids import SampleGrids
from tf_dvbpr import stateless
from tf_dvbpr.compat import adam_state, as_variable
from tf_dvbpr.training import moving_average
from tf_dvbpr.training.workdir_training import WorkdirTraining
from tf_dvbpr.workdir import Workdir
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photos.decode import normalise


class GanTraining(WorkdirTraining):
    """Generator and discriminator in the form that the training loop needs.

    Args:
        config: the training's settings.
        photos: the photos at the config's image size.
        categories: int [I], each photo's category; -1: the photo is not used.
        category_names: C names.
        workdir: the folder for the best weights and the sample grids.
        measures: computes the metrics; None: no metrics, and the last weights are saved.
    """

    metric_names = (
        "discriminator",
        "generator",
        "score_real",
        "score_fake",
        "gradient_norm_discriminator",
        "gradient_norm_generator",
    )
    rate_name = "images/s"

    def __init__(
        self,
        config: GanConfig,
        photos: PhotoStore,
        categories: np.ndarray,
        category_names: tuple[str, ...],
        workdir: Workdir,
        measures: Measures | None = None,
    ) -> None:
        self.photos_per_step = config.batch_size
        super().__init__(workdir)
        self._config, self._photos, self._measures = config, photos, measures
        self._num_categories = len(category_names)
        self._discriminator_loss, self._generator_loss = LOSSES[config.adversarial_loss]
        self._draw = PhotoDraw(categories, self._num_categories)
        eyes = open_eyes(config, workdir.path)
        self.generator, self.discriminator = build_networks(config, self._num_categories, eyes)
        # The generator that is shown, measured and saved.
        self.shown = generator_of(config, self._num_categories) if config.average else self.generator
        self._generator_adam = self._build_adam(config.learning_rate, self.generator.trainable_variables)
        self._discriminator_adam = self._build_adam(
            config.discriminator_learning_rate or config.learning_rate, self.discriminator.trainable_variables
        )
        self._grids = SampleGrids(config, category_names, self._draw, workdir.path)

    def weights(self) -> dict[str, tf.Variable]:
        """Returns both networks' weights by name; the generator's are its averages, if the training keeps averages."""
        return network_weights(self.shown, self.discriminator)

    def state(self) -> dict[str, tf.Variable]:
        """Returns a checkpoint's variables: both networks' weights, the generator's averages, and Adam's moments."""
        state = self.weights()
        if self.shown is not self.generator:
            state |= {f"trained_generator/{name}": value for name, value in self.generator.named_variables().items()}
        for name, adam, network in (
            ("generator", self._generator_adam, self.generator),
            ("discriminator", self._discriminator_adam, self.discriminator),
        ):
            own = {id(value): key for key, value in network.named_trainables().items()}
            names = [own[id(as_variable(variable))] for variable in network.trainable_variables]
            state |= {f"{name}_adam/{key}": value for key, value in adam_state(adam, names).items()}
        return state

    def batches(self, context: tf.distribute.InputContext, first: int, last: int) -> tf.data.Dataset:
        """Yields batches of photos, as `Trainable.batches` defines them."""
        steps = tf.data.Dataset.range(first, last)
        return steps.map(self._batch, num_parallel_calls=2, deterministic=True).prefetch(2)

    def _batch(self, step: tf.Tensor) -> dict[str, tf.Tensor]:
        """Draws photos and their categories from (seed, step)."""
        seed = self._seed(stateless.PHOTOS, step)
        items, categories = self._draw.draw(self._config.batch_size, seed, self._config.balanced)
        batch = {"step": step, "items": items, "categories": categories}
        # Photos on the device are gathered there.
        return batch if self._photos.kind == "device" else {**batch, "photos": self._photos.gather(items)}

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Makes one Adam step of the discriminator, then one of the generator, with the same generated images."""
        step = batch["step"]
        reals, labels = self._reals(batch), tf.one_hot(batch["categories"], self._num_categories)
        latents = draw_latents(
            self._seed(stateless.LATENTS, step),
            self._config.batch_size,
            self._config.latent_dim,
            self._config.latent_distribution,
        )
        with tf.GradientTape() as tape:
            fakes = self.generator(latents, labels, training=True)
        figures = self.discriminator_step(reals, tf.stop_gradient(fakes), labels, step)
        figures |= self.generator_step(tape, fakes, labels, step)
        return figures

    def discriminator_step(
        self, reals: tf.Tensor, fakes: tf.Tensor, labels: tf.Tensor, step: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Updates only the discriminator.

        Args:
            reals: photos, float32 [B, S, S, 3] in [-1, 1].
            fakes: generated images, float32 [B, S, S, 3] in [-1, 1].
            labels: float32 [B, C], one-hot.
            step: the step's number, for the augmentation.

        Returns:
            The loss and the metrics of the step, by name.
        """
        network = self.discriminator
        network.move_singular_vectors()
        variables = [as_variable(variable) for variable in network.trainable_variables]
        with tf.GradientTape() as tape:
            real_scores = network.scores(self._augment(reals, step, 0), labels, training=True)
            fake_scores = network.scores(self._augment(fakes, step, 1), labels, training=True)
            loss = _sum(self._discriminator_loss(*pair) for pair in zip(real_scores, fake_scores, strict=True))
        gradients = tape.gradient(loss, variables)
        self._discriminator_adam.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return {
            "discriminator": loss,
            "score_real": _mean(real_scores),
            "score_fake": _mean(fake_scores),
            "gradient_norm_discriminator": _norm(gradients),
        }

    def generator_step(
        self, tape: tf.GradientTape, fakes: tf.Tensor, labels: tf.Tensor, step: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Updates only the generator and its average.

        Args:
            tape: has recorded how the generator made `fakes`.
            fakes: generated images, float32 [B, S, S, 3] in [-1, 1].
            labels: float32 [B, C], one-hot.
            step: the step's number, for the augmentation.

        Returns:
            The loss and the metrics of the step, by name.
        """
        with tf.GradientTape(watch_accessed_variables=False) as through:
            through.watch(fakes)
            scores = self.discriminator.scores(self._augment(fakes, step, 2), labels, training=True, move=False)
            loss = _sum(self._generator_loss(one) for one in scores)
        pull = through.gradient(loss, fakes)
        trained = self.generator.trainable_variables
        gradients = tape.gradient(fakes, [as_variable(variable) for variable in trained], output_gradients=pull)
        self._generator_adam.apply_gradients(zip(gradients, trained, strict=True))
        if self.shown is not self.generator:
            moving_average.move(self._pairs, self._config.average, step)
        return {"generator": loss, "gradient_norm_generator": _norm(gradients)}

    def validate(self, step: int) -> dict[str, float]:
        """Writes the sample grid of a step and returns the generator's metrics.

        Without metrics, the score is the step, so that the last weights are saved as the best.
        """
        self._grids.write_samples(self.shown, step)
        if self._measures is None:
            return {"score": float(step)}
        return self._measures.figures(self.shown)

    def show(self, step: int) -> None:
        """Writes the settings to TensorBoard, photos of every category to reals.png, and the first grid."""
        super().show(step)
        self._grids.write_reals(self._photos, step)
        self._grids.write_samples(self.shown, step)

    def _reals(self, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        photos = batch["photos"] if "photos" in batch else self._photos.gather(batch["items"])
        images = normalise(photos)
        if self._config.flip:
            seed = self._seed(stateless.MIRRORING, batch["step"])
            mirrored = tf.random.stateless_uniform([self._config.batch_size, 1, 1, 1], seed, alg="philox") < 0.5
            images = tf.where(mirrored, tf.reverse(images, [2]), images)
        return images

    def _augment(self, images: tf.Tensor, step: tf.Tensor, use: int) -> tf.Tensor:
        kinds = self._config.augmentations
        return augment(images, kinds, self._seed(stateless.AUGMENTATION, step, use)) if kinds else images

    def _seed(self, stream: int, *counters: tf.Tensor | int) -> tf.Tensor:
        return stateless.seed_of(self._config.seed, stream, *counters)

    def _build_adam(self, rate: float, variables: list) -> keras.optimizers.Optimizer:
        config = self._config
        adam = keras.optimizers.Adam(rate, config.beta1, config.beta2, config.adam_epsilon)
        adam.build(variables)
        return adam

    @functools.cached_property
    def _pairs(self) -> list[tuple[tf.Variable, tf.Variable]]:
        averages = self.shown.named_variables()
        return [(averages[name], value) for name, value in self.generator.named_variables().items()]


def _sum(losses: Iterable[tf.Tensor]) -> tf.Tensor:
    """Sums the losses of the heads; a discriminator without heads has one."""
    return functools.reduce(tf.add, losses)


def _mean(scores: list[tf.Tensor]) -> tf.Tensor:
    """Returns the mean over heads of each one's mean."""
    return _sum(tf.reduce_mean(one) for one in scores) / float(len(scores)) if scores[1:] else tf.reduce_mean(scores[0])


def _norm(gradients: list[tf.Tensor]) -> tf.Tensor:
    # Stacked, because the order in which scalars are added may vary from run to run.
    squares = tf.stack([tf.reduce_sum(tf.square(tf.convert_to_tensor(gradient))) for gradient in gradients])
    return tf.sqrt(tf.reduce_sum(squares))
