"""Fits the initial weights to the photos, so that every layer starts with outputs that differ between photos."""

import keras
import tensorflow as tf

from tf_dvbpr.compat import as_variable
from tf_dvbpr.networks.cnnf import CNNF, LAYERS

_LEAST = 1e-6


def fit_to_photos(network: CNNF, images: tf.Tensor) -> None:
    """Scales and shifts each unit so that, before its ReLU, it has mean 0 and variance 1 over the photos.

    ``kernel / s, (bias - m) / s`` with m and s the mean and standard deviation of the unit (of the channel, over all
    places) for the layers before it already fitted; after Mishkin and Matas, "All you need is a good init", 2016.
    Product photos are mostly white: with Glorot weights their common part hides the differences, and each layer halves
    what is left of them. Only the initial weights change; the network is still CNN-F.

    Args:
        network: its weights are changed in place.
        images: float32 [B, S, S, 3] in [-1, 1], a few hundred.
    """
    x = images
    for name in LAYERS:
        layer = getattr(network, name)
        if name == "fc6":
            x = network.flatten(x)
        activation, layer.activation = layer.activation, keras.activations.linear
        try:
            before = tf.cast(layer(x), tf.float32)
        finally:
            layer.activation = activation
        x = tf.nn.relu(fit_layer(layer, before))
        if name in ("conv1", "conv2", "conv5"):
            x = network.pool(x)


def fit_layer(layer: keras.layers.Layer, before: tf.Tensor) -> tf.Tensor:
    """Gives each unit of a layer mean 0 and variance 1 over its outputs.

    Args:
        layer: a layer with kernel and bias, changed in place.
        before: float32 [B, ..., units], its outputs before the activation.

    Returns:
        The layer's new outputs.
    """
    mean, variance = tf.nn.moments(before, list(range(len(before.shape) - 1)))
    scale = 1.0 / tf.maximum(tf.sqrt(variance), _LEAST)
    kernel, bias = as_variable(layer.kernel), as_variable(layer.bias)
    kernel.assign(kernel * scale)
    bias.assign((bias - mean) * scale)
    return (before - mean) * scale
