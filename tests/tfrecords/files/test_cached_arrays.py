"""Parts of a long computation are computed once, and again where their file is damaged."""

import numpy as np
import pytest

from tests.support.tool import names
from tfrecords.files.cached_arrays import kept_part

ARRAYS = {"latents": np.arange(6.0).reshape(2, 3), "names": np.array(["a", "bc"])}


def same(arrays):
    assert set(arrays) == set(ARRAYS)
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], values)


def never():
    raise AssertionError("computed again")


def test_a_part_is_computed_once(tmp_path):
    folder = tmp_path / "a/b"
    same(kept_part(folder, "one-0", lambda: ARRAYS))
    same(kept_part(folder, "one-0", never))
    assert names(folder) == ["one-0.npz"]


def test_each_name_is_a_part_of_its_own(tmp_path):
    kept_part(tmp_path, "one", lambda: ARRAYS)
    other = kept_part(tmp_path, "two", lambda: {"x": np.zeros(1)})
    assert set(other) == {"x"}
    same(kept_part(tmp_path, "one", never))


def test_an_interrupted_part_leaves_nothing(tmp_path):
    def interrupted():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept_part(tmp_path, "one", interrupted)
    assert names(tmp_path) == []


def flipped(whole):
    """A bit of the numbers, which only the archive's checksum tells."""
    place = whole.index(np.float64(4.0).tobytes())
    return whole[: place + 3] + bytes([whole[place + 3] ^ 1]) + whole[place + 4 :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda whole: b"", id="empty"),
        pytest.param(lambda whole: whole[: len(whole) // 2], id="cut short"),
        pytest.param(flipped, id="a bit"),
        pytest.param(lambda whole: b"not an archive", id="text"),
        pytest.param(lambda whole: whole.replace(b"NUMPY", b"mumpy"), id="no arrays"),
    ],
)
def test_a_damaged_part_is_computed_again(tmp_path, damage):
    kept_part(tmp_path, "one", lambda: ARRAYS)
    file = tmp_path / "one.npz"
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert file.read_bytes() != whole
    same(kept_part(tmp_path, "one", lambda: ARRAYS))
    same(kept_part(tmp_path, "one", never))
    assert names(tmp_path) == ["one.npz"]
