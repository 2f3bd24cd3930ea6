"""The discriminator with eyes, its mixing and its heads against an independent rewrite; what of it stands still."""

import numpy as np
import pytest
import tensorflow as tf

from gan.networks.cnnf_eyes import CnnfEyes
from gan.networks.discriminator_head import Head
from gan.networks.projected_discriminator import build_projected_discriminator
from gan.networks.projection import Projection
from tests.gan.networks.test_networks import EPSILON, convolve, leaky

pytestmark = pytest.mark.stack

SIDES = (16, 8, 4, 2)


class PlainEyes:
    """Means over squares of pixels."""

    channels = (3, 3, 3, 3)

    def __call__(self, images):
        return [tf.nn.avg_pool2d(images, stride, stride, "SAME") for stride in (4, 8, 16, 32)]


def cnnf_arrays(seed=0):
    """Weights of CNN-F's convolutions."""
    draw, before, arrays = np.random.default_rng(seed), 3, {}
    for name, size, filters in (("conv1", 11, 64), ("conv2", 5, 256), *((f"conv{n}", 3, 256) for n in (3, 4, 5))):
        kernel = draw.normal(0, (2 / (size * size * before)) ** 0.5, [size, size, before, filters])
        arrays |= {f"{name}/kernel": kernel.astype(np.float32), f"{name}/bias": draw.normal(0, 0.1, filters)}
        before = filters
    return arrays


def images_of(count=3, side=32, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, [count, side, side, 3]).astype(np.float32)


def test_scales_are_mixed_from_the_coarsest_up():
    images = images_of(side=64)
    projection = Projection(PlainEyes(), 64, seed=3)
    seen = [one.numpy() for one in PlainEyes()(tf.constant(images))]
    mixed = [one.numpy() for one in projection(tf.constant(images))]
    assert [one.shape[1:] for one in mixed] == [(16, 16, 64), (8, 8, 64), (4, 4, 128), (2, 2, 256)]
    expected = seen[3] @ projection._channels[3].numpy()[0, 0]
    np.testing.assert_allclose(mixed[3], expected, rtol=1e-4, atol=1e-5)
    for scale in (2, 1, 0):
        below = convolve(expected, projection._scales[scale].numpy(), 1).repeat(2, 1).repeat(2, 2)
        expected = (seen[scale] @ projection._channels[scale].numpy()[0, 0] + below) / 2**0.5
        np.testing.assert_allclose(mixed[scale], expected, rtol=1e-3, atol=1e-4)


def test_the_mixing_is_fixed_by_its_seed():
    one, same, other = (Projection(PlainEyes(), 64, seed=seed) for seed in (1, 1, 2))
    for kernel, again, another in zip(one._channels, same._channels, other._channels, strict=True):
        np.testing.assert_array_equal(kernel, again)
        assert np.abs(kernel - another).max() > 0.1
        assert abs(kernel.numpy().var() / (2 / 3) - 1) < 0.3
    # Noted with TensorFlow 2.21: another one has to draw the same, or its discriminator would not be the one trained.
    np.testing.assert_allclose(one._channels[0][0, 0, 0, :3], [0.10340954, -0.40254635, 0.51536506], rtol=1e-5)
    np.testing.assert_allclose(one._scales[1][0, 0, 0, :3], [0.00461074, -0.01182868, 0.01394981], rtol=1e-5)


def test_eyes_see_images_at_their_own_size():
    images = tf.constant(images_of(side=32))
    found = Projection(PlainEyes(), 64)(images)
    enlarged = tf.image.resize(images, [64, 64], "bilinear")
    for one, other in zip(found, Projection(PlainEyes(), 64)(enlarged), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_head_scores_each_place_for_the_category():
    head = Head("head", 1, 8, 4, num_categories=2, seed=0, precision="float32")
    x, labels = np.random.default_rng(0).normal(size=[3, 8, 8, 5]).astype(np.float32), np.eye(2, dtype=np.float32)
    head(x, labels[[0, 1, 1]], training=False, move=True)
    for _ in range(60):
        head.move_singular_vectors()
    draw = np.random.default_rng(1)
    for name, value in head.named_variables().items():
        if not name.endswith(("kernel", "singular")):
            value.assign(np.abs(draw.normal(1, 0.2, value.shape)))
    found = head(x, labels[[0, 1, 1]], training=True, move=False)
    weights = {name: value.numpy() for name, value in head.named_variables().items()}

    def kernel(name):
        matrix = weights[f"{name}/kernel"]
        largest = np.linalg.svd(matrix.reshape(-1, matrix.shape[-1]), compute_uv=False)[0]
        return matrix / largest

    y = x
    for number, stride in ((0, 2), (1, 1)):
        y = convolve(y, kernel(f"head_conv{number}"), stride) + weights[f"head_conv{number}/bias"]
        y = (y - y.mean((0, 1, 2))) / np.sqrt(y.var((0, 1, 2)) + EPSILON)
        y = leaky(weights[f"head_norm{number}/gamma"] * y + weights[f"head_norm{number}/beta"])
    y = y @ kernel("head_scores")[0, 0] + weights["head_scores/bias"]
    expected = y[..., 0] + np.stack([y[0, ..., 1], y[1, ..., 2], y[2, ..., 2]])
    np.testing.assert_allclose(found, expected.reshape(3, 16), rtol=2e-2, atol=2e-3)


def test_the_score_is_the_mean_over_heads_and_eyes_have_no_variables():
    network = build_projected_discriminator(32, 2, CnnfEyes(cnnf_arrays()), width=4)
    labels = tf.constant(np.eye(2, dtype=np.float32)[[0, 1, 0]])
    scores = network.scores(tf.constant(images_of()), labels)
    assert [tuple(one.shape) for one in scores] == [(3, 16), (3, 16), (3, 4), (3, 1)]
    expected = np.mean([one.numpy().mean(1) for one in scores], 0)
    np.testing.assert_allclose(network(tf.constant(images_of()), labels), expected, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(network.inference(images_of(), labels), expected, rtol=1e-4, atol=1e-7)
    assert {name.split("_")[0] for name in network.named_variables()} == {f"scale{n}" for n in range(4)}
    assert len(network.trainable_variables) == len(network.named_trainables())
    assert len(network.weights) == len(network.named_variables())


def test_a_further_head_sees_the_shrunken_pixels():
    images, labels = images_of(side=32), tf.constant(np.eye(2, dtype=np.float32)[[0, 1, 0]])
    plain, more = (
        build_projected_discriminator(32, 2, PlainEyes(), width=4, pixel_side=side, seed=5) for side in (0, 8)
    )
    assert set(more.named_variables()) - set(plain.named_variables()) == {
        name for name in more.named_variables() if name.startswith("pixels_")
    }
    *scales, pixels = more.scores(tf.constant(images), labels)
    for one, other in zip(scales, plain.scores(tf.constant(images), labels), strict=True):
        np.testing.assert_array_equal(one, other)
    head = Head("pixels", 4, 8, 8, num_categories=2, seed=5, precision="float32")
    means = images.reshape(3, 8, 4, 8, 4, 3).mean((2, 4))
    head(tf.constant(means), labels, training=False, move=False)  # makes its variables
    for name, value in head.named_variables().items():
        value.assign(more.named_variables()[name])
    np.testing.assert_allclose(
        pixels, head(tf.constant(means), labels, training=False, move=False), rtol=1e-4, atol=1e-6
    )
    # A change of the pixels that the means do not show does not reach it.
    chequered = images + 0.1 * (np.indices((32, 32)).sum(0) % 2 * 2 - 1)[None, :, :, None].astype(np.float32)
    again = more.scores(tf.constant(chequered), labels)
    np.testing.assert_allclose(again[-1], pixels, rtol=1e-4, atol=1e-6)


def test_eyes_work_in_mixed_precision():
    labels = tf.constant(np.eye(2, dtype=np.float32)[[0, 1, 0]])
    full, mixed = (
        build_projected_discriminator(32, 2, PlainEyes(), width=4, precision=precision)(images_of(), labels)
        for precision in ("float32", "mixed_bfloat16")
    )
    assert mixed.dtype == tf.float32
    np.testing.assert_allclose(mixed, full, rtol=0.1, atol=1e-3)


def test_cnnf_eyes_see_what_the_recommenders_convolutions_see():
    from tf_dvbpr.networks.cnnf import build_cnnf

    network, arrays = build_cnnf(3, 64), cnnf_arrays()
    for name, value in arrays.items():
        network.named_variables()[name].assign(value)
    images = tf.constant(images_of(side=64))
    first, second, fifth, last = CnnfEyes(arrays)(images)
    assert [one.shape[1:] for one in (first, second, fifth, last)] == [
        (16, 16, 64), (8, 8, 256), (4, 4, 256), (2, 2, 256)
    ]  # fmt: skip
    np.testing.assert_allclose(first, network.conv1(images), rtol=1e-5, atol=1e-6)
    expected = network.conv2(network.pool(network.conv1(images)))
    np.testing.assert_allclose(second, expected, rtol=1e-4, atol=1e-5)
    expected = network.conv5(network.conv4(network.conv3(network.pool(expected))))
    np.testing.assert_allclose(fifth, expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(last, network.pool(expected), rtol=1e-4, atol=1e-4)
