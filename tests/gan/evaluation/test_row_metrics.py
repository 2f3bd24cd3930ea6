"""The figures of a row of Table IV, of hand-made images and answers."""

import math

import numpy as np
import pytest
import tensorflow as tf

from gan.evaluation.row_metrics import figures_of, warning_of
from gan.metrics.judge import Judge


def stub(probabilities):
    """A judge that says of image n, known by its level of grey, what stands in row n."""
    known = tf.constant(probabilities, tf.float32)

    def classify(images):
        numbers = tf.cast(images[:, 0, 0, 0], tf.int32)
        return tf.cast(numbers[:, None], tf.float32), tf.gather(known, numbers)

    return Judge("own", 8, classify)


def greys(*levels):
    return np.stack([np.full([8, 8, 3], level, np.uint8) for level in levels])


def test_figures_of_plain_pictures_by_hand():
    """Twenty sure images of two kinds, each part of two one of each kind: 2 in every part."""
    sure = np.tile([[1.0, 0.0], [0.0, 1.0]], [10, 1])
    preference, realness = np.arange(20.0).reshape(10, 2), np.tile([[0.0, 1.0]], [10, 1])
    figures = figures_of(stub(sure), greys(*range(20)), preference, realness, 2)
    assert figures["quality"] == {"mean": pytest.approx(2), "spread": pytest.approx(0, abs=1e-9)}
    assert figures["preference"] == {"mean": 9.5, "spread": pytest.approx(math.sqrt((20**2 - 1) / 12))}
    assert figures["realness"] == {"mean": 0.5, "spread": 0.5}
    unsure = figures_of(stub(np.full([20, 2], 0.5)), greys(*range(20)), preference, realness, 2)
    assert unsure["quality"]["mean"] == pytest.approx(1)


def test_of_a_handful_of_images_there_is_no_quality():
    """Nineteen are nine parts of two and one of one, which would score 1 though the others score 2."""
    sure, nothing = np.tile([[1.0, 0.0], [0.0, 1.0]], [10, 1]), np.zeros([9, 2])
    figures = figures_of(stub(sure), greys(*range(18)), nothing, nothing, 2)
    assert figures["quality"] == {"mean": None, "spread": None}
    assert figures["preference"]["mean"] == 0
    assert "18 images: no classifier score of under 20" in warning_of(18)
    assert "no classifier score" not in warning_of(20)


def test_diversity_is_within_trials_alone():
    """Of plain images SSIM is (2ab + c) / (a a + b b + c) of their levels in [-1, 1], with c = (.01 * 2)^2."""
    judge, nothing = stub(np.full([256, 2], 0.5)), np.zeros([2, 2])
    alike = figures_of(judge, greys(10, 10, 200, 200), nothing, nothing, 2)
    assert alike["diversity"] == {"mean": pytest.approx(0, abs=1e-6), "spread": pytest.approx(0, abs=1e-6)}
    unlike = figures_of(judge, greys(10, 200, 10, 10), nothing, nothing, 2)["diversity"]
    a, b, c = 10 / 127.5 - 1, 200 / 127.5 - 1, 0.02**2
    pair = 1 - (2 * a * b + c) / (a * a + b * b + c)
    assert unlike == {"mean": pytest.approx(pair / 2, rel=1e-4), "spread": pytest.approx(pair / 2, rel=1e-4)}


@pytest.mark.parametrize(("trials", "k", "warned"), [(333, 3, True), (500, 2, False), (334, 3, False), (999, 2, False)])
def test_few_images_are_warned_of(trials, k, warned):
    warning = warning_of(trials * k)
    assert (warning is not None) == warned
    if warned:
        assert f"{trials * k} images" in warning
