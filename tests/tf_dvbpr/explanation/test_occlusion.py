import numpy as np
import tensorflow as tf

from tf_dvbpr.explanation.occlusion import occlusion


def test_of_a_sum_over_pixels_each_gets_the_mean_of_the_squares_over_it():
    side = 16
    draw = np.random.default_rng(0)
    image = draw.uniform(-1, 1, [side, side, 3]).astype(np.float32)
    kernel = draw.normal(size=[side, side, 3]).astype(np.float32)
    tastes = np.array([[2.0], [-1.0]], np.float32)
    found = occlusion(lambda x: tf.reduce_sum(x * kernel, [1, 2, 3])[:, None], image, tastes)
    terms = (kernel * (image - 1)).sum(-1)
    # Squares of two pixels that move by one.
    sums = terms[:-1, :-1] + terms[1:, :-1] + terms[:-1, 1:] + terms[1:, 1:]
    for row in range(side):
        for column in range(side):
            over = sums[max(0, row - 1) : row + 1, max(0, column - 1) : column + 1]
            np.testing.assert_allclose(found[:, row, column], over.mean() / 4 * tastes[:, 0], rtol=1e-3, atol=1e-3)


def test_white_can_lose_nothing():
    found = occlusion(lambda x: tf.reduce_sum(x, [1, 2, 3])[:, None], np.ones([20, 20, 3], np.float32), np.ones([1, 1]))
    np.testing.assert_array_equal(found, 0)
