"""Networks trained on ImageNet, from `keras.applications`: what their classifier sees, and what it says."""

import dataclasses
import warnings
from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf

from tfrecords.errors import InputError

# Our name: the module with its preprocess_input, and the class.
_NETWORKS = {
    "densenet121": ("densenet", "DenseNet121"),
    "efficientnet_b0": ("efficientnet", "EfficientNetB0"),
    "inception_resnet_v2": ("inception_resnet_v2", "InceptionResNetV2"),
    "inception_v3": ("inception_v3", "InceptionV3"),
    "mobilenet": ("mobilenet", "MobileNet"),
    "mobilenet_v2": ("mobilenet_v2", "MobileNetV2"),
    "resnet50": ("resnet50", "ResNet50"),
    "resnet50_v2": ("resnet_v2", "ResNet50V2"),
    "resnet101": ("resnet", "ResNet101"),
    "resnet152": ("resnet", "ResNet152"),
    "vgg16": ("vgg16", "VGG16"),
    "vgg19": ("vgg19", "VGG19"),
    "xception": ("xception", "Xception"),
}
NETWORKS = tuple(_NETWORKS)
_OUT_OF_MEMORY = (MemoryError, tf.errors.ResourceExhaustedError)  # says nothing about the weights


@dataclasses.dataclass(frozen=True)
class Pretrained:
    """A network that maps photos to what its classifier sees, and to their classes.

    Attributes:
        image_size: S, the side of the photos it was trained on.
        dim: F.
        layer: the classifier's name; the features are its input.
        preprocessing: the function that the photos go through first, in words.
        epsilons: of the BatchNormalization layers, each different value once; () where there are none.
        embed: uint8 [B, S, S, 3], RGB, to float32 [B, F] at inference.
        classify: the same to the features, as `embed` gives them, and the classifier's probabilities, float32 [B, C]
            (C = 1000 on ImageNet), in one pass.
    """

    image_size: int
    dim: int
    layer: str
    preprocessing: str
    epsilons: tuple[float, ...]
    embed: Callable[[tf.Tensor], tf.Tensor]
    classify: Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]


def load_pretrained(
    name: str,
    weights: Path | None = None,
    batch_norm_epsilon: float | None = None,
    flags: tuple[str, str, str] = ("network", "weights", "batch_norm_epsilon"),
) -> Pretrained:
    """Builds a network at its own input size, loads its weights and finds where its classifier begins.

    Args:
        name: one of `NETWORKS`.
        weights: an HDF5 file of the whole network, classifier included; None: the library's, downloaded once.
        batch_norm_epsilon: of every BatchNormalization layer, where the weights were trained with another than the
            library's: ``(x - mean) / sqrt(variance + epsilon)``. No weights file says which it was.
        flags: the caller's names of these three, for messages.

    Raises:
        InputError: no weights to be had, a file that does not hold this network's, or an epsilon for a network
            without BatchNormalization.
    """
    module, constructor = (getattr(keras.applications, part) for part in _NETWORKS[name])
    model = _build(name, constructor, weights, flags)
    normalisations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if batch_norm_epsilon is not None:
        if not normalisations:
            raise InputError(f"--{flags[2]}: {name} has no BatchNormalization layers; leave the flag out")
        for layer in normalisations:
            layer.epsilon = batch_norm_epsilon
    classifier = [layer for layer in model.layers if layer.weights][-1]
    # Flattened: MobileNet's classifier is a convolution of 1 x 1 pixel. A dropout between does nothing at inference.
    cut = keras.layers.Flatten(name="features")(classifier.input)
    features, whole = keras.Model(model.input, cut), keras.Model(model.input, [cut, model.output])

    size = model.input_shape[1]
    photos_spec = tf.TensorSpec([None, size, size, 3], tf.uint8)

    @tf.function(input_signature=[photos_spec])
    def embed(photos: tf.Tensor) -> tf.Tensor:
        return features(module.preprocess_input(tf.cast(photos, tf.float32)), training=False)

    @tf.function(input_signature=[photos_spec])
    def classify(photos: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        seen, probabilities = whole(module.preprocess_input(tf.cast(photos, tf.float32)), training=False)
        return seen, probabilities

    return Pretrained(
        image_size=size,
        dim=features.output_shape[1],
        layer=classifier.name,
        preprocessing=f"keras.applications.{_NETWORKS[name][0]}.preprocess_input",
        epsilons=tuple(sorted({layer.epsilon for layer in normalisations})),
        embed=embed,
        classify=classify,
    )


def _build(
    name: str, constructor: Callable[..., keras.Model], weights: Path | None, flags: tuple[str, str, str]
) -> keras.Model:
    if weights is None:
        try:
            return constructor(weights="imagenet")
        except _OUT_OF_MEMORY:
            raise
        except Exception as error:  # Keras raises a bare Exception where a download fails.
            raise InputError(
                f"--{flags[0]}={name}: its weights could not be downloaded ({_one_line(error)}). Give a file of them "
                f"as --{flags[1]}=FILE.h5, or run where the network can be reached: once is enough, Keras keeps them"
            ) from error
    if not weights.is_file():
        raise InputError(f"--{flags[1]}={weights}: no such file")
    model = constructor(weights=None)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # Of containers that repeat the layers; a layer without weights is an error.
            model.load_weights(str(weights))
    except _OUT_OF_MEMORY:
        raise
    # On damaged files and those of another kind h5py, zipfile and Keras raise classes with no other base in common.
    except Exception as error:
        raise InputError(
            f"--{flags[1]}={weights}: does not hold the weights of keras.applications' {constructor.__name__} with its "
            f"classifier ({_one_line(error)})"
        ) from error
    return model


def _one_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
