"""Connects a baseline to the training loop: batches of triplets, one Adam step, validation by exact AUC."""

import keras
import numpy as np
import tensorflow as tf

from tf_dvbpr.baselines.config import BaselineConfig
from tf_dvbpr.baselines.factor_model import FactorModel
from tf_dvbpr.compat import adam_state
from tf_dvbpr.training.losses import bpr_loss, l2_loss, warp_choice, warp_loss
from tf_dvbpr.training.recommender import RecommenderTraining
from tf_dvbpr.training.triplets import TripletSampler
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset


class BaselineTraining(RecommenderTraining):
    """A `FactorModel` in the form that the training loop needs.

    The objective of a step is ``ranking + sum_g regularisation_g * l2_loss(weights of group g gathered for the batch)
    + projection_regularisation * B * l2_loss(projection)``; ranking is the WARP loss for `warp`, BPR's for the others.

    Args:
        config: the settings.
        model: the untrained model.
        dataset: the data set with users and items.
        workdir: the folder for the best weights and factors.
    """

    metric_names = ("ranking", "penalty")
    unit = "triplet"
    rate_name = "triplets/s"

    def __init__(self, config: BaselineConfig, model: FactorModel, dataset: Dataset, workdir: Workdir) -> None:
        super().__init__(dataset, workdir)
        self.photos_per_step = config.batch_size
        self.model = model
        self._config = config
        self._sampler = TripletSampler(
            dataset.train_indptr, dataset.train_items, dataset.num_items, config.seed, config.sampling
        )
        # If the projection has its own rate, it has its own Adam. _trained has the names of each Adam's variables.
        projection = {id(one) for one in model.projection()} if config.projection_learning_rate else set()
        rates = {"adam": config.learning_rate, "projection_adam": config.projection_learning_rate}
        kinds = {name: list(rates)[id(plain) in projection] for name, plain in model.weights().items()}
        self._trained = {
            kind: [name for name in kinds if kinds[name] == kind] for kind in dict.fromkeys(kinds.values())
        }
        self._variables = dict(zip(model.weights(), model.trainables(), strict=True))
        self._adams = {kind: keras.optimizers.Adam(rates[kind]) for kind in self._trained}
        for kind, names in self._trained.items():
            # Built before a checkpoint is restored, which would skip the state of an unbuilt optimiser.
            self._adams[kind].build([self._variables[name] for name in names])
        # XLA fuses the gathers, their products and the dozen passes of Adam. Its product with the features is slower
        # than TensorFlow's, so for visual models XLA compiles only Adam.
        self._update = tf.function(self._apply, jit_compile=True)
        self._compiled_step = tf.function(self._step, jit_compile=not model.projection())

    def weights(self) -> dict[str, tf.Variable]:
        """Returns the model's weights by name."""
        return self.model.weights()

    def state(self) -> dict[str, tf.Variable]:
        """Returns the weights and the moments of each Adam, by their names in checkpoints."""
        moments = {
            f"{kind}/{name}": variable
            for kind, names in self._trained.items()
            for name, variable in adam_state(self._adams[kind], names).items()
        }
        return {**self.weights(), **moments}

    def batches(self, context: tf.distribute.InputContext, first: int, last: int) -> tf.data.Dataset:
        """Yields batches of triplets, as `Trainable.batches` defines them."""
        return tf.data.Dataset.range(first, last).map(self._batch, num_parallel_calls=2, deterministic=True).prefetch(2)

    def _batch(self, step: tf.Tensor) -> dict[str, tf.Tensor]:
        if self._config.model == "warp":
            drawn = self._sampler.draw_candidates(step, self._config.batch_size, self._config.candidates)
        else:
            drawn = self._sampler.draw_one(step, self._config.batch_size)
        return {"users": drawn.users, "positives": drawn.positives, "negatives": drawn.negatives}

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """Makes one Adam step on the summed objective; returns ``ranking`` and ``penalty``."""
        return self._compiled_step(batch["users"], batch["positives"], batch["negatives"])

    def _step(self, users: tf.Tensor, positives: tf.Tensor, negatives: tf.Tensor) -> dict[str, tf.Tensor]:
        weight = None
        if self._config.model == "warp":
            negatives, weight = self._choose(users, positives, negatives)
        count = self._config.batch_size
        with tf.GradientTape() as tape:
            user_rows, user_weights = self.model.user_rows(users)
            # One gather for positives and negatives, so that their gradients are added only once.
            item_rows, item_weights = self.model.item_rows(tf.concat([positives, negatives], 0))
            pairs = user_rows * tf.reshape(item_rows, [2, count, item_rows.shape[1]])
            positive, negative = tf.unstack(tf.reduce_sum(pairs, 2))
            ranking = bpr_loss(positive, negative) if weight is None else warp_loss(positive, negative, weight)
            extra = self.model.extra_loss(user_rows, positive, negative)
            ranking = ranking if extra is None else ranking + extra
            penalty = self._penalty([*user_weights.items(), *item_weights.items()])
            if self._config.projection_regularisation and self.model.projection():
                shared = l2_loss(self.model.projection())
                penalty = tf.reduce_sum(tf.stack([penalty, self._config.projection_regularisation * count * shared]))
            total = ranking + penalty
        plain = list(self.weights().values())
        gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(total, plain)]
        self._update(*gradients)
        return {"ranking": ranking, "penalty": penalty}

    def _penalty(self, gathered: list[tuple[str, tf.Tensor]]) -> tf.Tensor:
        """Computes the penalty on the weights gathered for a batch, each group with its own regulariser."""
        groups: dict[float, list[tf.Tensor]] = {}
        for name, weights in gathered:
            own = getattr(self._config, f"{name}_regularisation", None)
            groups.setdefault(self._config.regularisation if own is None else own, []).append(weights)
        # Groups with the same regulariser are added together, in the order of runs that have one regulariser for all.
        penalties = [weight * l2_loss(group) for weight, group in groups.items()]
        return penalties[0] if len(penalties) == 1 else tf.reduce_sum(tf.stack(penalties))

    def _apply(self, *gradients: tf.Tensor) -> None:
        of = dict(zip(self._variables, gradients, strict=True))
        for kind, names in self._trained.items():
            self._adams[kind].apply_gradients([(of[name], self._variables[name]) for name in names])

    def matrices(self) -> tuple[np.ndarray, np.ndarray]:
        """Computes the model's matrices (U, V)."""
        return self.model.matrices()

    def _choose(self, users: tf.Tensor, positives: tf.Tensor, candidates: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Chooses a negative from each positive's candidates by WARP's rule; returns (negatives, weights)."""
        user_rows = self.model.user_rows(users)[0]
        positive = tf.reduce_sum(user_rows * self.model.item_rows(positives)[0], 1)
        rows = self.model.item_rows(tf.reshape(candidates, [-1]))[0]
        rows = tf.reshape(rows, [*candidates.shape, rows.shape[-1]])
        chosen, weight = warp_choice(positive, tf.linalg.matvec(rows, user_rows), self._sampler.free_items(users))
        return tf.gather(candidates, chosen, batch_dims=1), weight
