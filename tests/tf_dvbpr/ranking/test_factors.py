"""Factors of another library: without a step, with whole numbers as keys, rows in another order."""

import types

import numpy as np
import pytest

from tests.support.shop import told_in_one_line
from tf_dvbpr.ranking.factors import Factors

DATASET = types.SimpleNamespace(
    name="shop", user_keys=np.array(["7", "12", "3"]), item_keys=np.array(["10", "2", "30", "4"])
)
USERS, ITEMS = np.array([12, 3, 7]), np.array([30, 5, 2, 4, 10])


def written(path, users=USERS, items=ITEMS):
    """A file in which every row is its own key."""
    rows = {"user_factors": users.astype(float)[:, None], "item_factors": items.astype(float)[:, None]}
    np.savez(path, user_keys=users, item_keys=items, **rows)
    return path


def test_rows_are_matched_by_key(tmp_path):
    path = written(tmp_path / "mine.npz")
    factors = Factors.load(path).of_dataset(DATASET, path)
    assert factors.step == 0
    for rows, keys, expected in (
        (factors.user_factors, factors.user_keys, DATASET.user_keys),
        (factors.item_factors, factors.item_keys, DATASET.item_keys),
    ):
        assert keys.tolist() == expected.tolist() and rows[:, 0].tolist() == [float(key) for key in expected]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"users": np.array([7, 12])}, "user_keys: 1 of the 3 keys of data set 'shop' are missing, as '3'"),
        ({"items": np.array([10, 2, 30, 2, 4])}, "item_keys: '2' is there twice"),
    ],
)
def test_keys_that_are_missing_or_there_twice_are_named(tmp_path, given, said):
    path = written(tmp_path / "mine.npz", **given)
    with told_in_one_line(f"mine.npz: {said}"):
        Factors.load(path).of_dataset(DATASET, path)


def test_a_step_whose_name_is_damaged_is_not_left_out(tmp_path):
    path = tmp_path / "factors.npz"
    Factors(*np.zeros([2, 3, 1], np.float32), np.array(["a", "b", "c"]), np.array(["x", "y", "z"]), 7).save(path)
    content = path.read_bytes()
    at = content.rindex(b"step.npy")  # in the directory at the file's end
    path.write_bytes(content[:at] + b"\0" * 8 + content[at + 8 :])
    with told_in_one_line("factors.npz: not a whole factors file"):
        Factors.load(path)
