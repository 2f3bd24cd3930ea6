import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.training.triplets import TripletSampler
from tfrecords.errors import InputError

NUM_ITEMS = 12
OWNED = [[0, 3, 4], [0], [11], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], []]  # user 4 bought nothing in training


def make_sampler(owned=OWNED, num_items=NUM_ITEMS, seed=5):
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in owned])])
    return TripletSampler(indptr, np.concatenate(owned).astype(np.int32), num_items, seed)


def chi_square_below(counts, expected, dof_factor=2.0):
    """A chi-square statistic far below dof * factor; with dof >= 8 twice the mean is beyond the .99 quantile."""
    statistic = ((counts - expected) ** 2 / expected).sum()
    return statistic < dof_factor * (len(counts) - 1) + 10


@pytest.fixture(scope="module")
def drawn():
    batch = make_sampler().draw_one(tf.constant(3), 60000)
    return batch.users.numpy(), batch.positives.numpy(), batch.negatives.numpy()


def test_users_are_uniform_over_those_who_bought(drawn):
    counts = np.bincount(drawn[0], minlength=5)
    assert counts[4] == 0
    assert chi_square_below(counts[:4], 60000 / 4)


def test_positives_are_uniform_over_the_users_training_items(drawn):
    users, positives, _ = drawn
    for user, items in enumerate(OWNED[:4]):
        counts = np.bincount(positives[users == user], minlength=NUM_ITEMS)
        assert set(np.flatnonzero(counts)) == set(items)
        if len(items) > 1:
            assert chi_square_below(counts[items], counts.sum() / len(items))


def test_negatives_are_never_owned_and_uniform_over_the_rest(drawn):
    users, _, negatives = drawn
    for user, items in enumerate(OWNED[:4]):
        counts = np.bincount(negatives[users == user], minlength=NUM_ITEMS)
        rest = [item for item in range(NUM_ITEMS) if item not in items]
        assert counts[items].sum() == 0
        assert (counts[rest] > 0).all()
        assert chi_square_below(counts[rest], counts.sum() / len(rest))


def test_item_zero_is_drawn_when_free_and_user_zero_is_drawn(drawn):
    users, _, negatives = drawn
    assert (negatives[users == 3] == 0).all()  # user 3 owns all but item 0
    assert (negatives[users == 2] == 0).any()
    assert (users == 0).any()


def test_draws_depend_on_seed_and_step_alone():
    first, again = (make_sampler().draw_one(tf.constant(7), 50) for _ in range(2))
    for one, two in zip(
        (first.users, first.positives, first.negatives),
        (again.users, again.positives, again.negatives),
        strict=True,
    ):
        np.testing.assert_array_equal(one, two)
    other_step = make_sampler().draw_one(tf.constant(8), 50)
    other_seed = make_sampler(seed=6).draw_one(tf.constant(7), 50)
    assert (first.negatives.numpy() != other_step.negatives.numpy()).any()
    assert (first.negatives.numpy() != other_seed.negatives.numpy()).any()


def test_shared_negatives_are_uniform_and_the_users_own_are_masked():
    batch = make_sampler().draw_shared(tf.constant(1), 64, 6000)
    assert chi_square_below(np.bincount(batch.negatives.numpy(), minlength=NUM_ITEMS), 6000 / NUM_ITEMS)
    for user, allowed in zip(batch.users.numpy(), batch.allowed.numpy(), strict=True):
        np.testing.assert_array_equal(allowed, ~np.isin(batch.negatives.numpy(), OWNED[user]))


def test_the_same_draw_inside_a_graph_and_a_pipeline():
    sampler = make_sampler()
    eager = sampler.draw_one(tf.constant(2, tf.int64), 20).negatives
    graph = tf.function(lambda step: sampler.draw_one(step, 20).negatives)(tf.constant(2, tf.int64))
    piped = next(iter(tf.data.Dataset.range(2, 3).map(lambda step: sampler.draw_one(step, 20).negatives)))
    np.testing.assert_array_equal(eager, graph)
    np.testing.assert_array_equal(eager, piped)


def test_nothing_to_train_on_is_said():
    with pytest.raises(InputError, match="nothing to train on"):
        make_sampler([[0, 1], []], num_items=2)


def test_uniform_over_purchases_draws_users_by_what_they_bought():
    indptr = np.concatenate([[0], np.cumsum([len(items) for items in OWNED])])
    sampler = TripletSampler(indptr, np.concatenate(OWNED).astype(np.int32), NUM_ITEMS, 5, uniform_over="purchases")
    batch = sampler.draw_one(tf.constant(3), 32000)
    pairs = np.bincount(batch.users.numpy() * NUM_ITEMS + batch.positives.numpy(), minlength=5 * NUM_ITEMS)
    bought = np.concatenate([user * NUM_ITEMS + np.array(items, int) for user, items in enumerate(OWNED)])
    assert pairs[bought].sum() == 32000
    assert chi_square_below(pairs[bought], 32000 / len(bought))
