import gzip
import struct

import numpy as np
import pytest

from tfrecords.errors import InputError
from tfrecords.sources.mcauley_features import BinaryFeatures


def record(key, *values):
    return key.ljust(10).encode() + struct.pack(f"<{len(values)}f", *values)


def write(folder, content):
    path = folder / "features.b"
    path.write_bytes(content)
    return path


def test_bytes_made_by_hand(tmp_path):
    # 1.0 is 3f800000, -2.5 is c0200000, least byte first
    path = write(
        tmp_path, b"B00AAAAAAA\x00\x00\x80\x3f\x00\x00\x20\xc0" + b"0000000000\x00\x00\x00\x00\x00\x00\x80\x3f"
    )
    features = BinaryFeatures(path, dim=2)
    assert (features.path, features.dim, len(features)) == (path, 2, 2)
    assert features.keys == ["B00AAAAAAA", "0000000000"]
    rows = list(features.rows())
    assert [key for key, _ in rows] == features.keys
    assert [row.tolist() for _, row in rows] == [[1.0, -2.5], [0.0, 1.0]]
    assert all(row.dtype == np.float32 for _, row in rows)
    assert features.row("0000000000").tolist() == [0.0, 1.0]


def test_the_default_is_4096_values_a_record(tmp_path):
    path = write(tmp_path, record("a", *range(4096)) + record("b", *range(1, 4097)))
    features = BinaryFeatures(path)
    np.testing.assert_array_equal(features.row("b"), np.arange(1, 4097))
    assert "b" in features
    assert "c" not in features


@pytest.mark.parametrize("filled", [b"42        ", b"42\0\0\0\0\0\0\0\0", b"        42"])
def test_short_keys_are_filled_up(tmp_path, filled):
    assert BinaryFeatures(write(tmp_path, filled + struct.pack("<f", 7)), dim=1).row("42").tolist() == [7.0]


def test_a_row_is_the_callers_own(tmp_path):
    features = BinaryFeatures(write(tmp_path, record("a", 1, 2)), dim=2)
    features.row("a")[:] = 0
    assert features.row("a").tolist() == [1.0, 2.0]


def test_no_such_key(tmp_path):
    with pytest.raises(KeyError):
        BinaryFeatures(write(tmp_path, record("a", 1)), dim=1).row("b")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_values_that_are_not_finite(tmp_path, value):
    features = BinaryFeatures(write(tmp_path, record("a", 1, 2) + record("b", 1, value)), dim=2)
    assert features.row("a").tolist() == [1.0, 2.0]
    with pytest.raises(InputError, match=rf"features\.b, byte 18: value 1 of 'b' is {value}; finite"):
        features.row("b")
    with pytest.raises(InputError, match="value 1 of 'b'"):
        list(features.rows())


FAULTS = {
    "empty": (b"", "empty; expected records of a key and 2 float32"),
    "cut short": (record("a", 1, 2) + record("b", 1, 2)[:-3], r"byte 18: the last record is cut short, 15 of 18 bytes"),
    "key twice": (record("a", 1, 2) + record("b", 1, 2) + record("a", 3, 4), "byte 36: key 'a' again, first at byte 0"),
    "packed": (gzip.compress(record("a", 1, 2)), "gzip; .*unpack it first"),
    "no text": (record("a", 1, 2) + b"\xff" * 18, r"byte 18: .* is no key; expected ASCII text, followed by 2 float32"),
    "blank key": (record("", 1, 2), "byte 0: .* is no key"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told_in_one_line(tmp_path, fault):
    content, message = FAULTS[fault]
    with pytest.raises(InputError, match=message) as caught:
        BinaryFeatures(write(tmp_path, content), dim=2)
    assert "\n" not in str(caught.value)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.b: no such file"):
        BinaryFeatures(tmp_path / "none.b")
