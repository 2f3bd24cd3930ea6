"""A place that cannot take an output is named before the work."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from tests.support.tool import call, fails
from tfrecords.errors import InputError
from tfrecords.files.output_check import check_writable
from tools import design, evaluate_design, report, sample_gan, tailor

RUNS = ["--recommender=run", "--gan=gan"]


def failing(folder, number):
    make = tempfile.mkdtemp

    def made(**given):
        if given["dir"] == folder:
            raise OSError(number, os.strerror(number), str(folder))
        return make(**given)

    return made


def test_a_folder_that_nobody_may_write_in_is_named(tmp_path, monkeypatch):
    (tmp_path / "archive").mkdir()
    monkeypatch.setattr(tempfile, "mkdtemp", failing(tmp_path / "archive", errno.EROFS))
    with pytest.raises(InputError, match=r"run: nothing can be written in .*archive; name another place"):
        check_writable(tmp_path / "archive/new/run", folder=True)
    check_writable(tmp_path / "elsewhere/run", folder=True)
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_a_full_disk_is_told_as_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "mkdtemp", failing(tmp_path, errno.ENOSPC))
    with pytest.raises(OSError, match="No space left"):
        check_writable(tmp_path / "run", folder=True)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no such file system here")
@pytest.mark.parametrize(
    ("tool", "flags", "name"),
    [
        (design, [*RUNS, "--user=u0"], "out"),
        (tailor, [*RUNS, "--user=u0", "--item=i0"], "out"),
        (evaluate_design, RUNS, "out"),
        (sample_gan, ["--workdir=gan"], "out"),
        (report, RUNS, "page.html"),
    ],
)
def test_every_tool_that_draws_names_a_file_system_without_files(tool, flags, name, capsys):
    line = fails(lambda *given: call(capsys, tool.cli, *given), *flags, f"--output=/proc/{name}")
    assert line == f"error: /proc/{name}: nothing can be written in /proc; name another place\n"
