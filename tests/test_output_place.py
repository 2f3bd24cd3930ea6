"""A place that cannot take an output is named before the work."""

import os

import pytest

from tfrecords.errors import InputError
from tfrecords.output_place import check_place


def test_a_folder_that_nobody_may_write_in_is_named(tmp_path, monkeypatch):
    def access(path, mode):
        return path != tmp_path / "archive"

    (tmp_path / "archive").mkdir()
    monkeypatch.setattr(os, "access", access)
    with pytest.raises(InputError, match=r"run: nothing may be written in .*archive; name another output"):
        check_place(tmp_path / "archive/new/run", folder=True)
    check_place(tmp_path / "elsewhere/run", folder=True)
