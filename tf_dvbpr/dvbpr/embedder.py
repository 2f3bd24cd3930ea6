"""Phi of a trained DVBPR, for photos that evaluation, export and design look at."""

import dataclasses

import tensorflow as tf

from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.dvbpr.model import DVBPR
from tf_dvbpr.model_names import GAN
from tf_dvbpr.networks.backbone import Backbone
from tf_dvbpr.networks.cnnf import CNNF
from tf_dvbpr.training.checkpoint import Checkpoints
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError


class Embedder(tf.Module):
    """Phi with the best weights: photos to style vectors, exactly as evaluation computes them.

    Attributes:
        image_size: S.
        resize_filter: and
        fit: how the run's data set brings a photo to S x S (`tfrecords.photos.decode.decode_photo`).
        hidden_layer: what `hidden` gives, as in ``fc7``.
        hidden_dim: F.
        preprocessing: of the photos, in words.
    """

    def __init__(self, model: DVBPR, fit: str, resize_filter: str) -> None:
        super().__init__(name="embedder")
        self._model = model
        self._kept = list(model.weights().values())  # Plain variables, which SavedModel tracks on both Keras versions.
        self.image_size, self.fit, self.resize_filter = model.image_size, fit, resize_filter
        network = model.network
        self.hidden_layer, self.hidden_dim = network.hidden_layer, network.hidden_dim
        self.preprocessing = network.preprocessing

    @property
    def network(self) -> CNNF | Backbone:
        """Phi itself: images float32 [B, S, S, 3] in [-1, 1] to float32 [B, K]."""
        return self._model.network

    def __call__(self, photos: tf.Tensor) -> tf.Tensor:
        """Style vectors: uint8 [B, S, S, 3] to float32 [B, K]."""
        return self._model.embed(photos)

    def style_vectors(self, images: tf.Tensor) -> tf.Tensor:
        """The same of images float32 [B, S, S, 3] in [-1, 1]; gradients pass."""
        return self._model.network(images)

    def hidden(self, photos: tf.Tensor) -> tf.Tensor:
        """What the style vectors are made of, CNN-F's fc7: uint8 [B, S, S, 3] to float32 [B, F]."""
        return self._model.hidden(photos)


def open_embedder(workdir: Workdir, precision: str | None = None) -> Embedder:
    """Phi with the best weights, in the precision of its training or another.

    Raises InputError before the first validation, and where the model has no Phi.
    """
    if workdir.config["model"] == GAN:
        raise InputError(f"{workdir.path}: the GAN's workdir, and it makes no style vectors; give a DVBPR's")
    if workdir.config["model"] != "dvbpr":
        raise InputError(
            f"{workdir.path}: {workdir.model_name} does not look at photos; only DVBPR does: give the workdir of one"
        )
    try:
        config = TrainConfig(**workdir.config["train"])
    except TypeError as error:
        raise InputError(f"{workdir.path}/config.json: not a run's config ({error}). Train again") from error
    config = dataclasses.replace(config, precision=precision or config.precision)
    factors, dataset = workdir.factors(), workdir.dataset()
    model = DVBPR.from_config(config, len(factors.user_keys), len(factors.item_keys))
    best = Checkpoints(workdir.path / "best", model.weights(), keep=1).restore()
    if best is None or best["step"] != factors.step:
        raise InputError(
            f"{workdir.path}: best/ and factors.npz are not of the same step (the training was ended between the "
            "two). Run the training command again: it goes on and mends this"
        )
    return Embedder(model, dataset.fit, dataset.resize_filter)
