"""Several held-out items a user, and the groups of them, by plain loops."""

import numpy as np
import pytest

from tests.support.timed_shop import draw_rows, write_timed_shop
from tf_dvbpr.comparison.ranking_metrics import ranking_metrics
from tf_dvbpr.ranking import auc, sampled_auc
from tf_dvbpr.ranking.held_out import groups_of, held_out
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig


@pytest.fixture(scope="module")
def by_date(make_folder):
    rows = draw_rows(users=30, items=30)
    rows += [("new", item, 80 + item) for item in range(5)]  # bought nothing before the date
    rows += [(f"u{user:02d}", 30 + user, when) for user, when in enumerate((55, 56, 80, 81))]  # new items
    shop = write_timed_shop(make_folder("timed") / "shop", rows, items=40)
    config = BuildConfig(source="csv", input=shop, output=shop.parent / "data", split="date=2020-03-10")
    return build_dataset(config, progress=False)


def rows_of(dataset, split):
    """[(user, items held out)] of who has any, and bought something in training."""
    indptr, items = dataset.held_out(split)
    held = [(user, items[indptr[user] : indptr[user + 1]].tolist()) for user in range(dataset.num_users)]
    return [(user, mine) for user, mine in held if mine and len(dataset.train_of(user))]


def factors(dataset):
    random = np.random.default_rng(3)
    return [random.integers(-2, 3, (rows, 3)).astype(np.float32) for rows in (dataset.num_users, dataset.num_items)]


@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_users_auc_is_the_mean_over_its_items_in_each_group(by_date, split):
    users, items = factors(by_date)
    assert groups_of(by_date) == ("all", "warm", "cold", "unseen")
    earlier = set(by_date.train_items.tolist())
    if split == "test":
        earlier |= set(by_date.held_out("validation")[1].tolist())
    own_indptr, own_items = by_date.own_items()
    expected = {group: [] for group in groups_of(by_date)}
    for user, mine in rows_of(by_date, split):
        others = np.setdiff1d(np.arange(40), own_items[own_indptr[user] : own_indptr[user + 1]])
        scores = items @ users[user]
        values = {item: np.mean([scores[item] > scores[other] for other in others]) for item in mine}
        in_training = {item: sum(item in by_date.train_of(u) for u in range(by_date.num_users)) for item in mine}
        warm = [item for item in mine if in_training[item] >= 5]
        cold = [item for item in mine if in_training[item] < 5]
        unseen = [item for item in mine if item not in earlier]
        for group, of_group in (("all", mine), ("warm", warm), ("cold", cold), ("unseen", unseen)):
            found = [values[item] for item in of_group]
            if found:
                expected[group].append(np.mean(found))
    report = auc.evaluate((users, items), by_date, split)
    for group, values in expected.items():
        assert getattr(report, f"{group}_users") == len(values) > 1
        assert getattr(report, group) == pytest.approx(np.mean(values))
        assert getattr(report, f"{group}_se") == pytest.approx(np.std(values, ddof=1) / np.sqrt(len(values)))
    assert report.new_users >= (split == "test") and report.all_users < by_date.num_users
    sampled = sampled_auc.evaluate((users, items), by_date, split)
    assert (sampled.all_users, sampled.new_users) == (report.all_users, report.new_users)


def test_new_users_are_counted_and_left_out(by_date):
    held = held_out(by_date, "test")
    new = by_date.user_keys.tolist().index("new")
    assert new not in held.users and held.new_users >= 1
    indptr, _ = by_date.held_out("test")
    assert indptr[new + 1] - indptr[new] == 5


def test_the_draws_of_the_sampled_auc_reach_every_purchase(by_date):
    # All 40 items are drawn, so nothing is left to chance.
    users, items = factors(by_date)
    held = held_out(by_date, "test")
    train = by_date.train_indptr, by_date.train_items
    values = sampled_auc.purchase_auc(users, items, held.users, held.items, *train)
    for value, user, target in zip(values, held.users, held.items, strict=True):
        others = [item for item in range(40) if item != target and item not in by_date.train_of(user)]
        scores = items @ users[user]
        assert value == pytest.approx(np.mean([scores[target] > scores[other] for other in others]))


def test_recall_is_the_mean_share_of_a_users_items(by_date):
    users, items = factors(by_date)
    held = held_out(by_date, "test")
    own_indptr, own_items = by_date.own_items()
    recall, gain = [], []
    for user, mine in rows_of(by_date, "test"):
        others = np.setdiff1d(np.arange(40), own_items[own_indptr[user] : own_indptr[user + 1]])
        scores = items @ users[user]
        ahead = [(scores[others] >= scores[item]).sum() for item in mine]
        recall.append(np.mean([place < 5 for place in ahead]))
        gain.append(np.mean([1 / np.log2(place + 2) if place < 5 else 0 for place in ahead]))
    values = auc.evaluate_purchases((users, items), by_date, held)
    got = ranking_metrics(values, held, own_indptr, 40, ks=(5,))
    assert got == {"recall@5": pytest.approx(np.mean(recall)), "ndcg@5": pytest.approx(np.mean(gain))}


def test_one_item_a_user_is_one_purchase_a_user(planted):
    held = held_out(planted, "test")
    assert groups_of(planted) == ("all", "warm", "cold") == tuple(held.groups)
    np.testing.assert_array_equal(held.users, np.arange(60))
    np.testing.assert_array_equal(held.items, planted.test)
    np.testing.assert_array_equal(held.groups["cold"], planted.item_counts[planted.test] < 5)
    np.testing.assert_array_equal(held.groups["warm"], ~held.groups["cold"])
    values = np.random.default_rng(0).random(60)
    np.testing.assert_array_equal(held.per_user(values), values)
    cold = held.per_user(values, "cold")
    np.testing.assert_array_equal(cold, np.where(held.groups["cold"], values, np.nan))
    report = auc.summarise(values, held)
    assert report.all_users == report.warm_users + report.cold_users == 60 and report.unseen_users == 0
