"""Batch normalisation within convolutions: the same outputs, and what stays as it is."""

import keras
import numpy as np
import pytest

from tf_dvbpr.networks.folding import fold

pytestmark = pytest.mark.stack


def normalised(x, draw, **arguments):
    layer = keras.layers.BatchNormalization(epsilon=0.01, **arguments)
    x = layer(x)
    layer.set_weights([draw.uniform(0.5, 2, value.shape) for value in layer.get_weights()])
    return x, layer


def test_outputs_are_the_same_and_layers_that_cannot_be_folded_stay():
    keras.utils.set_random_seed(2)
    draw = np.random.default_rng(0)
    inputs = keras.Input([12, 12, 3])
    x, first = normalised(keras.layers.Conv2D(8, 3)(inputs), draw)
    x, second = normalised(keras.layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False)(x), draw, scale=False)
    x = keras.layers.Activation("relu")(x)
    read_twice = keras.layers.Conv2D(16, 1)(x)
    y, third = normalised(read_twice, draw)
    x = keras.layers.Add()([y, read_twice])
    x, fourth = normalised(keras.layers.Conv2D(4, 1, activation="relu")(x), draw)
    x, fifth = normalised(keras.layers.Conv2D(4, 1)(x), draw, center=False)
    model = keras.Model(inputs, [read_twice, keras.layers.Flatten()(x)])

    folded = fold(model)
    left = {layer.name for layer in folded.layers if isinstance(layer, keras.layers.BatchNormalization)}
    assert left == {third.name, fourth.name} and not left & {first.name, second.name, fifth.name}
    photos = draw.standard_normal((2, 12, 12, 3)).astype(np.float32)
    expected = [np.asarray(one) for one in model(photos, training=False)]
    for found, one in zip(folded(photos, training=False), expected, strict=True):
        np.testing.assert_allclose(found, one, rtol=1e-4, atol=1e-4 * np.abs(one).max())
    unchanged = [np.asarray(one) for one in model(photos, training=False)]
    np.testing.assert_array_equal(unchanged[1], expected[1])


def test_a_convolution_that_is_an_output_stays():
    inputs = keras.Input([4, 4, 3])
    convolution = keras.layers.Conv2D(2, 1)(inputs)
    model = keras.Model(inputs, [convolution, keras.layers.BatchNormalization()(convolution)])
    photos = np.ones((1, 4, 4, 3), np.float32)
    np.testing.assert_array_equal(fold(model)(photos)[0], model(photos)[0])
