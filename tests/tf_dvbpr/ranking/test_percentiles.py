import numpy as np
import pytest

from tests.support.shop import told_in_one_line
from tf_dvbpr.photo_scoring.user_groups import cluster
from tf_dvbpr.ranking.percentiles import count_below, score_scales


def test_counts_by_hand():
    users = np.array([[1, 0], [0, -1]], np.float32)
    items = np.array([[1, 5], [2, 5], [2, 7], [4, 9]], np.float32)
    photos = np.array([[2, 7], [3, 4], [0, 10]], np.float32)
    # User 0 scores the items 1 2 2 4 and the photos 2 3 0; user 1 scores -5 -5 -7 -9 and -7 -4 -10. Equal is not below.
    assert count_below(users, items, photos).tolist() == [[1, 1], [3, 4], [0, 0]]


@pytest.mark.parametrize("block_bytes", [1, 4000, 2**26])
def test_counts_do_not_depend_on_the_blocks(block_bytes):
    # Whole numbers, so that there are many ties and no rounding.
    draw = np.random.default_rng(0)
    users, items, photos = (draw.integers(-3, 4, (rows, 5)).astype(np.float32) for rows in (37, 110, 9))
    told = []
    counts = count_below(users, items, photos, block_bytes, told.append)
    expected = [[sum(user @ item < user @ photo for item in items) for user in users] for photo in photos]
    np.testing.assert_array_equal(counts, expected)
    assert counts.dtype == np.int32 and sum(told) == 37


def test_what_is_not_finite_is_refused():
    ones = np.ones([3, 2], np.float32)
    with told_in_one_line("not finite"):
        count_below(ones, ones, np.array([[1, np.nan]], np.float32))


@pytest.mark.parametrize("dim", [1, 4])
def test_scales_are_the_scores_mean_and_deviation(dim):
    draw = np.random.default_rng(1)
    users, items = draw.normal(size=(6, dim)).astype(np.float32), draw.normal(2, 1, (50, dim)).astype(np.float32)
    scores = users.astype(np.float64) @ items.T.astype(np.float64)
    means, deviations = score_scales(users, items)
    np.testing.assert_allclose(means, scores.mean(1))
    np.testing.assert_allclose(deviations, scores.std(1))
    assert score_scales(users, np.ones([3, dim]))[1].tolist() == [1] * 6


def test_clusters_find_planted_tastes_whatever_their_strength(planted):
    # The users of the planted shop, user u of colour u % 3, on lengths from 1 to 100.
    colours = np.array([int(key[1:]) % 3 for key in planted.user_keys])
    draw = np.random.default_rng(2)
    tastes = (np.eye(3)[colours] + draw.normal(0, 0.05, (60, 3))) * draw.uniform(1, 100, (60, 1))
    groups = cluster(tastes, 3, planted)
    assert [group.name for group in groups] == ["cluster 1", "cluster 2", "cluster 3"]
    assert sorted(np.unique(colours[group.members]).tolist() for group in groups) == [[0], [1], [2]]
    again = cluster(tastes, 3, planted)
    assert all((a.members == b.members).all() for a, b in zip(groups, again, strict=True))
    indptr, items = planted.own_items()
    for group in groups:
        bought = np.concatenate([items[indptr[user] : indptr[user + 1]] for user in group.members])
        # Items of even number are shoes, the others tops.
        shares = {"shoes": np.mean(bought % 2 == 0), "tops": np.mean(bought % 2 == 1)}
        of_all = {"shoes": np.mean(items % 2 == 0), "tops": np.mean(items % 2 == 1)}
        assert group.most_bought.category == max(shares, key=shares.get)
        assert group.most_bought.share == pytest.approx(max(shares.values()))
        assert group.leaning.category == max(shares, key=lambda name: shares[name] - of_all[name])
        assert group.leaning.of_all == pytest.approx(of_all[group.leaning.category])


def test_users_who_are_all_alike_make_one_cluster(planted):
    [group] = cluster(np.ones([60, 3]), 4, planted)
    assert group.members.tolist() == list(range(60))
    assert sum(len(group.members) for group in cluster(np.zeros([60, 3]), 4, planted)) == 60


def test_clusters_out_of_range(planted):
    for count in (-1, 61):
        with told_in_one_line("from 0 to 60, the number of users, expected"):
            cluster(np.ones([60, 3]), count, planted)
