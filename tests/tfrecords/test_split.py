from collections import Counter

import pytest

from tfrecords.split import hold_out


def test_two_different_positions_of_the_user():
    for count in range(3, 12):
        keys = [f"i{item}" for item in range(count)]
        for user in range(30):
            validation, test = hold_out(0, f"u{user}", keys)
            assert validation != test
            assert 0 <= validation < count
            assert 0 <= test < count


def test_depends_on_seed_user_and_items():
    keys = [f"i{item}" for item in range(50)]
    assert hold_out(0, "u", keys) == hold_out(0, "u", list(keys))
    drawn = {hold_out(seed, user, keys[:count]) for seed in (0, 1) for user in ("u", "v") for count in (49, 50)}
    assert len(drawn) == 8


def test_every_pair_of_positions_is_equally_likely():
    keys = ["a", "b", "c", "d"]
    counts = Counter(hold_out(0, f"user {user}", keys) for user in range(12000))
    # 12 pairs, 1000 each expected; a standard deviation is 30
    assert len(counts) == 12
    assert all(850 < count < 1150 for count in counts.values())


def test_too_few_purchases():
    with pytest.raises(ValueError, match="at least 3"):
        hold_out(0, "u", ["a", "b"])
