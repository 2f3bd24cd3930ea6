"""Equal items tie bitwise wherever scores are compared, at every number of users and of items."""

import numpy as np
import pytest

from tf_dvbpr.ranking import auc, sampled_auc
from tf_dvbpr.ranking.percentiles import count_below
from tf_dvbpr.ranking.score_matrix import score_matrix
from tf_dvbpr.ranking.topk import top_k

pytestmark = pytest.mark.stack

WIDTHS = [2, 7, 9, 15, 31, 33, 65, 100]  # of catalogues; products are computed in tiles of a power of two
DIMS = [8, 50]


def equal_items(num_users, num_items, dim):
    draw = np.random.default_rng(num_users + num_items + dim)
    users = draw.normal(size=(num_users, dim)).astype(np.float32)
    items = np.repeat(draw.normal(size=(1, dim)), num_items, axis=0).astype(np.float32)
    targets = draw.integers(0, num_items, num_users)
    return users, items, targets, np.arange(num_users + 1), targets.astype(np.int32)


# Blocks of one user each, blocks of two with one left over, and one block.
@pytest.mark.slow
@pytest.mark.parametrize(("num_users", "block"), [(1, 1), (2, 1), (3, 2), (5, 5)])
@pytest.mark.parametrize("num_items", WIDTHS)
def test_equal_items_are_no_win_of_the_auc(num_users, block, num_items):
    for dim in DIMS:
        problem, block_bytes = equal_items(num_users, num_items, dim), 4 * num_items * block
        assert auc.user_auc(*problem, block_bytes=block_bytes).tolist() == [0] * num_users
        assert auc.user_auc(*problem, ties="half", block_bytes=block_bytes).tolist() == [0.5] * num_users
        assert sampled_auc.user_auc(*problem[:3], np.zeros(num_users + 1, int), []).tolist() == [0] * num_users


@pytest.mark.parametrize("num_users", [1, 2, 3])
@pytest.mark.parametrize("num_items", WIDTHS)
def test_equal_items_score_and_rank_the_same(num_users, num_items):
    for dim in DIMS:
        users, items, *_ = equal_items(num_users, num_items, dim)
        scores = score_matrix(users, items)
        assert scores.shape == (num_users, num_items) and (scores == scores[:, :1]).all()
        np.testing.assert_allclose(scores, users.astype(np.float64) @ items.T, rtol=1e-5, atol=1e-5)
        nothing = np.zeros(num_users + 1, int), np.zeros(0, int)
        best, scores = top_k(users, items, np.arange(num_users), num_items, *nothing)
        assert best.tolist() == [list(range(num_items))] * num_users
        assert (scores == scores[:, :1]).all()


@pytest.mark.parametrize("num_users", [1, 2, 3])
@pytest.mark.parametrize("num_items", WIDTHS)
def test_a_photo_equal_to_all_items_is_above_none(num_users, num_items):
    for dim in DIMS:
        users, items, *_ = equal_items(num_users, num_items, dim)
        for block_bytes in (1, 2**20):
            assert not count_below(users, items, items[:2], block_bytes).any()


@pytest.mark.parametrize("num_users", [1, 2, 7])
def test_auc_is_what_whole_numbers_give(num_users):
    # Whole numbers are exact in every order of summing; every item is there three times.
    draw = np.random.default_rng(num_users)
    users, items = draw.integers(-4, 5, (num_users, 16)), np.tile(draw.integers(-4, 5, (11, 16)), (3, 1))
    targets = draw.integers(0, len(items), num_users)
    scores = users @ items.T
    own = scores[np.arange(num_users), targets][:, None]
    wins, ties = (scores < own).sum(1), (scores == own).sum(1) - 1
    rest = len(items) - 1
    found = [
        auc.user_auc(users, items, targets, np.arange(num_users + 1), targets, ties=kind, block_bytes=1)
        for kind in auc.TIES
    ]
    np.testing.assert_allclose(found, [wins / rest, (wins + ties / 2) / rest], rtol=0, atol=1e-15)
