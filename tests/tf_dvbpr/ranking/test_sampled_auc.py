import numpy as np
import pytest

from tf_dvbpr.ranking import auc, sampled_auc
from tfrecords.errors import InputError


def problem(num_users=40, num_items=100, seed=0):
    rng = np.random.default_rng(seed)
    users = rng.integers(-2, 3, (num_users, 3)).astype(np.float32)
    items = rng.integers(-2, 3, (num_items, 3)).astype(np.float32)
    bought = [np.sort(rng.choice(num_items, 6, replace=False)) for _ in range(num_users)]
    targets = np.array([int(mine[-1]) for mine in bought])
    train = [mine[:-1] for mine in bought]
    return users, items, targets, train


def csr(lists):
    return np.cumsum([0, *(len(one) for one in lists)]), np.concatenate(lists).astype(np.int32)


def test_drawing_every_item_once_is_the_double_loop():
    # 100 draws out of 100 items without repetition: nothing is left to chance.
    users, items, targets, train = problem()
    expected = []
    for u, target in enumerate(targets):
        others = [j for j in range(100) if j != target and j not in train[u]]
        expected.append(np.mean([users[u] @ items[target] > users[u] @ items[j] for j in others]))
    np.testing.assert_allclose(sampled_auc.user_auc(users, items, targets, *csr(train)), expected, atol=1e-12)


def test_only_training_items_and_the_target_are_skipped():
    # Scores 3 2 1 0. The user trained on item 0, holds out item 2; item 3 may be held out elsewhere and still counts.
    users, items = np.ones((1, 1)), np.array([[3.0], [2.0], [1.0], [0.0]])
    assert sampled_auc.user_auc(users, items, [2], [0, 1], [0]) == pytest.approx([0.5])


def test_equal_scores_are_losses():
    assert sampled_auc.user_auc(np.ones((1, 3)), np.ones((50, 3)), [7], [0, 1], [0]).tolist() == [0.0]


def test_users_without_target_or_without_any_other_item():
    values = sampled_auc.user_auc(np.ones((2, 1)), np.ones((3, 1)), [-1, 0], [0, 0, 2], [1, 2])
    assert np.isnan(values).all()


def test_draws_follow_from_the_seed():
    users, items, targets, train = problem(num_items=1000)
    first, again, other = (sampled_auc.user_auc(users, items, targets, *csr(train), seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_estimates_the_exact_value():
    rng = np.random.default_rng(5)
    users, items = rng.normal(size=(1500, 8)), rng.normal(size=(2000, 8))
    targets = rng.integers(0, 2000, 1500)
    nothing = np.zeros(1501, int), np.empty(0, np.int32)
    sampled = sampled_auc.user_auc(users, items, targets, *nothing)
    exact = auc.user_auc(users, items, targets, np.arange(1501), targets)
    # A user's estimate has the deviation of 100 coin tosses, .05 at most.
    difference = sampled - exact
    assert abs(difference.mean()) < 4 * 0.05 / np.sqrt(1500)
    assert 0.02 < difference.std() < 0.05


def test_factors_that_are_not_finite_are_refused():
    with pytest.raises(InputError, match="not finite"):
        sampled_auc.user_auc(np.full((1, 1), np.nan), np.ones((3, 1)), [0], [0, 0], [])


def test_evaluate_a_data_set(planted):
    rng = np.random.default_rng(1)
    factors = rng.normal(size=(planted.num_users, 4)), rng.normal(size=(planted.num_items, 4))
    report = sampled_auc.evaluate(factors, planted, "test", seed=2)
    values = sampled_auc.user_auc(*factors, planted.test, planted.train_indptr, planted.train_items, seed=2)
    cold = planted.item_counts[planted.test] < 5
    assert (report.split, report.all_users, report.cold_users) == ("test", 60, cold.sum())
    assert report.all == pytest.approx(values.mean()) and report.cold == pytest.approx(values[cold].mean())
    with pytest.raises(InputError, match="not of data set"):
        sampled_auc.evaluate((factors[0], factors[1][1:]), planted, "test")
