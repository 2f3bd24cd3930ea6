"""Both networks against an independent rewrite of their description, layer by layer."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from gan.networks.discriminator import build_discriminator
from gan.networks.generator import build_generator

pytestmark = pytest.mark.stack

EPSILON = 1e-5


def leaky(x):
    return np.where(x > 0, x, 0.2 * x)


def fill(network, seed=0):
    """Sets every variable to random numbers; variances and scales stay positive."""
    draw = np.random.default_rng(seed)
    for name, variable in network.named_variables().items():
        value = draw.normal(0, 0.2, variable.shape)
        variable.assign(np.abs(value) + 0.5 if name.endswith(("gamma", "variance")) else value)
    return {name: variable.numpy() for name, variable in network.named_variables().items()}


def convolve(x, kernel, stride):
    """SAME convolution of [B, H, W, in] with [kh, kw, in, out], pixel by pixel."""
    side, size = x.shape[1], kernel.shape[0]
    out = -(-side // stride)
    total = max((out - 1) * stride + size - side, 0)
    before = total // 2
    padded = np.pad(x, [(0, 0), (before, total - before), (before, total - before), (0, 0)])
    y = np.zeros([len(x), out, out, kernel.shape[3]])
    for row in range(out):
        for column in range(out):
            window = padded[:, row * stride : row * stride + size, column * stride : column * stride + size]
            y[:, row, column] = np.tensordot(window, kernel, ([1, 2, 3], [0, 1, 2]))
    return y


def deconvolve(x, kernel, stride):
    """The transpose of a SAME convolution of this stride: [B, H, W, in] with [kh, kw, out, in] to stride H."""
    size, out = kernel.shape[0], x.shape[1] * stride
    total = max((x.shape[1] - 1) * stride + size - out, 0)
    before = total // 2
    padded = np.zeros([len(x), out + total, out + total, kernel.shape[2]])
    for row in range(x.shape[1]):
        for column in range(x.shape[2]):
            spread = np.tensordot(x[:, row, column], kernel, ([1], [3]))
            padded[:, row * stride : row * stride + size, column * stride : column * stride + size] += spread
    return padded[:, before : before + out, before : before + out]


def normalise(x, weights, name, batch=False):
    mean = x.mean((0, 1, 2)) if batch else weights[f"{name}/moving_mean"]
    variance = x.var((0, 1, 2)) if batch else weights[f"{name}/moving_variance"]
    return weights[f"{name}/gamma"] * (x - mean) / np.sqrt(variance + EPSILON) + weights[f"{name}/beta"]


def generate(weights, z, c, side, batch=False):
    """The release's generator: dense, then 256 s2, 256, 256 s2, 256, 128 s2, 64 s2, 3."""
    x = np.concatenate([z, c], 1) @ weights["dense/kernel"] + weights["dense/bias"]
    x = x.reshape(len(z), side, side, -1)
    for number, stride in enumerate((2, 1, 2, 1, 2, 2, 1)):
        x = leaky(normalise(x, weights, f"norm{number}", batch))
        name = f"deconv{number + 1}"
        x = deconvolve(x, weights[f"{name}/kernel"], stride) + weights[f"{name}/bias"]
    return np.tanh(x)


def discriminate(weights, x, c, batch=False):
    for number in range(4):
        planes = np.broadcast_to(c[:, None, None, :], (*x.shape[:3], c.shape[1]))
        name = f"conv{number}"
        x = convolve(np.concatenate([x, planes], 3), weights[f"{name}/kernel"], 2) + weights[f"{name}/bias"]
        x = leaky(normalise(x, weights, f"norm{number}", batch) if number else x)
    return (x.reshape(len(x), -1) @ weights["dense/kernel"] + weights["dense/bias"])[:, 0]


def inputs(count=3, dim=5, categories=2, size=32):
    draw = np.random.default_rng(1)
    z = draw.normal(size=(count, dim)).astype(np.float32)
    c = np.eye(categories, dtype=np.float32)[draw.integers(0, categories, count)]
    return z, c, draw.uniform(-1, 1, (count, size, size, 3)).astype(np.float32)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kernel", [3, 4])
def test_the_generator_computes_what_its_description_says(kernel, training):
    network = build_generator(32, 5, 2, width=8, upsampling_kernel=kernel)
    weights, (z, c, _) = fill(network), inputs()
    expected = generate(weights, z, c, 2, training)
    np.testing.assert_allclose(network(z, c, training=training), expected, atol=2e-5)


@pytest.mark.parametrize("training", [False, True])
def test_the_discriminator_computes_what_its_description_says(training):
    network = build_discriminator(32, 2, width=4)
    weights, (_, c, x) = fill(network), inputs()
    np.testing.assert_allclose(network(x, c, training=training), discriminate(weights, x, c, training), rtol=2e-4)


def test_spectral_normalisation_starts_from_a_vector_of_length_one():
    network = build_discriminator(32, 2, width=4, norm="spectral")
    for name, value in network.named_variables().items():
        if name.endswith("/singular"):
            assert np.linalg.norm(value) == pytest.approx(1, abs=1e-5), name


def test_spectral_normalisation_divides_by_the_largest_singular_value():
    network = build_discriminator(32, 2, width=4, norm="spectral")
    weights, (_, c, x) = fill(network), inputs()
    for _ in range(200):
        network.move_singular_vectors()
    for name in ("conv0", "conv1", "conv2", "conv3", "dense"):
        kernel = weights[f"{name}/kernel"]
        weights[f"{name}/kernel"] = kernel / np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]))[1][0]
    y = x
    for number in range(4):
        planes = np.broadcast_to(c[:, None, None, :], (*y.shape[:3], 2))
        y = convolve(np.concatenate([y, planes], 3), weights[f"conv{number}/kernel"], 2)
        y = leaky(y + weights[f"conv{number}/bias"])
    expected = (y.reshape(len(y), -1) @ weights["dense/kernel"] + weights["dense/bias"])[:, 0]
    np.testing.assert_allclose(network(x, c), expected, rtol=2e-3)


@pytest.mark.parametrize("training", [False, True])
def test_both_norms_together_are_batch_normalisation_of_normalised_kernels(training):
    network = build_discriminator(32, 2, width=4, norm="both")
    weights, (_, c, x) = fill(network), inputs()
    for _ in range(200):
        network.move_singular_vectors()
    for name in ("conv0", "conv1", "conv2", "conv3", "dense"):
        kernel = weights[f"{name}/kernel"]
        weights[f"{name}/kernel"] = kernel / np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]))[1][0]
    found = network(x, c, training=training)
    np.testing.assert_allclose(found, discriminate(weights, x, c, training), rtol=2e-3, atol=1e-5)


def test_the_release_has_the_sizes_that_its_description_gives():
    generator, discriminator = build_generator(64, 256, 6), build_discriminator(64, 6)
    shapes = {name: tuple(value.shape) for name, value in generator.named_variables().items()}
    assert shapes["dense/kernel"] == (262, 4 * 4 * 256)
    channels = (256, 256, 256, 256, 256, 128, 64, 3)
    for number, (before, after) in enumerate(itertools.pairwise(channels), 1):
        assert shapes[f"deconv{number}/kernel"] == (3, 3, after, before)
        assert shapes[f"norm{number - 1}/gamma"] == (before,)
    dense = 262 * 4096 + 4096
    kernels = sum(9 * a * b + b for a, b in itertools.pairwise(channels))
    norms = 4 * sum(channels[:-1])
    assert sum(np.prod(shape) for shape in shapes.values()) == dense + kernels + norms
    shapes = {name: tuple(value.shape) for name, value in discriminator.named_variables().items()}
    for number, (before, after) in enumerate(((3, 64), (64, 128), (128, 256), (256, 512))):
        assert shapes[f"conv{number}/kernel"] == (5, 5, before + 6, after)
    assert shapes["dense/kernel"] == (4 * 4 * 512, 1)
    assert "norm0/gamma" not in shapes
    assert shapes["norm3/gamma"] == (512,)


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_every_image_size_goes_through_both(size):
    generator, discriminator = build_generator(size, 5, 2, width=4), build_discriminator(size, 2, width=1)
    images = generator(tf.zeros([2, 5]), tf.one_hot([0, 1], 2))
    assert images.shape == (2, size, size, 3)
    assert discriminator(images, tf.one_hot([0, 1], 2)).shape == (2,)


def test_the_category_has_an_effect():
    generator, discriminator = build_generator(32, 5, 2, width=8), build_discriminator(32, 2, width=4)
    fill(generator), fill(discriminator)
    z, _, x = inputs()
    one, other = tf.one_hot([0, 0, 0], 2), tf.one_hot([1, 1, 1], 2)
    assert np.abs(generator(z, one) - generator(z, other)).max() > 1e-2
    assert np.abs(discriminator(x, one) - discriminator(x, other)).min() > 1e-3


def test_moving_statistics_move_in_training_alone_and_only_when_asked():
    network = build_discriminator(32, 2, width=4)
    _, c, x = inputs()

    def statistics():
        return {name: value.numpy() for name, value in network.named_variables().items() if "moving" in name}

    start = statistics()
    network(x, c)
    network(x, c, training=True, move=False)
    assert all(np.array_equal(start[name], value) for name, value in statistics().items())
    weights = {name: value.numpy() for name, value in network.named_variables().items()}
    network(x, c, training=True)
    planes = np.broadcast_to(c[:, None, None, :], (*x.shape[:3], 2))
    first = leaky(convolve(np.concatenate([x, planes], 3), weights["conv0/kernel"], 2))
    planes = np.broadcast_to(c[:, None, None, :], (*first.shape[:3], 2))
    second = convolve(np.concatenate([first, planes], 3), weights["conv1/kernel"], 2)
    np.testing.assert_allclose(statistics()["norm1/moving_mean"], 0.1 * second.mean((0, 1, 2)), atol=1e-6)
    # The kernel divides by one less than the number of values.
    count = second[..., 0].size
    variance = second.var((0, 1, 2)) * count / (count - 1)
    np.testing.assert_allclose(statistics()["norm1/moving_variance"], 0.9 + 0.1 * variance, rtol=1e-4)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others():
    one, same, other = (build_generator(32, 5, 2, width=8, seed=seed) for seed in (1, 1, 2))
    for name, value in one.named_variables().items():
        assert np.array_equal(value, same.named_variables()[name])
    assert not np.array_equal(one.named_variables()["deconv1/kernel"], other.named_variables()["deconv1/kernel"])
