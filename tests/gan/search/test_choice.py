"""Equation 11: which of the optimised images are shown."""

import collections
import itertools

import numpy as np
import pytest

from gan.search.choice import choose

OBJECTIVES = np.array([0.0, 1.0, 2.5])
DRAWS = 20_000


def chance(order, objectives):
    """Of this order, one image after the other by the softmax of those left."""
    left, probability = dict(enumerate(np.exp(objectives))), 1.0
    for image in order:
        probability *= left[image] / sum(left.values())
        del left[image]
    return probability


@pytest.mark.parametrize("k", [1, 2, 3])
def test_softmax_draws_one_after_the_other_without_replacement(k):
    draw = np.random.default_rng(0)
    seen = collections.Counter(tuple(choose(OBJECTIVES, k, "softmax", draw).tolist()) for _ in range(DRAWS))
    orders = list(itertools.permutations(range(3), k))
    chances = {order: chance(order, OBJECTIVES) for order in orders}
    assert sum(chances.values()) == pytest.approx(1)
    assert set(seen) <= set(orders)
    for order, probability in chances.items():
        error = (probability * (1 - probability) / DRAWS) ** 0.5
        assert abs(seen[order] / DRAWS - probability) < 4 * error, order


def test_softmax_by_hand():
    # e^0 = 1, e^ln2 = 2, e^ln5 = 5: 1/8, 2/8, 5/8; after the third, 1/3 and 2/3.
    objectives = np.log([1.0, 2.0, 5.0])
    assert chance((2, 1), objectives) == pytest.approx(5 / 8 * 2 / 3)
    draw = np.random.default_rng(1)
    firsts = [choose(objectives, 1, "softmax", draw)[0] for _ in range(DRAWS)]
    assert np.mean(np.array(firsts) == 2) == pytest.approx(5 / 8, abs=4 * (15 / 64 / DRAWS) ** 0.5)


def test_objectives_far_from_zero_neither_overflow_nor_change_the_odds():
    draws = [
        [choose(OBJECTIVES + shift, 2, "softmax", np.random.default_rng(seed)).tolist() for seed in range(50)]
        for shift in (0.0, 1e4, -1e4)
    ]
    assert draws[0] == draws[1] == draws[2]


def test_top_k_takes_the_highest_and_of_equals_the_first():
    objectives = [1.0, 7.0, -2.0, 7.0, 3.0]
    assert choose(objectives, 3).tolist() == [1, 3, 4]
    assert choose(objectives, 9).tolist() == [1, 3, 4, 0, 2]


@pytest.mark.parametrize("choice", ["top_k", "softmax"])
def test_dropped_starts_are_never_chosen(choice):
    objectives = np.array([np.nan, 0.0, np.inf, 0.5, -np.inf, 0.2])
    for seed in range(50):
        assert sorted(choose(objectives, 5, choice, np.random.default_rng(seed))) == [1, 3, 5]
    assert len(choose(np.full(3, np.nan), 2, choice, np.random.default_rng(0))) == 0
