"""Which photos are drawn: by category or not, never one without a category."""

import numpy as np
import pytest
import tensorflow as tf

from gan.photo_sampler import PhotoDraw

CATEGORIES = np.array([2, 0, -1, 2, 0, 2, -1, 2])  # No item of category 1.


def drawn(balanced, count=6000):
    items, categories = PhotoDraw(CATEGORIES, 3).draw(count, tf.constant([1, 2]), balanced)
    assert items.dtype == tf.int64
    np.testing.assert_array_equal(CATEGORIES[items.numpy()], categories)
    return items.numpy(), categories.numpy()


@pytest.mark.parametrize(
    ("balanced", "shares"),
    [(False, {0: 1 / 6, 1: 1 / 6, 3: 1 / 6}), (True, {0: 1 / 8, 1: 1 / 4, 4: 1 / 4, 7: 1 / 8})],
)
def test_shares(balanced, shares):
    items, categories = drawn(balanced)
    assert set(items) == {0, 1, 3, 4, 5, 7}
    assert set(categories) == {0, 2}
    for item, share in shares.items():
        # Four standard deviations of a share of 6000 draws.
        assert np.mean(items == item) == pytest.approx(share, abs=4 * (share * (1 - share) / 6000) ** 0.5)


def test_the_seed_alone_decides():
    draw = PhotoDraw(CATEGORIES, 3)
    one, same, other = (draw.draw(50, tf.constant([1, seed]), True)[0].numpy() for seed in (2, 2, 3))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_the_first_of_a_category_repeat_where_there_are_too_few():
    draw = PhotoDraw(CATEGORIES, 3)
    assert draw.first_of(0, 3).tolist() == [1, 4, 1]
    assert draw.first_of(2, 2).tolist() == [0, 3]
