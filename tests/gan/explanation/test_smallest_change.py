import numpy as np
import pytest
import tensorflow as tf

from gan.explanation.smallest_change import smallest_change
from gan.search.maximise import Maximiser
from tests.support.toy_design import DIM, ascent, labels_of, taste_of, toy

pytestmark = pytest.mark.stack

START = np.random.default_rng(3).normal(size=[1, DIM]).astype(np.float32) / 10


@pytest.fixture(scope="module")
def search():
    networks, style = toy()
    taste = taste_of([[1.0, -0.5, 2.0]])
    slope = style @ np.array([1.0, -0.5, 2.0])
    maximiser = Maximiser(networks, ascent(steps=30, learning_rate=0.05, eta=0.0))
    return lambda goal: smallest_change(maximiser, START, labels_of([0]), taste, goal, "free"), slope


@pytest.mark.parametrize("way", [0.05, 0.3])
def test_the_goal_is_reached_with_little_more_than_the_least_drift(search, way):
    find, slope = search
    own = float((START @ slope)[0])
    goal = own + way * np.abs(slope).sum()
    found = find(goal)
    assert found.reached and found.score >= goal
    np.testing.assert_allclose(found.score, found.latent @ slope, rtol=1e-4)
    np.testing.assert_allclose(found.drift, np.abs(found.latent - START).mean(), rtol=1e-4)
    # Adam moves all pixels alike: `way` each. The least mean is no less than all of it at the steepest pixel.
    assert (goal - own) / np.abs(slope).max() / DIM <= found.drift <= 1.1 * way


def test_what_is_liked_enough_stays_as_it_is(search):
    find, slope = search
    found = find(float((START @ slope)[0]) - 0.1)
    assert found.reached and found.drift == 0
    np.testing.assert_allclose(found.latent, START[0], rtol=1e-5)


def test_a_goal_out_of_reach_gives_the_best_that_was_found(search):
    find, slope = search
    found = find(1e6)
    assert not found.reached
    # Thirty steps of .05 on every pixel.
    np.testing.assert_allclose(found.score, START @ slope + 1.5 * np.abs(slope).sum(), rtol=0.05)


def test_figures_that_are_not_finite_reach_nothing():
    networks, _ = toy(discriminate=lambda images, labels: tf.fill([tf.shape(images)[0]], np.float32(np.nan)))
    maximiser = Maximiser(networks, ascent(steps=3))
    found = smallest_change(maximiser, START, labels_of([0]), taste_of([[1.0, 0.0, 0.0]]), -1e6, "free")
    assert not found.reached
