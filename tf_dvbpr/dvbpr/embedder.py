"""Loads Phi of a trained DVBPR, for evaluation, export and design."""

import dataclasses

import tensorflow as tf

from tf_dvbpr.dvbpr.config import KEPT_PRESET, TrainConfig
from tf_dvbpr.dvbpr.model import DVBPR
from tf_dvbpr.model_names import GAN
from tf_dvbpr.networks.backbone import Backbone
from tf_dvbpr.networks.cnnf import CNNF
from tf_dvbpr.networks.imagenet_networks import is_folder
from tf_dvbpr.training.checkpoint import Checkpoints
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError


class Embedder(tf.Module):
    """Phi with the best weights, which turns photos into style vectors exactly as evaluation does.

    Attributes:
        image_size: S.
        resize_filter: filter that resizes a photo to S x S (`tfrecords.photos.decode.decode_photo`).
        fit: how a photo becomes square, as in the run's data set.
        hidden_layer: name of the layer that `hidden` returns, for example ``fc7``.
        hidden_dim: F, the length of that layer's output.
        preprocessing: the network's preprocessing, in words.
    """

    def __init__(self, model: DVBPR, fit: str, resize_filter: str) -> None:
        super().__init__(name="embedder")
        self._model = model
        self._kept = list(model.weights().values())  # SavedModel tracks plain variables on both Keras versions.
        self.image_size, self.fit, self.resize_filter = model.image_size, fit, resize_filter
        network = model.network
        self.hidden_layer, self.hidden_dim = network.hidden_layer, network.hidden_dim
        self.preprocessing = network.preprocessing

    @property
    def network(self) -> CNNF | Backbone:
        """Returns Phi itself, which maps images float32 [B, S, S, 3] in [-1, 1] to float32 [B, K]."""
        return self._model.network

    def __call__(self, photos: tf.Tensor) -> tf.Tensor:
        """Computes the style vectors float32 [B, K] of photos uint8 [B, S, S, 3]."""
        return self._model.embed(photos)

    def style_vectors(self, images: tf.Tensor) -> tf.Tensor:
        """Computes the style vectors float32 [B, K] of images float32 [B, S, S, 3] in [-1, 1], with gradients."""
        return self._model.network(images)

    def hidden(self, photos: tf.Tensor) -> tf.Tensor:
        """Computes the last layer's input (CNN-F: fc7), float32 [B, F], of photos uint8 [B, S, S, 3]."""
        return self._model.hidden(photos)


def open_embedder(workdir: Workdir, precision: str | None = None) -> Embedder:
    """Loads Phi with the best weights of a run.

    Args:
        workdir: of a DVBPR run.
        precision: ``float32`` or ``mixed_bfloat16``; None: the training's.

    Raises:
        InputError: the model has no Phi, or the run has no complete validation yet.
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
    if is_folder(config.backbone):
        config = dataclasses.replace(config, backbone=str(workdir.path / KEPT_PRESET))
    factors, dataset = workdir.factors(), workdir.dataset()
    model = DVBPR.from_config(config, len(factors.user_keys), len(factors.item_keys))
    best = Checkpoints(workdir.path / "best", model.weights(), keep=1).restore()
    if best is None or best["step"] != factors.step:
        raise InputError(
            f"{workdir.path}: best/ and factors.npz are not of the same step (the training was ended between the "
            "two). Run the training command again: it goes on and mends this"
        )
    return Embedder(model, dataset.fit, dataset.resize_filter)
