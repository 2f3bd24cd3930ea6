"""The tensor is the array's values, and its own."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.baselines.host_tensor import host_tensor

pytestmark = pytest.mark.stack


def test_the_tensor_holds_the_values_of_array_and_memory_map_and_outlives_them(tmp_path):
    values = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    np.save(tmp_path / "values.npy", values)
    for source in (values.copy(), values.astype(np.float64), np.load(tmp_path / "values.npy", mmap_mode="r")):
        tensor = host_tensor(source)
        if source.flags.writeable:
            source[:] = 0
        del source
        assert tensor.dtype == tf.float32
        np.testing.assert_array_equal(tensor, values)


def test_an_empty_array_is_an_empty_tensor():
    assert host_tensor(np.empty([0, 3], np.float32)).shape == (0, 3)
