"""A file is there whole or not at all."""

import json

import pytest

from tfrecords.files.atomic_file import whole_file, write_text
from tfrecords.files.json_file import without_nan, write_json


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_file_takes_its_name_when_it_is_whole(tmp_path):
    write_text(tmp_path / "a.txt", "before")
    with whole_file(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        assert (tmp_path / "a.txt").read_text() == "before"
        temporary.write_text("ünd")
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "ünd"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_an_error_leaves_what_was_there(tmp_path, error):
    write_text(tmp_path / "a.txt", "before")
    with pytest.raises(error), whole_file(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise error
    assert (tmp_path / "a.txt").read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_json(tmp_path):
    content = {"a": [1.5, float("nan")], "b": {"c": (float("nan"), "nan")}, "ü": True}
    write_json(tmp_path / "a.json", without_nan(content))
    assert json.loads((tmp_path / "a.json").read_bytes()) == {"a": [1.5, None], "b": {"c": [None, "nan"]}, "ü": True}
