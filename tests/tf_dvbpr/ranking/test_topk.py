import math

import numpy as np
import pytest

from tf_dvbpr.ranking.topk import top_k
from tfrecords.errors import InputError


def problem(seed=0, num_users=23, num_items=41):
    """Whole-number factors: exact scores with many ties."""
    rng = np.random.default_rng(seed)
    users = rng.integers(-2, 3, (num_users, 3)).astype(np.float32)
    items = rng.integers(-2, 3, (num_items, 3)).astype(np.float32)
    known = [np.sort(rng.choice(num_items, rng.integers(0, 9), replace=False)) for _ in range(num_users)]
    return users, items, known


def csr(lists):
    return np.cumsum([0, *(len(one) for one in lists)]), np.concatenate(lists).astype(np.int32)


@pytest.mark.parametrize("block_bytes", [1, 41 * 4 * 5, 2**28])
@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("k", [1, 7])
def test_equals_a_full_sort(block_bytes, filtered, k):
    users, items, known = problem()
    allowed = np.arange(41) % 3 == 0 if filtered else None
    asked = np.array([0, 22, 5, 5, 7, 8, 9])
    best, scores = top_k(users, items, asked, k, *csr(known), allowed, block_bytes)
    assert best.dtype == np.int32 and scores.dtype == np.float32
    for row, user in enumerate(asked):
        left = [i for i in range(41) if i not in known[user] and (not filtered or i % 3 == 0)]
        expected = sorted(left, key=lambda i: (-(users[user] @ items[i]), i))[:k]
        assert best[row].tolist() == expected
        assert scores[row].tolist() == [users[user] @ items[i] for i in expected]


@pytest.mark.parametrize(("num_items", "dim", "k"), [(2000, 100, 10), (37, 4097, 37), (500, 8, 499)])
def test_ranks_by_exact_scores_rounded_once(num_items, dim, k):
    """Items that differ by less than a float32 product's error are ranked by what they are, equal ones by number."""
    draw = np.random.default_rng(dim)
    users = draw.normal(size=(3, dim)).astype(np.float32)
    items = draw.normal(size=(num_items, dim)).astype(np.float32)
    items[num_items // 2 :] = items[: num_items - num_items // 2]  # twins
    items[1::7] = items[::7][: len(items[1::7])] * np.float32(1 + 2**-23)  # nearly twins
    best, scores = top_k(users, items, np.arange(3), k, np.zeros(4, int), np.empty(0, int))
    for user in range(3):
        exact = [math.fsum(map(math.prod, zip(users[user].tolist(), item.tolist(), strict=True))) for item in items]
        rounded = np.array(exact, np.float32)
        expected = sorted(range(num_items), key=lambda item: (-rounded[item], item))[:k]
        assert best[user].tolist() == expected
        assert scores[user].tolist() == rounded[expected].tolist()


def test_places_that_no_item_is_left_for_are_marked():
    users, items = np.ones((2, 1)), np.array([[1.0], [2.0], [3.0]])
    best, scores = top_k(users, items, np.array([0, 1]), 5, [0, 1, 4], [2, 0, 1, 2])
    assert best.tolist() == [[1, 0, -1, -1, -1], [-1] * 5]
    np.testing.assert_array_equal(scores[0], [2.0, 1.0, np.nan, np.nan, np.nan])
    assert np.isnan(scores[1]).all()


def test_nobody_knows_anything():
    best, _ = top_k(np.ones((2, 1)), np.array([[1.0], [0.0]]), np.array([1]), 2, [0, 0, 0], np.empty(0, np.int32))
    assert best.tolist() == [[0, 1]]


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="k must be at least 1"):
        top_k(np.ones((1, 1)), np.ones((2, 1)), np.array([0]), 0, [0, 0], [])
    with pytest.raises(InputError, match="item factors are not finite"):
        top_k(np.ones((1, 1)), np.array([[np.nan], [1.0]]), np.array([0]), 1, [0, 0], [])
