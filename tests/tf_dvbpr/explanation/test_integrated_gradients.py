import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.explanation.integrated_gradients import completeness_gap, integrated_gradients, scores_beside_white
from tf_dvbpr.networks.cnnf import build_cnnf

pytestmark = pytest.mark.stack

SIDE = 4


@pytest.fixture
def photo():
    return tf.constant(np.random.default_rng(0).uniform(-1, 1, [SIDE, SIDE, 3]), tf.float32)


def weights(count=2):
    return np.random.default_rng(1).normal(size=[SIDE * SIDE * 3, count]).astype(np.float32)


def test_of_a_linear_score_each_pixel_gets_its_own_term(photo):
    kernel, tastes = weights(), np.array([[1.0, 0.0], [2.0, -3.0]], np.float32)
    found = integrated_gradients(lambda x: tf.reshape(x, [-1, SIDE * SIDE * 3]) @ kernel, photo, tastes, 1)
    terms = (photo.numpy() - 1).reshape(-1, 1) * (kernel @ tastes.T)
    np.testing.assert_allclose(found, terms.reshape(SIDE, SIDE, 3, 2).sum(2).transpose(2, 0, 1), rtol=1e-4, atol=1e-5)


def test_of_a_cubic_score_the_integral_is_the_antiderivative(photo):
    """s = sum x^3: the integral of 3 (1 + a d)^2 d over a is (1 + d)^3 - 1, d = x - 1, the pixel's own difference."""
    found = integrated_gradients(lambda x: tf.reduce_sum(x**3, [1, 2, 3])[:, None], photo, tf.constant([[1.0]]), 256)
    np.testing.assert_allclose(found[0], (photo.numpy() ** 3 - 1).sum(-1), atol=1e-3)


def test_where_one_step_is_exact_for_a_line_only_the_gap_shows_the_error(photo):
    def cubic(x):
        return tf.reduce_sum(x**3, [1, 2, 3])[:, None]

    tastes = tf.constant([[1.0]])
    score, white = scores_beside_white(cubic, photo, tastes)
    np.testing.assert_allclose([score[0], white[0]], [np.sum(photo.numpy() ** 3), SIDE * SIDE * 3], rtol=1e-5)
    few, many = (completeness_gap(integrated_gradients(cubic, photo, tastes, n), score, white)[0] for n in (32, 512))
    # The midpoint rule's error goes with the square of the step.
    assert abs(few) > 100 * abs(many) or abs(many) < 1e-3
    assert abs(few) < 0.05


def test_a_network_s_attributions_add_up_and_white_pixels_get_none():
    network = build_cnnf(3, 32, seed=3)
    pixels = np.random.default_rng(2).uniform(-1, 1, [32, 32, 3]).astype(np.float32)
    pixels[:8] = 1.0
    tastes = tf.constant(np.random.default_rng(3).normal(size=[2, 3]), tf.float32)
    integrate = tf.function(lambda image: integrated_gradients(network, image, tastes, 256))
    found = integrate(tf.constant(pixels))
    score, white = scores_beside_white(network, tf.constant(pixels), tastes)
    np.testing.assert_array_equal(found[:, :8], 0)
    difference = (score - white).numpy()
    np.testing.assert_allclose(tf.reduce_sum(found, [1, 2]), difference, atol=0.02 * np.abs(difference).max())
