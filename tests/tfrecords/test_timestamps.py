import numpy as np
import pytest

from tests.support.shop import told_in_one_line
from tfrecords.timestamps import read_timestamps, write_timestamps

COUNTS = {"train": 3, "validation": 1, "test": 1}
TIMES = [5, 1, 4], [7], [9]


def test_times_come_back_in_the_order_of_the_purchases(tmp_path):
    assert read_timestamps(tmp_path, COUNTS) is None
    write_timestamps(tmp_path, TIMES)
    times = read_timestamps(tmp_path, COUNTS)
    assert {part: of.tolist() for part, of in times.items()} == {"train": [5, 1, 4], "validation": [7], "test": [9]}


def damage(path, change):
    with np.load(path) as arrays:
        content = dict(arrays)
    np.savez(path, **{name: values for name, values in (content | change).items() if values is not None})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"train": np.arange(2)}, r"train is int64 \[2\]; 3 times of int64 expected"),
        ({"test": np.zeros(1)}, r"test is float64 \[1\]; 1 times"),
        ({"validation": np.array([-1])}, "validation has times before 1970"),
        ({"validation": None}, "not as a build writes it"),
        ({"train": np.array([{}, 1, 2], object)}, "not as a build writes it"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path, change, message):
    write_timestamps(tmp_path, TIMES)
    damage(tmp_path / "timestamps.npz", change)
    with told_in_one_line(message):
        read_timestamps(tmp_path, COUNTS)


@pytest.mark.parametrize("keep", [0, 10, 200])
def test_a_file_that_was_cut_short_is_refused(tmp_path, keep):
    write_timestamps(tmp_path, TIMES)
    path = tmp_path / "timestamps.npz"
    path.write_bytes(path.read_bytes()[:keep])
    with told_in_one_line("not as a build writes it"):
        read_timestamps(tmp_path, COUNTS)
