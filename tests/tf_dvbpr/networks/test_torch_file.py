"""The reader of PyTorch's weights files: what it reads, and what it refuses without running any of it."""

import os
import pickle

import numpy as np
import pytest

from tests.support.torch_file import GLOBALS, Called, write_torch_file
from tf_dvbpr.networks.torch_file import is_torch_file, read_torch_file
from tfrecords.errors import InputError


@pytest.fixture
def file(tmp_path):
    return tmp_path / "w.pth"


def test_arrays_of_every_order_and_type_come_back(file):
    draw = np.random.default_rng(0)
    arrays = {
        "a.weight": draw.normal(size=[2, 3, 4]).astype(np.float32),
        "turned": np.asfortranarray(draw.normal(size=[3, 5]).astype(np.float32)),
        "double": draw.normal(size=[2]),
        "half": draw.normal(size=[2]).astype(np.float16),
        "count": np.array(7, np.int64),
    }
    write_torch_file(file, arrays)
    assert is_torch_file(file)
    found = read_torch_file(file)
    assert list(found) == list(arrays)
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype and np.array_equal(found[name], array), name


def test_a_pickle_that_names_anything_else_is_refused_before_it_runs(file, tmp_path):
    made = tmp_path / "made"
    write_torch_file(file, {}, table=pickle.dumps({"a": Called(os.system, f"touch {made}")}, 2))
    with pytest.raises(InputError, match=r"eyes=.*w\.pth: refused, its pickle names (os|posix)\.system; .*Nothing"):
        read_torch_file(file, "eyes")
    assert not made.exists()
    for module, name in (("torch._utils", "_rebuild_parameter"), ("torch", "load"), ("builtins", "eval")):
        write_torch_file(file, {}, table=GLOBALS.format(module=module, name=name).encode("latin1"))
        with pytest.raises(InputError, match=f"its pickle names {module}.{name}"):
            read_torch_file(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"shape": (3, 4)}, "a tensor beyond the end of its numbers"),
        ({"shape": (10**6,), "strides": (0,)}, "a tensor of 1000000 numbers in a storage of 6"),
        ({"strides": (-3, 1)}, "a tensor without numbers"),
        ({"offset": 3}, "a tensor beyond the end of its numbers"),
        ({"count": 10**12}, "a storage of 1000000000000 numbers"),
    ],
)
def test_tensors_that_do_not_fit_their_numbers(file, change, said):
    write_torch_file(file, {"a": np.zeros([2, 3], np.float32)}, **change)
    with pytest.raises(InputError, match=said):
        read_torch_file(file)


def test_a_file_cut_anywhere_is_one_line(file):
    write_torch_file(file, {"a": np.ones([2, 3], np.float32), "b": np.ones([2], np.float32)})
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(InputError, match="not a whole PyTorch file") as refused:
            read_torch_file(file)
        assert "\n" not in str(refused.value)
    file.write_bytes(whole + b"x")
    with pytest.raises(InputError, match="bytes behind its end"):
        read_torch_file(file)
