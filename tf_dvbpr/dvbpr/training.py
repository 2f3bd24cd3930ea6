"""Connects DVBPR to the training loop: batches of triplets with photos, and one step of the optimisers."""

import dataclasses

import numpy as np
import tensorflow as tf

from tf_dvbpr import stateless
from tf_dvbpr.compat import adam_state
from tf_dvbpr.dvbpr.activations import Activations
from tf_dvbpr.dvbpr.config import OWN_WEIGHTS, TrainConfig
from tf_dvbpr.dvbpr.model import DVBPR
from tf_dvbpr.dvbpr.optimizers import network_optimizer, table_optimizer
from tf_dvbpr.dvbpr.own_terms import OwnTerms
from tf_dvbpr.networks.imagenet_networks import CNNF
from tf_dvbpr.networks.initialisation import fit_to_photos
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.training import moving_average
from tf_dvbpr.training.recommender import RecommenderTraining
from tf_dvbpr.training.triplets import Batch, TripletSampler
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photos.decode import normalise

_INIT_PHOTOS = 256
# Parts of the model that are tables with one row per user or item.
_OWN = ("latent", "bias")
_TABLES = ("user", *_OWN)


class DvbprTraining(RecommenderTraining):
    """DVBPR in the form that the training loop needs. Create it inside the strategy's scope.

    Args:
        config: the training's settings.
        dataset: the data set with users and items.
        photos: the photos at the config's image size, or their activations after the frozen layers.
        workdir: the folder for the best weights and factors.
        replicas: number of the strategy's replicas; batch_size and shared_negatives must be multiples of it.
        progress: whether to show a bar while the style vectors of all photos are computed.
        model: the model to train; None: the config's.

    Raises:
        InputError: batch_size or shared_negatives is no multiple of the replicas.
    """

    metric_names = ("bpr", "weight_penalty", "user_penalty")

    def __init__(
        self,
        config: TrainConfig,
        dataset: Dataset,
        photos: PhotoStore | Activations,
        workdir: Workdir,
        replicas: int = 1,
        progress: bool = False,
        model: DVBPR | None = None,
    ) -> None:
        for name in ("batch_size", "shared_negatives"):
            if getattr(config, name) % replicas:
                raise InputError(
                    f"{option(name, getattr(config, name))}: must be a multiple of the {replicas} replicas"
                )
        super().__init__(dataset, workdir)
        self.photos_per_step = config.photos_per_step
        self._config, self._photos = config, photos
        self._replicas, self._progress = replicas, progress
        self._sampler = TripletSampler(dataset.train_indptr, dataset.train_items, dataset.num_items, config.seed)
        sizes = dataset.num_users, dataset.num_items
        self.model = model or DVBPR.from_config(config, *sizes, pretrained=True)
        if config.init == "photos" and not workdir.has_checkpoint():
            self._fit_to_photos(dataset.num_items)
        # The model that is validated and saved.
        self._averaged = DVBPR.from_config(config, *sizes) if config.average else self.model
        shown, weights, parts = self._averaged.weights(), self.model.weights(), self.model.parts()
        self._pairs = []
        if config.average:
            for name, average in shown.items():
                average.assign(weights[name])
            self._pairs = [(shown[name], weights[name]) for part in parts.values() for name in part]
        if config.optimizer == "adamw":
            self.metric_names = ("bpr", "user_penalty")  # AdamW decays the weights, so there is no penalty.
        if config.has_own_terms:
            self.metric_names = (*self.metric_names, "own_bpr", "own_penalty")
        steps = config.total_steps(len(dataset.train_items))
        self._optimizers = {}
        for part, variables in parts.items():
            peak = {"network": config.network_learning_rate, **dict.fromkeys(_OWN, config.own_learning_rate)}.get(
                part, 0.0
            )
            make = table_optimizer if part in _TABLES else network_optimizer
            self._optimizers[part] = make(config, steps, list(variables.values()), peak)

    def _fit_to_photos(self, num_items: int) -> None:
        sample = np.random.default_rng(self._config.seed).permutation(num_items)[:_INIT_PHOTOS]
        photos, network = self._photos.gather(tf.constant(sample, tf.int64)), self.model.network
        if self._config.backbone == CNNF:
            fit_to_photos(network, normalise(photos))
        else:
            kept = self._photos.kind == Activations.kind
            # Photos take a while if the layers below are not frozen.
            network.fit_last_layer(photos if kept else network.below(normalise(photos)), self._progress and not kept)

    def weights(self) -> dict[str, tf.Variable]:
        """Returns the model's variables by name, or their moving averages if the training keeps averages."""
        return self._averaged.weights()

    def state(self) -> dict[str, tf.Variable]:
        """Returns all variables of a checkpoint: the weights, their averages, and the moments of each part's Adam."""
        average = {f"average/{name}": value for name, value in self.weights().items()} if self._pairs else {}
        moments = {
            f"{part}_adam/{name}": variable
            for part, variables in self.model.parts().items()
            for name, variable in adam_state(self._optimizers[part], list(variables)).items()
        }
        return {**self.model.weights(), **average, **moments}

    def batches(self, context: tf.distribute.InputContext, first: int, last: int) -> tf.data.Dataset:
        """Yields batches as `Trainable.batches` defines them; without photos if these are on the device."""
        local = context.num_replicas_in_sync // context.num_input_pipelines

        def batch(number: tf.Tensor) -> dict[str, tf.Tensor]:
            return self._batch(number // local, context.input_pipeline_id * local + number % local)

        numbers = tf.data.Dataset.range(first * local, last * local)
        return numbers.map(batch, num_parallel_calls=2, deterministic=True).prefetch(2)

    def _batch(self, step: tf.Tensor, replica: tf.Tensor) -> dict[str, tf.Tensor]:
        config = self._config
        if config.negatives == "one":
            drawn = self._sampler.draw_one(step, config.batch_size)
            negatives = config.batch_size // self._replicas
        else:
            drawn = self._sampler.draw_shared(step, config.batch_size, config.shared_negatives)
            negatives = config.shared_negatives // self._replicas
        return self._share(drawn, step, replica, config.batch_size // self._replicas, negatives)

    def _share(
        self, drawn: Batch, step: tf.Tensor, replica: tf.Tensor, positives: int, negatives: int
    ) -> dict[str, tf.Tensor]:
        """Returns one replica's share of the drawn batch, with static shapes."""

        def part(rows: tf.Tensor, count: int) -> tf.Tensor:
            begin = tf.cast(replica, tf.int32) * count
            return tf.ensure_shape(rows[begin : begin + count], [count, *rows.shape[1:]])

        items = tf.concat([part(drawn.positives, positives), part(drawn.negatives, negatives)], 0)
        batch = {"step": step, "users": part(drawn.users, positives)}
        if self.model.own is not None:
            batch["item_ids"] = items
        if drawn.allowed is not None:
            width = self._config.shared_negatives
            batch["allowed"] = part(tf.ensure_shape(drawn.allowed, [self._config.batch_size, width]), positives)
        if self._photos.kind == "device":
            return {**batch, "items": items}
        if self._photos.kind == Activations.kind:
            coins = None
            if self._config.flip:
                seed = stateless.seed_of(self._config.seed, stateless.AUGMENTATION, step, replica)
                coins = stateless.coins(items.shape[0], seed)
            return {**batch, "activations": self._photos.gather(items, coins)}
        side = self._photos.image_size
        return {**batch, "photos": tf.ensure_shape(self._photos.gather(items), [items.shape[0], side, side, 3])}

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Makes one step on the summed objective and returns its parts."""
        config = self._config
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        if "items" in batch:
            batch = {**batch, "photos": self._photos.gather(batch["items"])}
        with tf.GradientTape() as tape:
            losses = self.model.losses(
                config,
                batch,
                stateless.seed_of(config.seed, stateless.DROPOUT, batch["step"], replica),
                stateless.seed_of(config.seed, stateless.AUGMENTATION, batch["step"], replica),
                self._replicas,
            )
            total = tf.add_n(list(losses.values()))
        parts = {part: list(variables.values()) for part, variables in self.model.parts().items()}
        gradients = tape.gradient(total, parts)
        for part, variables in parts.items():
            # An optimiser sums its gradients over the replicas before it applies them.
            self._optimizers[part].apply_gradients(zip(gradients[part], variables, strict=True))
        if self._pairs:
            moving_average.move(self._pairs, config.average, batch["step"])
        return losses

    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns (t_u of every user, float32 [U, K], and Phi of every photo, float32 [I, K])."""
        return self._averaged.user_factors.numpy(), self._averaged.item_factors(self._photos, self._progress)

    def candidates(self, step: int) -> list[tuple[Factors, dict[str, float]]]:
        """Returns the factors that a validation compares: with own terms, the whole predictor for each weight a."""
        [(paper, _)], own = super().candidates(step), self._averaged.own
        if own is None:
            return [(paper, {})]
        weights = (self._config.own_weight,) if self._config.own_weight else OWN_WEIGHTS
        return [(_widened(paper, own, weight), {"own_weight": weight}) for weight in weights]

    def show(self, step: int) -> None:
        """Writes the settings and the first 16 training photos to TensorBoard; with activations, only the settings."""
        super().show(step)
        if self._photos.kind == Activations.kind:
            return
        batch = self._batch(tf.constant(step, tf.int64), tf.constant(0, tf.int64))
        photos = batch["photos"] if "photos" in batch else self._photos.gather(batch["items"])
        tf.summary.image("photos", photos[:16], step, max_outputs=16)


def _widened(paper: Factors, own: OwnTerms, weight: float) -> Factors:
    users, items, visual, bias = own.widened(paper.user_factors, paper.item_factors, weight)
    return dataclasses.replace(paper, user_factors=users, item_factors=items, visual=visual, unseen_bias=bias)
