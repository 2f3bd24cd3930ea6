import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.networks.cnnf import LAYERS, build_cnnf

pytestmark = pytest.mark.stack

RELEASE_SHAPES = {
    "conv1": (11, 11, 3, 64),
    "conv2": (5, 5, 64, 256),
    "conv3": (3, 3, 256, 256),
    "conv4": (3, 3, 256, 256),
    "conv5": (3, 3, 256, 256),
    "fc6": (12544, 4096),
    "fc7": (4096, 4096),
    "fc8": (4096, 100),
}


def rewrite(weights, images, conv1_padding):
    """The network written out with tf.nn from its published description."""

    def conv(x, name, stride, padding):
        x = tf.nn.conv2d(x, weights[f"{name}/kernel"], stride, padding) + weights[f"{name}/bias"]
        return tf.maximum(x, 0.0)

    def pool(x):
        return tf.nn.max_pool2d(x, 2, 2, "SAME")

    x = pool(conv(images, "conv1", 4, conv1_padding.upper()))
    x = pool(conv(x, "conv2", 1, [[0, 0], [2, 2], [2, 2], [0, 0]]))
    x = conv(x, "conv3", 1, [[0, 0], [1, 1], [1, 1], [0, 0]])
    x = conv(x, "conv4", 1, [[0, 0], [1, 1], [1, 1], [0, 0]])
    x = pool(conv(x, "conv5", 1, [[0, 0], [1, 1], [1, 1], [0, 0]]))
    x = tf.reshape(x, [len(images), -1])
    x = tf.maximum(x @ weights["fc6/kernel"] + weights["fc6/bias"], 0.0)
    x = tf.maximum(x @ weights["fc7/kernel"] + weights["fc7/bias"], 0.0)
    return x @ weights["fc8/kernel"] + weights["fc8/bias"]


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [64, pytest.param(224, marks=pytest.mark.slow)])
def test_output_equals_an_independent_rewrite(padding, size):
    network = build_cnnf(10, size, padding, seed=1)
    weights = network.named_variables()
    for name, variable in weights.items():
        if name.endswith("bias"):  # Zero biases would hide a missing one.
            variable.assign(tf.random.stateless_normal(variable.shape, [1, len(name)]) * 0.05)
    images = tf.random.stateless_uniform([2, size, size, 3], [3, 4], -1.0, 1.0)
    expected = rewrite(weights, images, padding).numpy()
    np.testing.assert_allclose(network(images).numpy(), expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_shapes_are_the_releases():
    weights = build_cnnf(100, 224).named_variables()
    assert {name: tuple(weights[f"{name}/kernel"].shape) for name in LAYERS} == RELEASE_SHAPES
    assert all(tuple(weights[f"{name}/bias"].shape) == RELEASE_SHAPES[name][-1:] for name in LAYERS)


def test_the_last_layer_has_no_relu_and_no_dropout():
    network = build_cnnf(50, 32)
    images = tf.random.stateless_uniform([8, 32, 32, 3], [3, 4], -1.0, 1.0)
    assert (network(images).numpy() < 0).any()
    dropped = network(images, dropout_rate=0.9, dropout_seed=tf.constant([1, 2])).numpy()
    assert (dropped != 0).all()


def test_dropout_is_seeded_and_off_at_inference():
    network = build_cnnf(5, 32)
    images = tf.random.stateless_uniform([4, 32, 32, 3], [3, 4], -1.0, 1.0)
    plain = network(images).numpy()
    np.testing.assert_array_equal(plain, network(images).numpy())
    np.testing.assert_array_equal(
        network(images, dropout_rate=0.5, dropout_seed=tf.constant([1, 2])).numpy(),
        network(images, dropout_rate=0.5, dropout_seed=tf.constant([1, 2])).numpy(),
    )
    assert (
        network(images, dropout_rate=0.5, dropout_seed=tf.constant([1, 2])).numpy()
        != network(images, dropout_rate=0.5, dropout_seed=tf.constant([1, 3])).numpy()
    ).all()


def test_gradients_reach_every_weight():
    network = build_cnnf(5, 32)
    images = tf.random.stateless_uniform([16, 32, 32, 3], [3, 4], -1.0, 1.0)
    variables = list(network.named_variables().values())
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(network(images) ** 2)
    for name, gradient in zip(network.named_variables(), tape.gradient(loss, variables), strict=True):
        assert gradient is not None and np.abs(gradient.numpy()).max() > 0, name


def test_bfloat16_computes_near_float32_and_keeps_float32_weights():
    exact, mixed = build_cnnf(5, 32, seed=3), build_cnnf(5, 32, seed=3, precision="mixed_bfloat16")
    assert all(variable.dtype == tf.float32 for variable in mixed.named_variables().values())
    images = tf.random.stateless_uniform([4, 32, 32, 3], [3, 4], -1.0, 1.0)
    expected, found = exact(images).numpy(), mixed(images).numpy()
    assert found.dtype == np.float32
    assert 0 < np.abs(found - expected).max() < 0.05 * np.abs(expected).max()


@pytest.mark.parametrize("size", [0, 33, 100])
def test_other_sizes_are_refused(size):
    with pytest.raises(ValueError, match="multiple of 32"):
        build_cnnf(5, size)
