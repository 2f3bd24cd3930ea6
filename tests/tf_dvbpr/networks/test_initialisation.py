import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.networks.cnnf import LAYERS, build_cnnf
from tf_dvbpr.networks.initialisation import fit_to_photos

pytestmark = pytest.mark.stack


def mostly_white(count=64, size=32):
    """Product photos in small: white, with a coloured square somewhere in the middle."""
    draw = np.random.default_rng(0)
    images = np.ones([count, size, size, 3], np.float32)
    for image in images:
        top, left = draw.integers(4, 12, 2)
        image[top : top + 14, left : left + 14] = draw.uniform(-1, 1, 3)
    return tf.constant(images)


def before_relu(network, images):
    """Each layer's output before its ReLU, from the weights alone."""
    weights, x, found = network.named_variables(), images, {}
    for name in LAYERS:
        kernel, bias = weights[f"{name}/kernel"], weights[f"{name}/bias"]
        if name.startswith("conv"):
            x = tf.nn.conv2d(x, kernel, 4 if name == "conv1" else 1, "SAME") + bias
        else:
            x = tf.reshape(x, [len(x), -1]) @ kernel + bias
        found[name] = x.numpy()
        x = tf.nn.relu(x)
        if name in ("conv1", "conv2", "conv5"):
            x = tf.nn.max_pool2d(x, 2, 2, "SAME")
    return found


def test_every_unit_starts_with_mean_0_and_variance_1():
    network, images = build_cnnf(6, 32, seed=2), mostly_white()
    fit_to_photos(network, images)
    for name, output in before_relu(network, images).items():
        units = output.reshape(-1, output.shape[-1]).astype(np.float64)
        live = units.std(0) > 1e-3  # a unit that sees the same in every photo cannot be scaled
        assert live.mean() > 0.95, name
        np.testing.assert_allclose(units.mean(0), 0, atol=2e-3, err_msg=name)
        np.testing.assert_allclose(units[:, live].std(0), 1, rtol=2e-3, err_msg=name)


def test_without_it_what_differs_between_white_photos_all_but_vanishes():
    images = mostly_white()
    plain, fitted = build_cnnf(6, 32, seed=2), build_cnnf(6, 32, seed=2)
    fit_to_photos(fitted, images)

    def told_apart(network):
        styles = network(images).numpy()
        return styles.std(0).mean()

    assert told_apart(fitted) > 5 * told_apart(plain)


def test_it_is_the_same_every_time():
    first, again = (build_cnnf(6, 32, seed=2) for _ in range(2))
    for network in (first, again):
        fit_to_photos(network, mostly_white())
    for one, two in zip(first.named_variables().values(), again.named_variables().values(), strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())
