import itertools

import numpy as np
import pytest
from scipy import stats

from tf_dvbpr.comparison.paired_statistics import bootstrap_intervals, holm, paired_statistics, wilcoxon


def test_holm_by_hand():
    # Sorted: .01 * 4, .02 * 3, .03 * 2, .2 * 1; the third, .06, is not below the second, .06.
    assert holm([0.03, 0.01, 0.2, 0.02]) == pytest.approx([0.06, 0.04, 0.2, 0.06])
    # .01 * 3 = .03; .02 * 2 = .04; .035 * 1 would be under .04.
    assert holm([0.035, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])
    assert holm([0.4, 0.6]) == pytest.approx([0.8, 0.8])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([0.7]) == [0.7] and holm([]) == []


def exact_p(differences):
    """Every assignment of signs to the ranks, counted."""
    ranks = np.argsort(np.argsort(np.abs(differences))) + 1
    observed = ranks[differences > 0].sum()
    sums = [np.dot(ranks, signs) for signs in itertools.product((0, 1), repeat=len(ranks))]
    below, above = np.mean(np.array(sums) <= observed), np.mean(np.array(sums) >= observed)
    return min(1.0, 2 * min(below, above))


@pytest.mark.parametrize("seed", range(4))
def test_few_differences_have_an_exact_p(seed):
    differences = np.random.default_rng(seed).normal(0.4, 1, 9)
    p, side = wilcoxon(differences)
    assert p == pytest.approx(exact_p(differences))
    ranks = stats.rankdata(np.abs(differences))
    assert side == np.sign(ranks @ np.sign(differences))


def normal_p(differences):
    """Pratt's zeros and the correction for ties, written out."""
    size = np.abs(differences)
    ranks = np.array([np.mean(np.flatnonzero(np.sort(size) == one)) + 1 for one in size])
    kept = ranks[size > 0]
    mean, variance = kept.sum() / 2, (kept**2).sum() / 4
    z = (ranks[differences > 0].sum() - mean) / np.sqrt(variance)
    return 2 * stats.norm.sf(abs(z))


@pytest.mark.parametrize("seed", range(3))
def test_ties_and_zeros_by_the_normal_approximation(seed):
    differences = np.random.default_rng(seed).integers(-3, 5, 80) / 10
    assert (differences == 0).any()
    assert wilcoxon(differences)[0] == pytest.approx(normal_p(differences), rel=1e-6)


def test_many_differences_are_scipys():
    differences = np.random.default_rng(5).normal(0.1, 1, 300)
    assert wilcoxon(differences)[0] == pytest.approx(stats.wilcoxon(differences).pvalue)


def test_no_difference_at_all():
    assert wilcoxon(np.zeros(30)) == (1.0, 0)
    same = np.random.default_rng(0).random(30)
    (pair,) = paired_statistics({"A": same, "B": same.copy()})
    assert (pair["difference"], pair["se"], pair["low"], pair["high"]) == (0, 0, 0, 0)
    assert pair["p_holm"] == 1 and pair["winner"] is None


def test_the_interval_is_that_of_resampled_means_and_seeded():
    differences = np.random.default_rng(1).normal([0.5, -0.2], 1.0, (400, 2))
    low, high = bootstrap_intervals(differences, seed=3, resamples=4000)
    again = bootstrap_intervals(differences, seed=3, resamples=4000)
    np.testing.assert_array_equal([low, high], again)
    assert (bootstrap_intervals(differences, seed=4, resamples=4000)[0] != low).all()
    for column in range(2):
        of = stats.bootstrap(
            (differences[:, column],), np.mean, n_resamples=4000, method="percentile", random_state=9
        ).confidence_interval
        # The ends of two draws of 4000 differ by a small part of the standard error, .05.
        assert (low[column], high[column]) == pytest.approx((of.low, of.high), abs=0.008)


def test_blocks_of_draws_are_one_draw(monkeypatch):
    from tf_dvbpr.comparison import paired_statistics as module

    differences = np.random.default_rng(1).normal(size=(50, 3))
    whole = bootstrap_intervals(differences, 0, 64)
    monkeypatch.setattr(module, "_DRAWS", 50 * 16)
    np.testing.assert_allclose(bootstrap_intervals(differences, 0, 64), whole, rtol=0, atol=1e-12)


def test_every_pair_over_the_users_of_the_group():
    random = np.random.default_rng(2)
    good, bad = random.random(200) * 0.2 + 0.8, random.random(200) * 0.2 + 0.7
    like = good + random.normal(0, 0.01, 200)
    for values in (good, bad, like):
        values[7] = np.nan
    pairs = paired_statistics({"good": good, "bad": bad, "like": like}, resamples=500)
    assert [(pair["name"], pair["rival"]) for pair in pairs] == [("good", "bad"), ("good", "like"), ("bad", "like")]
    assert [pair["winner"] for pair in pairs] == ["good", None, "like"]
    difference = np.delete(good - bad, 7)
    assert pairs[0]["users"] == 199 and pairs[0]["difference"] == pytest.approx(difference.mean())
    assert pairs[0]["se"] == pytest.approx(difference.std(ddof=1) / np.sqrt(199))
    assert [pair["p_holm"] for pair in pairs] == holm([pair["p"] for pair in pairs])
    assert pairs[2]["difference"] < 0 and pairs[2]["high"] < 0


def test_no_win_where_ranks_and_mean_disagree():
    # A few large losses outweigh many small gains: the mean says B, the ranks say A.
    differences = np.concatenate([np.full(180, 0.01), np.full(20, -0.5)]) + np.linspace(0, 1e-4, 200)
    (pair,) = paired_statistics({"A": 0.5 + differences, "B": np.full(200, 0.5)}, resamples=500)
    assert pair["p_holm"] < 0.01 and pair["high"] < 0 and pair["winner"] is None


def test_no_win_where_holm_takes_it_away():
    random = np.random.default_rng(11)
    base = random.random(60)
    models = {"A": base, "B": base + random.normal(0.055, 0.2, 60)}
    (pair,) = paired_statistics(models, resamples=2000)
    assert pair["p"] < 0.05 and pair["low"] < pair["high"] < 0 and pair["winner"] == "B"
    noise = {f"N{number}": base + random.normal(0, 0.2, 60) for number in range(8)}
    several = paired_statistics({**models, **noise}, resamples=500)
    assert several[0]["p"] == pair["p"] and several[0]["p_holm"] > 0.05 and several[0]["winner"] is None


@pytest.mark.parametrize("users", [0, 1])
def test_too_few_users_have_no_figures(users):
    values = np.full(5, np.nan)
    values[:users] = 0.5
    (pair,) = paired_statistics({"A": values, "B": values - 0.1})
    assert pair["users"] == users and np.isnan(pair["p"]) and pair["winner"] is None
    assert np.isnan(pair["difference"]) == (users == 0)


def test_one_model_makes_no_pair_and_other_users_are_refused():
    assert paired_statistics({"A": np.ones(3)}) == []
    with pytest.raises(ValueError, match="different users"):
        paired_statistics({"A": np.array([1, np.nan]), "B": np.array([np.nan, 1])})
