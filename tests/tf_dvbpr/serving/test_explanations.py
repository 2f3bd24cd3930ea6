"""Explanations inside a graph, by a network whose integrated gradients are known."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tf_dvbpr.serving.explanations import PARTS, explanations

SIZE, DIM = 16, 3


class Linear(tf.Module):
    """Style vectors that are linear in the image: an integrated gradient is weight times difference to white."""

    image_size = SIZE

    def __init__(self):
        self.weights = np.random.default_rng(0).normal(size=[SIZE, SIZE, 3, DIM]).astype(np.float32)

    def style_vectors(self, images):
        return tf.tensordot(images, self.weights, 3)


def test_contributions_are_those_of_a_linear_network():
    network, random = Linear(), np.random.default_rng(1)
    photos = random.integers(0, 256, [2, SIZE, SIZE, 3], np.uint8)
    tastes = random.normal(size=[3, DIM]).astype(np.float32)
    rows = [1, 0, 1]
    pngs, scores, whites, parts = explanations(
        network, tf.constant(tastes), tf.constant(photos), tf.constant(rows), tf.constant([True, False, True])
    )
    assert pngs.numpy()[1] == b"" and np.isnan(scores[1]) and np.isnan(whites[1]) and np.isnan(parts[1]).all()
    for pair in (0, 2):
        image = photos[rows[pair]] / np.float64(127.5) - 1
        weights = network.weights @ np.float64(tastes[pair])
        assert float(scores[pair]) == pytest.approx((weights * image).sum(), abs=1e-3)
        assert float(whites[pair]) == pytest.approx(weights.sum(), abs=1e-3)
        squares = (weights * (image - 1)).sum(-1).reshape(PARTS, 2, PARTS, 2).sum((1, 3))
        np.testing.assert_allclose(parts[pair], squares, atol=1e-3)
        with Image.open(io.BytesIO(pngs.numpy()[pair])) as picture:
            assert picture.format == "PNG" and picture.mode == "RGB"
