"""Defines DVBPR, ``x(u, i) = t_u . Phi(X_i)`` (paper, eqs. 3 and 6), its training objective and its factors.

With own terms (`own_terms.OwnTerms`) it is the whole predictor of the authors' talk.
"""

import keras
import numpy as np
import tensorflow as tf

from tf_dvbpr import stateless
from tf_dvbpr.compat import as_variable
from tf_dvbpr.dvbpr.activations import Activations
from tf_dvbpr.dvbpr.build_backbone import build_backbone
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.dvbpr.own_terms import OwnTerms
from tf_dvbpr.networks.backbone import Backbone
from tf_dvbpr.networks.cnnf import build_cnnf
from tf_dvbpr.networks.imagenet_networks import CNNF
from tf_dvbpr.training.losses import bpr_loss, l2_loss, shared_bpr_loss
from tf_dvbpr.training.random_shift import random_shift
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photos.decode import normalise
from tfrecords.progress_bar import progress_bar

_WHITE = 255  # a white pixel of a photo


class DVBPR(tf.Module):
    """The DVBPR model: the siamese network, the user factors and, if given, the own terms.

    Args:
        num_users: U.
        dim: K, the length of style vectors and user factors.
        image_size: S, the side of the photos; CNN-F needs a multiple of 32.
        conv1_padding: ``same`` or ``valid``, of CNN-F's first convolution.
        seed: seed of the initial weights; user factors start uniform in [0, 0.01].
        precision: ``float32`` or ``mixed_bfloat16``, of the network's arithmetic.
        network: Phi with K outputs; None: a CNN-F with these settings.
        own: the own terms of users and items; None: none, as in the paper.
    """

    def __init__(
        self,
        num_users: int,
        dim: int,
        image_size: int,
        conv1_padding: str = "same",
        seed: int = 0,
        precision: str = "float32",
        network: Backbone | None = None,
        own: OwnTerms | None = None,
    ) -> None:
        super().__init__(name="dvbpr")
        self.own = own
        self.image_size = image_size
        self.network = network or build_cnnf(dim, image_size, conv1_padding, seed, precision=precision)
        self._users = keras.layers.Embedding(
            num_users, dim, embeddings_initializer=keras.initializers.RandomUniform(0.0, 0.01, seed=seed)
        )
        self._users.build([None])
        self.user_factors = as_variable(self._users.embeddings)
        self._compiled_embed = tf.function(self.embed)
        self._compiled_above = tf.function(lambda activations: self.network.above(activations))

    @classmethod
    def from_config(cls, config: TrainConfig, num_users: int, num_items: int, pretrained: bool = False) -> "DVBPR":
        """Builds the untrained model of a training.

        Args:
            config: the training's settings.
            num_users: U.
            num_items: I.
            pretrained: whether to load a backbone's ImageNet weights.

        Raises:
            InputError: the backbone's weights cannot be loaded, or do not fit the settings.
        """
        network = None if config.backbone == CNNF else build_backbone(config, pretrained)
        own = None
        if config.has_own_terms:
            own = OwnTerms(num_users, num_items, config.latent_dim, config.item_bias, config.seed)
        settings = (config.dim, config.image_size, config.conv1_padding, config.seed, config.precision)
        return cls(num_users, *settings, network=network, own=own)

    def weights(self) -> dict[str, tf.Variable]:
        """Returns all variables by checkpoint name: ``cnnf/<layer>/<kind>`` and ``user_factors``.

        The variables of another network are ``backbone/<layer>/<kind>``, frozen ones and moving statistics included.
        The own terms keep their names in `OwnTerms.weights`.
        """
        named = {f"{self.network.name}/{name}": value for name, value in self.network.named_variables().items()}
        return {**named, "user_factors": self.user_factors, **(self.own.weights() if self.own else {})}

    def parts(self) -> dict[str, dict[str, object]]:
        """Returns the trained variables as Keras variables: part to name (as in `weights`) to variable.

        The parts are ``network``, ``last_layer`` (of a backbone), ``user``, and ``latent`` and ``bias`` (of the own
        terms). Each part has its own optimiser.
        """
        parts = {
            part: {f"{self.network.name}/{name}": variable for name, variable in variables.items()}
            for part, variables in self.network.parts().items()
        }
        return {**parts, "user": {"user_factors": self._users.embeddings}, **(self.own.parts() if self.own else {})}

    def embed(self, photos: tf.Tensor) -> tf.Tensor:
        """Computes style vectors float32 [B, K] of photos uint8 [B, S, S, 3], without dropout."""
        return self.network(normalise(photos))

    def hidden(self, photos: tf.Tensor) -> tf.Tensor:
        """Computes the last layer's input (CNN-F: fc7), float32 [B, F], of photos uint8 [B, S, S, 3]; no dropout."""
        return tf.cast(self.network.hidden(normalise(photos)), tf.float32)

    def losses(
        self,
        config: TrainConfig,
        batch: dict[str, tf.Tensor],
        dropout_seed: tf.Tensor,
        augmentation_seed: tf.Tensor,
        replicas: int = 1,
    ) -> dict[str, tf.Tensor]:
        """Computes the parts of the objective for one replica's share of a step.

        The objective is ``bpr + weight_decay * sum_w l2_loss(w) / replicas + user_penalty * l2_loss(t_u)``, with t_u of
        the batch's users. Summed over the replicas, each part equals that of one device with the whole batch. With
        `adamw` the second part is missing, since the optimiser decays the weights.

        With own terms, ``bpr`` ranks by the whole predictor. For a share `item_dropout` of the positives, ``bpr`` ranks
        by ``t_u . Phi`` alone and ``own_bpr`` by ``b_i + g_u . g_i`` alone, so that each also learns to rank without
        the other. ``own_penalty`` is ``latent_penalty * l2_loss(g) + bias_penalty * l2_loss(b)`` over the batch's users
        and items; each of N shared negatives counts B / N times, for B positives.

        Args:
            config: the training's settings.
            batch: ``users`` int64 [B]; ``photos`` uint8 [B + N, S, S, 3], positives first, or instead of them
                ``activations`` [B + N, ...], already mirrored; with shared negatives, ``allowed`` bool [B, N of all
                replicas]; with own terms, ``item_ids`` int64 [B + N].
            dropout_seed: int32 [2].
            augmentation_seed: int32 [2].
            replicas: number of replicas whose losses are summed.

        Returns:
            The parts by name, each a float32 scalar.
        """
        # A strategy's iterator may lose static shapes, so they are set again here.
        count = config.batch_size // replicas
        users = tf.ensure_shape(batch["users"], [count])
        dropout = {"dropout_rate": config.dropout, "dropout_seed": dropout_seed}
        if "activations" in batch:
            styles = self.network.above(batch["activations"], **dropout)
        else:
            styles = self.network(normalise(_augmented(config, batch["photos"], augmentation_seed)), **dropout)
        factors = tf.gather(self.user_factors, users)
        if self.own is None:
            scores = _scores(config, factors, styles[:count], _negatives(config, styles[count:], replicas))
            losses = {"bpr": _ranking(config, batch, scores, replicas)}
        else:
            losses = self._losses_of_both(config, batch, users, factors, styles, replicas)
        if config.optimizer != "adamw":
            trained = {name: one for part in self.network.parts().values() for name, one in part.items()}
            kernels = [as_variable(one) for name, one in trained.items() if name.endswith("kernel")]
            losses["weight_penalty"] = config.weight_decay * l2_loss(kernels) / replicas
        return {**losses, "user_penalty": config.user_penalty * l2_loss([factors])}

    def _losses_of_both(
        self,
        config: TrainConfig,
        batch: dict[str, tf.Tensor],
        users: tf.Tensor,
        factors: tf.Tensor,
        styles: tf.Tensor,
        replicas: int,
    ) -> dict[str, tf.Tensor]:
        count = users.shape[0]
        others = count if config.negatives == "one" else config.shared_negatives // replicas
        items = tf.ensure_shape(batch["item_ids"], [count + others])
        user_rows, of_users = self.own.user_rows(users)
        item_rows, of_items = self.own.item_rows(items)
        # One gather for both kinds of rows, since replicas may run two gathers in different orders.
        negatives = _negatives(config, tf.concat([item_rows, styles], 1)[count:], replicas)
        width = item_rows.shape[1]
        own = _scores(config, user_rows, item_rows[:count], negatives[:, :width])
        visual = _scores(config, factors, styles[:count], negatives[:, width:])
        weight = config.own_weight or 1.0
        whole = tuple(weight * one + other for one, other in zip(own, visual, strict=True))
        # Positives are drawn independently of each other, so the first ones are a random subset.
        apart = round(config.item_dropout * count)

        def ranking(scores: tuple[tf.Tensor, tf.Tensor], rows: slice) -> tf.Tensor:
            return _ranking(config, batch, scores, replicas, rows)

        together = [ranking(whole, slice(apart, count))] if apart < count else []
        alone = [ranking(visual, slice(apart))] if apart else []
        losses = {"bpr": tf.add_n([*alone, *together])}
        losses["own_bpr"] = ranking(own, slice(apart)) if apart else tf.zeros([])

        def weighed(one: tf.Tensor) -> tf.Tensor:
            # Each of the N negatives counts as B / N draws.
            return l2_loss([one[:count]]) + l2_loss([one[count:]]) * (count / others)

        weights = {"latent": config.latent_penalty, "bias": config.bias_penalty}
        penalties = [weights[name] * l2_loss([one]) for name, one in of_users.items()]
        penalties += [weights[name] * weighed(one) for name, one in of_items.items()]
        return {**losses, "own_penalty": tf.reduce_sum(tf.stack(penalties))}

    def item_factors(self, photos: PhotoStore | Activations, progress: bool = False) -> np.ndarray:
        """Computes Phi of every photo, float32 [I, K]."""
        embed = self._compiled_above if photos.kind == Activations.kind else self._compiled_embed
        rows = []
        with progress_bar(total=photos.num_items, desc="style vectors", unit="photo", disable=not progress) as bar:
            for batch in photos.batches(min(self.network.embed_batch, photos.num_items)):
                rows.append(embed(batch).numpy())
                bar.update(min(len(rows[-1]), photos.num_items - bar.n))
        return np.concatenate(rows)[: photos.num_items]


def _augmented(config: TrainConfig, photos: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    if config.flip:
        coins = stateless.coins(tf.shape(photos)[0], seed)
        photos = tf.where(coins[:, None, None, None], photos[:, :, ::-1], photos)
    most = round(config.shift * config.image_size)
    if most:
        shift_seed = tf.random.experimental.stateless_fold_in(seed, 1, alg="philox")
        draws = tf.random.stateless_uniform([2, tf.shape(photos)[0]], shift_seed, alg="philox")
        photos = random_shift(photos, most, draws, _WHITE)
    return photos


def _negatives(config: TrainConfig, rows: tf.Tensor, replicas: int) -> tf.Tensor:
    """Returns the rows of this replica's negatives, or those of all replicas if negatives are shared."""
    if config.negatives == "shared" and replicas > 1:
        # Every user is compared with the negatives of all replicas; all_gather sends gradients back to their replicas.
        return tf.distribute.get_replica_context().all_gather(rows, 0)
    return rows


def _scores(
    config: TrainConfig, users: tf.Tensor, positives: tf.Tensor, negatives: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns (scores of the positives [B], scores of the negatives: [B], or [B, N of all replicas] if shared)."""
    positive = tf.reduce_sum(users * positives, 1)
    if config.negatives == "one":
        return positive, tf.reduce_sum(users * negatives, 1)
    scores = tf.matmul(users, negatives, transpose_b=True)
    return positive, tf.ensure_shape(scores, [users.shape[0], config.shared_negatives])


def _ranking(
    config: TrainConfig,
    batch: dict[str, tf.Tensor],
    scores: tuple[tf.Tensor, tf.Tensor],
    replicas: int,
    rows: slice = slice(None),
) -> tf.Tensor:
    """Computes the ranking loss of some rows of the batch."""
    positive, negative = scores[0][rows], scores[1][rows]
    if config.negatives == "one":
        return bpr_loss(positive, negative)
    shape = [config.batch_size // replicas, config.shared_negatives]
    return shared_bpr_loss(positive, negative, tf.ensure_shape(batch["allowed"], shape)[rows])
