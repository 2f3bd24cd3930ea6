"""The served model ranks as `top_k` does, which needs no TensorFlow."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.ranking.topk import top_k
from tf_dvbpr.serving.rank import known_pairs, rank

pytestmark = pytest.mark.stack


@pytest.mark.parametrize("k", [1, 7, 41])
def test_the_served_order_is_that_of_top_k(k):
    """Whole-number factors: exact scores with many ties."""
    draw = np.random.default_rng(k)
    users, items = (draw.integers(-2, 3, (rows, 3)).astype(np.float32) for rows in (23, 41))
    known = [np.sort(draw.choice(41, draw.integers(0, 9), replace=False)) for _ in range(23)]
    indptr, flat = np.cumsum([0, *map(len, known)]), np.concatenate(known).astype(np.int32)
    asked, allowed = np.array([22, 0, 5, 5]), np.arange(41) % 3 != 0
    pairs = known_pairs(tf.constant(asked), tf.constant(indptr), tf.constant(flat))
    assert pairs.numpy().tolist() == [[row, item] for row, user in enumerate(asked) for item in known[user]]
    served = rank(tf.constant(users[asked]), tf.constant(items), pairs, tf.constant(allowed), k)
    for found, expected in zip(served, top_k(users, items, asked, k, indptr, flat, allowed), strict=True):
        np.testing.assert_array_equal(found, expected)
