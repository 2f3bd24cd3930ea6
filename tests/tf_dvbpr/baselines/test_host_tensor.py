"""The tensor is the array's values, and its own."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.baselines.host_tensor import host_tensor
from tfrecords.files.npy_file import map_npy

pytestmark = pytest.mark.stack


def test_the_tensor_holds_the_values_of_array_and_memory_map_and_outlives_them(tmp_path):
    values = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    np.save(tmp_path / "values.npy", values)
    for source in (
        values.copy(),
        values.astype(np.float64),
        np.load(tmp_path / "values.npy", mmap_mode="r"),
        map_npy(tmp_path / "values.npy"),
    ):
        tensor = host_tensor(source)
        if source.flags.writeable:
            source[:] = 0
        del source
        assert tensor.dtype == tf.float32
        np.testing.assert_array_equal(tensor, values)


def test_an_empty_array_is_an_empty_tensor():
    assert host_tensor(np.empty([0, 3], np.float32)).shape == (0, 3)


def test_a_private_map_is_the_tensor_and_its_file_stays(tmp_path):
    values = np.arange(64 * 32, dtype=np.float32).reshape(64, 32)
    np.save(tmp_path / "values.npy", values)
    source = map_npy(tmp_path / "values.npy")
    assert not source.flags.writeable
    tensor = host_tensor(source)
    own = source.view(np.ndarray)
    own.flags.writeable = True
    own[0] = -1
    assert tensor[0, 0] == -1  # no copy
    assert np.load(tmp_path / "values.npy")[0, 0] == 0
    part = host_tensor(map_npy(tmp_path / "values.npy")[3:5])
    np.testing.assert_array_equal(part, values[3:5])
