"""Loads networks trained on ImageNet, and splits them at their classifier."""

import contextlib
import dataclasses
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import tensorflow as tf

from tf_dvbpr.networks.efficientnet_lite import read_lite0
from tf_dvbpr.networks.folding import fold
from tf_dvbpr.networks.hub_preset import build_preset, preset_preprocessing
from tf_dvbpr.networks.imagenet_networks import LITE0, NETWORKS, WITHOUT_BATCH_NORM, is_folder, own_side
from tf_dvbpr.networks.lite0_model import PREPROCESSING, build_lite0, installed_lite0, set_lite0
from tf_dvbpr.networks.preset_folder import preset_layer
from tfrecords.errors import InputError, option
from tfrecords.progress_bar import at_terminal, waiting

_OUT_OF_MEMORY = (MemoryError, tf.errors.ResourceExhaustedError)  # says nothing about the weights


@dataclasses.dataclass(frozen=True)
class Pretrained:
    """A network that maps photos to its features (the classifier's input) and to class probabilities.

    Attributes:
        image_size: S, the side of the photos it was trained on.
        dim: F.
        layer: the classifier's name; the features are its input.
        preprocessing: the name of the preprocessing function, in words.
        epsilons: the epsilons of the BatchNormalization layers, each different value once; () if there are none.
        embed: uint8 [B, S, S, 3], RGB, to float32 [B, F] at inference.
        classify: the same input to (features, as from `embed`; the classifier's probabilities, float32 [B, C], C = 1000
            on ImageNet), in one pass. None: a network without a classifier.
    """

    image_size: int
    dim: int
    layer: str
    preprocessing: str
    epsilons: tuple[float, ...]
    embed: Callable[[tf.Tensor], tf.Tensor]
    classify: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]] | None


def load_pretrained(
    name: str,
    weights: Path | None = None,
    batch_norm_epsilon: float | None = None,
) -> Pretrained:
    """Builds a network at its own input size, loads its weights and finds where its classifier begins.

    Args:
        name: one of `imagenet_networks.PRETRAINED`, or the folder of a preset (`hub_preset`), with a slash in it.
        weights: an HDF5 file of the whole network, including the classifier; None: the library's, downloaded once. For
            lite0: a file for `read_lite0`; None: that of the installed package.
        batch_norm_epsilon: the epsilon of every BatchNormalization layer, ``(x - mean) / sqrt(variance + epsilon)``, if
            the weights were trained with another than the library's. The weights file does not say.
        flags: the caller's names of the three arguments, for messages.

    Raises:
        InputError: the weights cannot be downloaded, the file is not of this network, or an epsilon is given for a
            network without BatchNormalization.
    """
    check_epsilon(name, batch_norm_epsilon)
    if is_folder(name):
        return _load_preset(name)
    model = build_trained(name, weights)
    epsilons = set_epsilon(model, batch_norm_epsilon)
    features, classifier = without_classifier(model)
    folded = fold(keras.Model(model.input, [features.output, model.output]))
    embedding = keras.Model(folded.input, folded.output[0])

    preprocess, preprocessing = preprocessing_of(name)
    size = model.input_shape[1]
    photos_spec = tf.TensorSpec([None, size, size, 3], tf.uint8)

    @tf.function(input_signature=[photos_spec])
    def embed(photos: tf.Tensor) -> tf.Tensor:
        return embedding(preprocess(tf.cast(photos, tf.float32)), training=False)

    @tf.function(input_signature=[photos_spec])
    def classify(photos: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seen, probabilities = folded(preprocess(tf.cast(photos, tf.float32)), training=False)
        return seen, probabilities

    return Pretrained(
        image_size=size,
        dim=features.output_shape[1],
        layer=classifier.name,
        preprocessing=preprocessing,
        epsilons=epsilons,
        embed=embed,
        classify=classify,
    )


def _load_preset(folder: str) -> Pretrained:
    features = build_preset(folder)
    size, dim = features.input_shape[1], features.output_shape[1]
    preprocess, preprocessing = preset_preprocessing(folder, size)

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)])
    def embed(photos: tf.Tensor) -> tf.Tensor:
        return tf.cast(features(preprocess(tf.cast(photos, tf.float32)), training=False), tf.float32)

    return Pretrained(size, dim, preset_layer(folder), preprocessing, (), embed, None)


def build_untrained(name: str, image_size: int | None = None) -> keras.Model:
    """Builds a network with its classifier and random weights, for photos of its own size or of `image_size`."""
    if name == LITE0:
        return build_lite0(image_size or own_side(name))
    constructor = getattr(keras.applications, NETWORKS[name][1])
    try:
        return constructor(weights=None, **_input_shape(name, image_size))
    except ValueError as error:
        raise InputError(
            f"{option('image_size', image_size)}: {name} takes no such photos ({_one_line(error)})"
        ) from error


def build_trained(
    name: str,
    weights: Path | None,
    image_size: int | None = None,
) -> keras.Model:
    """Builds the network and loads weights; arguments as in `load_pretrained`. Raises InputError if they do not fit."""
    if name == LITE0:
        arrays = read_lite0(weights or installed_lite0(), head=True)
        model = build_untrained(name, image_size)
        set_lite0(model, arrays)
        return model
    if weights is None:
        downloaded = _download(name)
        if image_size in (None, downloaded.input_shape[1]):
            return downloaded
    elif not weights.is_file():
        what = "a folder, not an HDF5 file" if weights.is_dir() else "no such file"
        raise InputError(f"{option('weights', weights)}: {what}")
    model = build_untrained(name, image_size)
    try:
        with warnings.catch_warnings():
            # About containers that repeat the layers; a layer without weights is an error.
            warnings.simplefilter("ignore")
            if weights is None:
                model.set_weights(downloaded.get_weights())
            else:
                model.load_weights(str(weights))
    except _OUT_OF_MEMORY:
        raise
    # On damaged files and on other files h5py, zipfile and Keras raise exceptions of many classes.
    except Exception as error:
        raise InputError(
            f"{option('weights', weights or '')}: does not hold the weights of keras.applications' {NETWORKS[name][1]} "
            f"with its classifier ({_misfit(error)}). Give that network's own file, whole, or the {option('network')} "
            "that it is of"
        ) from error
    return model


def check_epsilon(name: str, epsilon: float | None) -> None:
    """Raises InputError for an epsilon if the network has none, before its weights are downloaded."""
    if epsilon is not None and (name in WITHOUT_BATCH_NORM or is_folder(name)):
        raise InputError(
            f"{option('batch_norm_epsilon', epsilon)}: {name} has no BatchNormalization layers; leave it out"
        )


def set_epsilon(model: keras.Model, epsilon: float | None) -> tuple[float, ...]:
    """Sets the epsilon of every BatchNormalization layer (None: keeps it); returns each different value."""
    normalisations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if epsilon is not None:
        for layer in normalisations:
            layer.epsilon = epsilon
    return tuple(sorted({layer.epsilon for layer in normalisations}))


def without_classifier(model: keras.Model) -> tuple[keras.Model, keras.layers.Layer]:
    """Returns (the network up to its classifier's input, flattened to [B, F]; the classifier)."""
    classifier = [layer for layer in model.layers if layer.weights][-1]
    # Flattened, since MobileNet's classifier is a 1 x 1 convolution. A dropout before it does nothing at inference.
    return keras.Model(model.input, keras.layers.Flatten(name="features")(classifier.input)), classifier


def preprocessing_of(name: str) -> tuple[Callable[[tf.Tensor], tf.Tensor], str]:
    """Returns (the preprocessing of RGB in 0..255, float32, before the network; its name in words)."""
    if name == LITE0:
        return lambda photos: (photos - 127.0) / 128.0, PREPROCESSING
    module = NETWORKS[name][0]
    return getattr(keras.applications, module).preprocess_input, f"keras.applications.{module}.preprocess_input"


def _input_shape(name: str, image_size: int | None = None) -> dict[str, tuple[int, int, int]]:
    """Returns the constructor's argument for photos of a size; {} if they are of its default size."""
    module, _, own_size = NETWORKS[name]
    size = image_size or own_size
    # By default MobileNetV3 takes photos of any size, and its outputs then have no known size.
    return {"input_shape": (size, size, 3)} if size != own_size or module == "mobilenet_v3" else {}


def _download(name: str) -> keras.Model:
    try:
        with _keras_bars_at_terminals(), waiting(f"the weights of {name}"):
            return getattr(keras.applications, NETWORKS[name][1])(weights="imagenet", **_input_shape(name))
    except _OUT_OF_MEMORY:
        raise
    except Exception as error:  # Keras raises a bare Exception if a download fails.
        raise InputError(
            f"{option('network', name)}: its weights could not be downloaded ({_one_line(error)}). Give a file of them "
            f"as {option('weights', 'FILE.h5')}, or run where the network can be reached: once is enough, Keras keeps "
            "them"
        ) from error


@contextlib.contextmanager
def _keras_bars_at_terminals() -> Iterator[None]:
    """Without a terminal, Keras would print its bar again for each block."""
    silenced = not at_terminal() and keras.utils.is_interactive_logging_enabled()
    if silenced:
        keras.utils.disable_interactive_logging()
    try:
        yield
    finally:
        if silenced:
            keras.utils.enable_interactive_logging()


def _misfit(error: Exception) -> str:
    """Returns why a file does not fit, without Keras's list of layers."""
    reason = _one_line(error)
    return "its layers are others" if "objects could not be loaded" in reason else reason


def _one_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
