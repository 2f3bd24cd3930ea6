"""Folds batch normalisation into the convolutions before it, for a network that is only run, not trained."""

import keras
import numpy as np

from tf_dvbpr.compat import layers_behind

_CONVOLUTIONS = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)


def fold(model: keras.Model) -> keras.Model:
    """Returns a network with the same inputs and outputs at inference, without most of its BatchNormalization layers.

    ``(W x + b - mean) / sqrt(variance + epsilon) * gamma + beta`` is ``W' x + b'``: the layer goes into the convolution
    whose output it alone reads. The new convolutions hold copies of the weights as they are now; all other
    layers are shared with `model`. The outputs differ by rounding.

    Args:
        model: a functional network in float32.
    """
    # A copy calls each layer once, so that its layers have a single input and output; those of `model` may have more.
    plain = keras.models.clone_model(model)
    readers: dict[str, list[keras.layers.Layer]] = {}
    for layer in plain.layers:
        for before in layers_behind(layer.input):
            if before is not layer:
                readers.setdefault(before.name, []).append(layer)
    end = {before.name for before in layers_behind(plain.outputs)}
    pairs = {
        convolution.name: next_one[0].name
        for convolution in plain.layers
        for next_one in [readers.get(convolution.name, [])]
        if type(convolution) in _CONVOLUTIONS and convolution.name not in end and _foldable(convolution, next_one)
    }
    normalisations = {name: convolution for convolution, name in pairs.items()}

    def part(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in pairs:
            return type(layer).from_config({**layer.get_config(), "use_bias": True})
        if layer.name in normalisations:
            return _Passed(name=layer.name)
        return layer

    result = keras.models.clone_model(model, clone_function=part)
    for name, normalisation in pairs.items():
        result.get_layer(name).set_weights(_weights(model.get_layer(name), model.get_layer(normalisation)))
    return result


class _Passed(keras.layers.Layer):
    """Returns its input, in the place of a BatchNormalization layer, which takes a mask."""

    def call(self, inputs: object, mask: object = None) -> object:
        return inputs


def _foldable(convolution: keras.layers.Layer, readers: list[keras.layers.Layer]) -> bool:
    """Returns whether a batch normalisation over the channels is all that reads a convolution without activation."""
    if len(readers) != 1 or not isinstance(readers[0], keras.layers.BatchNormalization):
        return False
    axis = readers[0].axis
    last = (axis[0] if isinstance(axis, (list, tuple)) else axis) in (-1, 3)
    linear = convolution.activation is keras.activations.linear
    return last and linear and convolution.data_format == "channels_last"


def _weights(convolution: keras.layers.Layer, normalisation: keras.layers.Layer) -> list[np.ndarray]:
    """Returns kernel and bias of the folded convolution, computed in float64."""
    kernel, *bias = (value.astype(np.float64) for value in convolution.get_weights())
    values = iter(value.astype(np.float64) for value in normalisation.get_weights())
    gamma = next(values) if normalisation.scale else 1.0
    beta = next(values) if normalisation.center else 0.0
    mean, variance = values
    scale = gamma / np.sqrt(variance + normalisation.epsilon)
    per_channel = isinstance(convolution, keras.layers.DepthwiseConv2D)
    # A depthwise kernel is [h, w, channels, multiplier], and its outputs are in the order of the last two together.
    wide = scale.reshape(kernel.shape[2:]) if per_channel else scale
    return [
        (kernel * wide).astype(np.float32),
        (((bias[0] if bias else 0.0) - mean) * scale + beta).astype(np.float32),
    ]
