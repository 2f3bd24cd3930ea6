import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.training.losses import bpr_loss, l2_loss, shared_bpr_loss


def test_bpr_is_the_sum_over_the_batch_by_hand():
    # ln(1 + e^-1) = 0.31326169, ln(1 + e^0) = 0.69314718, ln(1 + e^2) = 2.12692801
    loss = bpr_loss(tf.constant([1.0, 3.0, 0.0]), tf.constant([0.0, 3.0, 2.0]))
    assert loss.shape == ()
    assert loss.numpy() == pytest.approx(0.31326169 + 0.69314718 + 2.12692801, rel=1e-6)


def test_bpr_refuses_shapes_that_would_broadcast():
    with pytest.raises(ValueError, match="hape"):
        bpr_loss(tf.zeros([4]), tf.zeros([4, 1]))
    with pytest.raises(ValueError, match="hape"):
        bpr_loss(tf.zeros([4, 1]), tf.zeros([4]))
    with pytest.raises(ValueError, match="hape"):
        bpr_loss(tf.zeros([4]), tf.zeros([1]))


def test_bpr_stays_finite_for_far_apart_scores():
    assert bpr_loss(tf.constant([-1e4]), tf.constant([1e4])).numpy() == pytest.approx(2e4)


def test_shared_bpr_means_over_allowed_negatives_and_sums_over_positives():
    positive = tf.constant([1.0, 0.0])
    negative = tf.constant([[0.0, 1.0, 5.0], [2.0, 7.0, 7.0]])
    allowed = tf.constant([[True, True, False], [True, False, False]])
    expected = (0.31326169 + 0.69314718) / 2 + 2.12692801
    assert shared_bpr_loss(positive, negative, allowed).numpy() == pytest.approx(expected, rel=1e-6)


def test_a_row_without_allowed_negatives_adds_nothing():
    loss = shared_bpr_loss(tf.constant([1.0]), tf.constant([[3.0, 4.0]]), tf.constant([[False, False]]))
    assert loss.numpy() == 0.0


def test_shared_with_one_negative_each_equals_plain_bpr():
    positive, negative = tf.constant([0.3]), tf.constant([0.9])
    shared = shared_bpr_loss(positive, negative[:, None], tf.constant([[True]]))
    np.testing.assert_allclose(shared, bpr_loss(positive, negative), rtol=1e-6)


def test_l2_loss_is_half_the_squared_sum():
    assert l2_loss([tf.constant([[1.0, 2.0]]), tf.constant([3.0])]).numpy() == pytest.approx(7.0)
