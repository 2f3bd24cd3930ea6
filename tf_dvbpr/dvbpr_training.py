"""DVBPR as the training loop sees it: batches of triplets with photos, one step of the optimisers."""

import numpy as np
import tensorflow as tf

from tf_dvbpr import moving_average, stateless
from tf_dvbpr.compat import adam_state
from tf_dvbpr.dvbpr import DVBPR
from tf_dvbpr.initialisation import fit_to_photos
from tf_dvbpr.optimizers import network_optimizer, user_optimizer
from tf_dvbpr.photo_store import PhotoStore
from tf_dvbpr.recommender_training import RecommenderTraining
from tf_dvbpr.train_config import TrainConfig
from tf_dvbpr.triplets import Batch, TripletSampler
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.photo import normalise

_INIT_PHOTOS = 256


class DvbprTraining(RecommenderTraining):
    """Brings DVBPR to the loop. Make it inside the strategy's scope.

    Args:
        config: the settings.
        dataset: users and items.
        photos: the photos at the config's image size.
        workdir: where the best weights and factors go.
        replicas: of the strategy; batch_size and shared_negatives must be multiples of it.
        progress: show a bar while the style vectors of all photos are computed.
    """

    metric_names = ("bpr", "weight_penalty", "user_penalty")

    def __init__(
        self,
        config: TrainConfig,
        dataset: Dataset,
        photos: PhotoStore,
        workdir: Workdir,
        replicas: int = 1,
        progress: bool = False,
    ) -> None:
        for name in ("batch_size", "shared_negatives"):
            if getattr(config, name) % replicas:
                raise InputError(f"--{name}={getattr(config, name)}: must be a multiple of the {replicas} replicas")
        super().__init__(dataset, workdir)
        self.photos_per_step = config.photos_per_step
        self._config, self._photos = config, photos
        self._replicas, self._progress = replicas, progress
        self._sampler = TripletSampler(dataset.train_indptr, dataset.train_items, dataset.num_items, config.seed)
        self.model = DVBPR.from_config(config, dataset.num_users)
        if config.init == "photos":
            sample = np.random.default_rng(config.seed).permutation(dataset.num_items)[:_INIT_PHOTOS]
            fit_to_photos(self.model.network, normalise(photos.gather(tf.constant(sample, tf.int64))))
        # What is measured and kept.
        self._shown = DVBPR.from_config(config, dataset.num_users) if config.average else self.model
        shown = self._shown.weights()
        self._pairs = [(shown[name], value) for name, value in self.model.weights().items() if config.average]
        for average, value in self._pairs:
            average.assign(value)
        if config.optimizer == "adamw":
            self.metric_names = ("bpr", "user_penalty")  # It decays the weights in place of a penalty.
        steps = config.total_steps(len(dataset.train_items))
        self._network_adam = network_optimizer(config, steps, self.model.network_trainables())
        self._user_adam = user_optimizer(config, steps, self.model.user_trainables())

    def weights(self) -> dict[str, tf.Variable]:
        """The sixteen weights of CNN-F and the user factors; their average, where there is one."""
        return self._shown.weights()

    def state(self) -> dict[str, tf.Variable]:
        """The weights, beside their average, and the moments of the network's Adam and the user factors'."""
        *network, users = self.model.weights()
        average = {f"average/{name}": value for name, value in self.weights().items()} if self._pairs else {}
        network_state, user_state = adam_state(self._network_adam, network), adam_state(self._user_adam, [users])
        return {
            **self.model.weights(),
            **average,
            **{f"network_adam/{name}": variable for name, variable in network_state.items()},
            **{f"user_adam/{name}": variable for name, variable in user_state.items()},
        }

    def batches(self, context: tf.distribute.InputContext, first: int, last: int) -> tf.data.Dataset:
        """See `Trainable.batches`; photos are left out when they lie on the device."""
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
        """One replica's part of the draw, with static shapes."""

        def part(rows: tf.Tensor, count: int) -> tf.Tensor:
            begin = tf.cast(replica, tf.int32) * count
            return tf.ensure_shape(rows[begin : begin + count], [count, *rows.shape[1:]])

        items = tf.concat([part(drawn.positives, positives), part(drawn.negatives, negatives)], 0)
        batch = {"step": step, "users": part(drawn.users, positives)}
        if drawn.allowed is not None:
            width = self._config.shared_negatives
            batch["allowed"] = part(tf.ensure_shape(drawn.allowed, [self._config.batch_size, width]), positives)
        if self._photos.kind == "device":
            return {**batch, "items": items}
        side = self._photos.image_size
        return {**batch, "photos": tf.ensure_shape(self._photos.gather(items), [items.shape[0], side, side, 3])}

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """One step on the summed objective."""
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
        network, users = self.model.network_trainables(), self.model.user_trainables()
        network_gradients, user_gradients = tape.gradient(total, [network, users])
        # Each sums its gradients over replicas before it applies them.
        self._network_adam.apply_gradients(zip(network_gradients, network, strict=True))
        self._user_adam.apply_gradients(zip(user_gradients, users, strict=True))
        if self._pairs:
            moving_average.move(self._pairs, config.average, batch["step"])
        return losses

    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """t_u of every user and Phi of every photo."""
        return self._shown.user_factors.numpy(), self._shown.item_factors(self._photos, self._progress)

    def show(self, step: int) -> None:
        """The settings as text and the first photos that training will see."""
        super().show(step)
        batch = self._batch(tf.constant(step, tf.int64), tf.constant(0, tf.int64))
        photos = batch["photos"] if "photos" in batch else self._photos.gather(batch["items"])
        tf.summary.image("photos", photos[:16], step, max_outputs=16)
