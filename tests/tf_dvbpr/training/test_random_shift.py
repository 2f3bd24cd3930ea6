"""Shifted photos: every place is reached, what comes in is white, a gradient flows back."""

import numpy as np
import tensorflow as tf

from tf_dvbpr.training.random_shift import random_shift


def test_shifts_are_whole_pixels_in_both_directions_and_white_comes_in():
    image = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(1, 4, 4, 3)
    draws = [[0.0, 0.5, 0.999, 0.5], [0.5, 0.5, 0.999, 0.0]]
    shifted = random_shift(tf.constant(np.repeat(image, 4, 0)), 1, tf.constant(draws), 255).numpy()
    white = np.full((1, 6, 6, 3), 255, np.uint8)
    white[:, 1:5, 1:5] = image
    corners = [(0, 1), (1, 1), (2, 2), (1, 0)]
    for found, (down, right) in zip(shifted, corners, strict=True):
        np.testing.assert_array_equal(found, white[0, down : down + 4, right : right + 4])


def test_the_gradient_of_what_stays_is_one():
    image = tf.ones([1, 4, 4, 3])
    with tf.GradientTape() as tape:
        tape.watch(image)
        total = tf.reduce_sum(random_shift(image, 1, tf.constant([[0.999], [0.5]]), 1.0))
    gradient = tape.gradient(total, image).numpy()
    np.testing.assert_array_equal(gradient[0, 0], 0.0)
    np.testing.assert_array_equal(gradient[0, 1:], 1.0)
