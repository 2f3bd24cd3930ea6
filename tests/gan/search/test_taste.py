"""Whose taste a design is made for: scores of one and of several, by hand."""

import numpy as np
import pytest
import tensorflow as tf

from gan.search.taste import Taste

USERS = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0], [0.0, 0.0]], np.float32)
ITEMS = np.array([[1.0, 0.0], [3.0, 1.0], [-1.0, 2.0]], np.float32)
STYLE = tf.constant([[2.0, 0.5]])


def of(members, **given):
    return Taste.of(USERS, ITEMS, np.array(members), **given)


def test_one_users_score_is_the_product():
    # (2, .5) . (1, 0) and . (0, 2) and . (1, 1)
    np.testing.assert_allclose(of([[0], [1], [2]]).score(tf.repeat(STYLE, 3, 0)), [2.0, 1.0, 2.5])


def test_the_mean_is_weighted():
    # Own scores 2, 1, 2.5.
    np.testing.assert_allclose(of([[0, 1, 2]]).score(STYLE), [5.5 / 3], rtol=1e-6)
    np.testing.assert_allclose(of([[0, 1, 2]], weights=[[2, 1, 1]]).score(STYLE), [7.5 / 4], rtol=1e-6)
    np.testing.assert_allclose(of([[0, 1, 2]], weights=[[0, 30, 0]]).score(STYLE), [1.0], rtol=1e-6)
    np.testing.assert_allclose(of([[0, 1, 2]]).members(STYLE), [[2.0, 1.0, 2.5]])


def test_the_minimum_is_of_standardised_scores():
    # User 0 scores the items 1, 3, -1: mean 1, deviation sqrt(8/3). User 1: 0, 2, 4: mean 2, the same deviation.
    # (2 - 1) / 1.633 = .612 and (1 - 2) / 1.633 = -.612.
    np.testing.assert_allclose(of([[0, 1]], group="minimum").score(STYLE), [-((3 / 8) ** 0.5)], rtol=1e-5)


def test_a_member_of_larger_scores_has_no_more_say_in_the_minimum():
    one, other = (
        Taste.of(USERS * np.array([[scale], [1], [1], [1]]), ITEMS, [[0, 1]], group="minimum")
        for scale in (1.0, 1000.0)
    )
    np.testing.assert_allclose(other.score(STYLE), one.score(STYLE), rtol=1e-4)


def test_means_and_deviations_are_those_of_all_scores():
    draw = np.random.default_rng(0)
    users, items = draw.normal(1, 3, [7, 5]), draw.normal(-2, 1, [400, 5])
    members = draw.integers(0, 7, [3, 4])
    taste = Taste.of(users, items, members, group="minimum")
    scores = users[members] @ items.T
    np.testing.assert_allclose(taste.means, scores.mean(2), rtol=1e-5)
    np.testing.assert_allclose(taste.deviations, scores.std(2), rtol=1e-5)


def test_who_likes_all_alike_has_no_say_but_no_nan():
    # User 3's scores are all 0: 0 once standardised, above user 1's -.612 and below user 0's .612.
    np.testing.assert_allclose(of([[3, 0], [3, 1]], group="minimum").score(tf.repeat(STYLE, 2, 0)), [0.0, -0.6123724])
    np.testing.assert_array_equal(of([[3]], group="minimum").deviations, [[1.0]])


@pytest.mark.parametrize("group", ["mean", "minimum"])
def test_of_items_scores_many_as_score_does(group):
    draw = np.random.default_rng(1)
    users, items = (draw.normal(size=[count, 4]).astype(np.float32) for count in (6, 50))
    taste = Taste.of(users, items, [[0, 3, 5]], [[1, 2, 5]], group)
    rows = taste.rows(tf.zeros([50], tf.int32))
    np.testing.assert_allclose(taste.of_items(items), rows.score(tf.constant(items)), rtol=1e-4, atol=1e-5)


def test_rows_picks_queries():
    taste = of([[0, 1], [2, 3]], weights=[[1, 3], [1, 0]], group="minimum")
    picked = taste.rows(tf.constant([1, 0, 1]))
    assert picked.group == "minimum"
    np.testing.assert_array_equal(picked.factors, USERS[[[2, 3], [0, 1], [2, 3]]])
    np.testing.assert_array_equal(picked.weights, [[1, 0], [0.25, 0.75], [1, 0]])
    np.testing.assert_array_equal(picked.means, taste.means.numpy()[[1, 0, 1]])


@pytest.mark.parametrize("weights", [[[-1, 2]], [[0, 0]], [[np.nan, 1]], [[1]], [1, 1]])
def test_weights_that_weigh_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="weights: a number of at least 0 for each member"):
        of([[0, 1]], weights=weights)


def test_another_group_is_refused():
    with pytest.raises(ValueError, match="group: one of mean, minimum expected, got maximum"):
        of([[0, 1]], group="maximum")
