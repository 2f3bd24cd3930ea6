import numpy as np
import pytest

from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.held_out import COLD_BELOW, SPLITS, HeldOut
from tfrecords.errors import InputError


def brute_force(users, items, targets, own, ties):
    """The formula read aloud: two loops, no matrices."""
    values = []
    for u, target in enumerate(targets):
        points, rest = 0.0, 0
        for j in range(len(items)):
            if j in own[u]:
                continue
            rest += 1
            mine, other = float(np.dot(users[u], items[target])), float(np.dot(users[u], items[j]))
            points += 1.0 if mine > other else (0.5 if ties == "half" and mine == other else 0.0)
        values.append(points / rest if target >= 0 and rest else np.nan)
    return np.array(values)


def problem(seed, num_users=37, num_items=53, dims=3, levels=2):
    """Small whole-number factors: scores are exact in float32 and many of them are equal."""
    rng = np.random.default_rng(seed)
    users = rng.integers(-levels, levels + 1, (num_users, dims)).astype(np.float32)
    items = rng.integers(-levels, levels + 1, (num_items, dims)).astype(np.float32)
    own = [set(rng.choice(num_items, rng.integers(1, 9), replace=False).tolist()) for _ in range(num_users)]
    own[0].add(0)  # user 0 holds out item 0
    targets = np.array([0] + [int(rng.choice(sorted(mine))) for mine in own[1:]], np.int32)
    targets[5] = -1
    return users, items, targets, own


def csr(own):
    indptr = np.cumsum([0] + [len(mine) for mine in own])
    return indptr, np.array([item for mine in own for item in sorted(mine)], np.int32)


@pytest.mark.parametrize("ties", auc.TIES)
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("block_bytes", [1, 53 * 4 * 10, auc.BLOCK_BYTES])
def test_equals_the_double_loop(ties, seed, block_bytes):
    users, items, targets, own = problem(seed)
    values = auc.user_auc(users, items, targets, *csr(own), ties=ties, block_bytes=block_bytes)
    np.testing.assert_allclose(values, brute_force(users, items, targets, own, ties), rtol=0, atol=1e-12)
    assert np.isnan(values[5]) and np.isfinite(np.delete(values, 5)).all()


def test_ties_make_a_difference_in_that_problem():
    users, items, targets, own = problem(0)
    strict = auc.user_auc(users, items, targets, *csr(own))
    half = auc.user_auc(users, items, targets, *csr(own), ties="half")
    assert np.nanmean(half) > np.nanmean(strict) + 0.02


@pytest.mark.parametrize("num_items", [2, 15, 16, 17, 33])
def test_every_width_of_catalogue(num_items):
    users, items = np.ones((1, 1), np.float32), np.arange(num_items, dtype=np.float32)[:, None]
    for target in range(num_items):
        value = auc.user_auc(users, items, [target], [0, 1], [target])
        assert value == pytest.approx([target / (num_items - 1)])


def test_by_hand_with_item_0_and_user_0():
    # Scores of user 0: 3 2 2 1 0. Held out: item 1; own: items 0 and 1. Left: 2 (tie), 3 and 4 (won).
    users, items = np.array([[1.0]]), np.array([[3.0], [2.0], [2.0], [1.0], [0.0]])
    assert auc.user_auc(users, items, [1], [0, 2], [0, 1]) == pytest.approx([2 / 3])
    assert auc.user_auc(users, items, [1], [0, 2], [0, 1], ties="half") == pytest.approx([2.5 / 3])
    # Item 0 held out, and it is the best of all.
    assert auc.user_auc(users, items, [0], [0, 2], [0, 1]) == pytest.approx([1.0])


def test_equal_items_tie_bitwise_whatever_their_place():
    # Real-valued factors round; rows of equal items must still score the same, at the edges of the matrix too.
    rng = np.random.default_rng(3)
    items = np.repeat(rng.normal(size=(1, 100)), 1013, axis=0).astype(np.float32)
    users = rng.normal(size=(70, 100)).astype(np.float32)
    targets = rng.integers(0, 1013, 70)
    own = [{int(target)} for target in targets]
    assert auc.user_auc(users, items, targets, *csr(own)).tolist() == [0.0] * 70
    assert auc.user_auc(users, items, targets, *csr(own), ties="half").tolist() == [0.5] * 70


def test_user_who_owns_everything_has_no_auc():
    values = auc.user_auc(np.ones((2, 1)), np.arange(3.0)[:, None], [2, 2], [0, 3, 4], [0, 1, 2, 2])
    assert np.isnan(values[0]) and values[1] == 1.0


def test_nobody_holds_out_an_item():
    assert np.isnan(auc.user_auc(np.ones((2, 1)), np.ones((3, 1)), [-1, -1], [0, 1, 2], [0, 1])).all()


@pytest.mark.parametrize(("matrix", "what"), [("users", "user factors"), ("items", "item factors")])
@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_factors_that_are_not_finite_are_refused(matrix, what, poison):
    arrays = {"users": np.ones((2, 2), np.float32), "items": np.ones((3, 2), np.float32)}
    arrays[matrix][1, 0] = poison
    with pytest.raises(InputError, match=f"{what} are not finite"):
        auc.user_auc(**{f"{k[:-1]}_factors": v for k, v in arrays.items()}, targets=[0, -1], own_indptr=[0, 1, 1],
                     own_items=[0])  # fmt: skip


def test_scores_that_overflow_are_refused():
    with pytest.raises(InputError, match="overflow"):
        auc.user_auc(np.full((1, 1), 1e20), np.full((3, 1), 1e20), [0], [0, 1], [0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ties": "lucky"}, "ties must be one of"),
        ({"targets": [9]}, "targets must lie in -1..2"),
        ({"own_items": [0, 3]}, "own_items must lie in 0..2"),
        ({"targets": [2]}, "user 0: the target is not among"),
        ({"targets": [0, 1]}, "1 users need"),
        ({"item_factors": np.ones((3, 2))}, "one D"),
    ],
)
def test_wrong_arguments_are_named(change, message):
    arguments = {
        "user_factors": np.ones((1, 1)),
        "item_factors": np.ones((3, 1)),
        "targets": [0],
        "own_indptr": [0, 2],
        "own_items": [0, 1],
    }
    with pytest.raises(ValueError, match=message):
        auc.user_auc(**(arguments | change))


def held(targets, item_counts):
    users = np.flatnonzero(targets >= 0)
    cold = np.asarray(item_counts)[targets[users]] < COLD_BELOW
    return HeldOut("test", len(targets), users, targets[users], {"all": cold | True, "warm": ~cold, "cold": cold})


def test_report_counts_cold_items_on_training_purchases_only():
    values = np.array([0.5, 1.0, np.nan, 0.0, 0.8])
    targets = np.array([0, 1, -1, 2, 1])
    # Items 0 and 1 have fewer than five purchases, item 2 has exactly five.
    report = auc.summarise(values[targets >= 0], held(targets, [0, 4, 5]))
    assert (report.split, report.all_users, report.cold_users) == ("test", 4, 3)
    assert report.all == pytest.approx(2.3 / 4)
    assert report.cold == pytest.approx(2.3 / 3)
    # Sample variances by hand: deviations from .575, and from .7667.
    assert report.all_se == pytest.approx(np.sqrt((0.075**2 + 0.425**2 + 0.575**2 + 0.225**2) / 3 / 4))
    assert report.cold_se == pytest.approx(np.sqrt(((0.8 / 3) ** 2 + (0.7 / 3) ** 2 + (0.1 / 3) ** 2) / 2 / 3))


def test_report_of_one_user_has_no_standard_error():
    report = auc.summarise(np.array([0.25]), held(np.array([0]), [7]))
    assert report.all == 0.25 and np.isnan(report.all_se)
    assert report.cold_users == 0 and np.isnan(report.cold)


def planted_factors(planted, seed=6):
    rng = np.random.default_rng(seed)
    users, items = (rng.integers(-2, 3, (rows, 3)).astype(np.float32) for rows in (60, 90))
    return Factors(users, items, planted.user_keys, planted.item_keys)


@pytest.mark.parametrize("split", SPLITS)
def test_evaluate_a_data_set(planted, split):
    factors = planted_factors(planted)
    own = [{*planted.train_of(u).tolist(), int(planted.validation[u]), int(planted.test[u])} for u in range(60)]
    targets = planted.validation if split == "validation" else planted.test
    expected = brute_force(factors.user_factors, factors.item_factors, targets, own, "half")
    in_training = [sum(target in planted.train_of(u) for u in range(60)) for target in targets]
    cold = np.array(in_training) < 5
    report = auc.evaluate(factors, planted, split, ties="half")
    assert (report.split, report.all_users, report.cold_users) == (split, 60, cold.sum())
    assert 0 < cold.sum() < 60
    assert report.all == pytest.approx(expected.mean()) and report.cold == pytest.approx(expected[cold].mean())
    assert auc.evaluate((factors.user_factors, factors.item_factors), planted, split, ties="half") == report


def test_an_unknown_split_is_named(planted):
    with pytest.raises(ValueError, match="split must be one of"):
        auc.evaluate(planted_factors(planted), planted, "train")


def test_factors_of_another_data_set_are_refused(planted):
    good = planted_factors(planted)
    with pytest.raises(InputError, match="not of data set"):
        auc.evaluate((good.user_factors[1:], good.item_factors), planted)
    shuffled = Factors(good.user_factors, good.item_factors, good.user_keys, good.item_keys[::-1].copy())
    with pytest.raises(InputError, match="same keys in the same order"):
        auc.evaluate(shuffled, planted)


def test_the_random_ranking_is_worth_a_half():
    rng = np.random.default_rng(0)
    users, items = rng.normal(size=(2000, 8)), rng.normal(size=(300, 8))
    targets = rng.integers(0, 300, 2000)
    values = auc.user_auc(users, items, targets, np.arange(2001), targets)
    report = auc.summarise(values, held(targets, np.zeros(300)))
    assert abs(report.all - 0.5) < 4 * report.all_se and report.all_se == pytest.approx(np.sqrt(1 / 12 / 2000), rel=0.1)
