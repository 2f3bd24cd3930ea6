"""The upsampling generator and its layers against an independent rewrite."""

import numpy as np
import pytest
import tensorflow as tf

from gan.networks.conditional_norm import ConditionalNorm
from gan.networks.upsampling_conv import UpsamplingConv
from gan.networks.upsampling_generator import build_upsampling_generator
from tests.gan.networks.test_networks import EPSILON, convolve, fill, leaky

pytestmark = pytest.mark.stack


def enlarged(x):
    return x.repeat(2, 1).repeat(2, 2)


def conditioned(x, weights, name, condition, batch):
    mean = x.mean((0, 1, 2)) if batch else weights[f"{name}/moving_mean"]
    variance = x.var((0, 1, 2)) if batch else weights[f"{name}/moving_variance"]
    scale, shift = np.split(condition @ weights[f"{name}/kernel"] + weights[f"{name}/bias"], 2, 1)
    return (1 + scale[:, None, None]) * (x - mean) / np.sqrt(variance + EPSILON) + shift[:, None, None]


def test_the_convolution_is_one_of_the_enlarged_map():
    draw = np.random.default_rng(0)
    x = draw.normal(size=[2, 5, 3, 4]).astype(np.float32)
    layer = UpsamplingConv((4, 6), seed=1, name="conv")
    kernel = layer.kernel.numpy()
    expected = tf.nn.conv2d(enlarged(x), kernel, 1, "SAME")
    np.testing.assert_allclose(layer(x), expected, rtol=1e-4, atol=1e-6)
    assert 0.015 < kernel.std() < 0.025


def test_the_norms_statistics_move_in_training_alone():
    x = np.random.default_rng(0).normal(3, 2, [4, 6, 6, 5]).astype(np.float32)
    norm, condition = ConditionalNorm(5, 3, name="norm"), np.eye(4, 3, dtype=np.float32)
    norm(x, condition, training=False)
    np.testing.assert_array_equal(norm.moving_mean.numpy(), np.zeros(5))
    norm(x, condition, training=True)
    np.testing.assert_allclose(norm.moving_mean.numpy(), 0.1 * x.mean((0, 1, 2)), rtol=1e-5)
    unbiased = x.var((0, 1, 2), ddof=1)
    np.testing.assert_allclose(norm.moving_variance.numpy(), 0.9 + 0.1 * unbiased, rtol=1e-5)


def test_no_latents_make_no_images():
    network = build_upsampling_generator(32, 5, 2, width=8)
    assert network.inference(tf.zeros([0, 5]), tf.zeros([0, 2])).shape == (0, 32, 32, 3)


@pytest.mark.parametrize("training", [False, True])
def test_the_images_are_those_of_the_rewrite(training):
    network = build_upsampling_generator(32, 5, 2, width=32)
    weights = fill(network)
    draw = np.random.default_rng(1)
    z, c = draw.normal(size=[3, 5]).astype(np.float32), np.eye(2, dtype=np.float32)[[0, 1, 1]]
    condition = np.concatenate([z, c], 1)
    x = (condition @ weights["dense/kernel"] + weights["dense/bias"]).reshape(3, 4, 4, 32)
    for number in range(3):
        x = leaky(conditioned(x, weights, f"norm{number}", condition, training))
        x = convolve(enlarged(x), weights[f"conv{number}/kernel"], 1) + weights[f"conv{number}/bias"]
    x = leaky(conditioned(x, weights, "norm3", condition, training))
    expected = np.tanh(convolve(x, weights["image/kernel"], 1) + weights["image/bias"])
    np.testing.assert_allclose(network(z, c, training=training), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("size", "channels"), [(32, [64, 64, 32, 16]), (128, [64, 64, 32, 16, 16, 16])])
def test_the_maps_have_half_the_channels_at_twice_the_side(size, channels):
    network = build_upsampling_generator(size, 5, 2, width=64)
    assert [conv.kernel.shape[2] for conv in network.convs] + [network.image.kernel.shape[2]] == channels
    assert network(tf.zeros([1, 5]), tf.zeros([1, 2])).shape == (1, size, size, 3)
    assert network.named_variables().keys() > network.named_trainables().keys()
    assert len(network.trainable_variables) == len(network.named_trainables())


def test_the_seed_fixes_the_weights():
    one, same, other = (build_upsampling_generator(32, 5, 2, width=8, seed=seed) for seed in (1, 1, 2))
    for name, value in one.named_variables().items():
        np.testing.assert_array_equal(value, same.named_variables()[name])
        if name.endswith("kernel"):
            assert np.abs(value.numpy() - other.named_variables()[name].numpy()).max() > 1e-3
