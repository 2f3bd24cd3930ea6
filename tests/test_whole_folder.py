"""A folder is there whole or not at all."""

import pytest
from tool import names

from tfrecords.whole_folder import put_in_place


def folder(path, text):
    path.mkdir()
    (path / "file").write_text(text)
    return path


def test_the_old_folder_goes_when_the_new_one_is_there(tmp_path):
    for text in ("first", "second"):
        put_in_place(folder(tmp_path / ".new", text), tmp_path / "data")
        assert (tmp_path / "data/file").read_text() == text
        assert names(tmp_path) == ["data"]


def test_what_a_killed_run_set_aside_goes(tmp_path):
    folder(tmp_path / ".data.old", "set aside")
    put_in_place(folder(tmp_path / ".new", "new"), tmp_path / "data")
    assert names(tmp_path) == ["data"]


def test_the_old_folder_stays_where_there_is_no_new_one(tmp_path):
    folder(tmp_path / "data", "old")
    with pytest.raises(FileNotFoundError):
        put_in_place(tmp_path / "nothing", tmp_path / "data")
    assert (tmp_path / "data/file").read_text() == "old"
    assert names(tmp_path) == ["data"]
