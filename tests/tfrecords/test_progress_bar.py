"""Bars at a terminal, lines elsewhere: how many, and what they say."""

import ast
import fcntl
import io
import os
import pty
import re
import struct
import subprocess
import sys
import termios

import pytest

from tests.support.repository import repository
from tfrecords import progress_bar as module
from tfrecords.progress_bar import progress_bar, waiting

ROOT = repository()


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass when the test says so."""
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_a_line_about_every_half_minute(clock, capsys):
    bar = progress_bar(range(100), desc="training", unit="photo")
    bar.set_postfix({"loss": "0.5"})
    for _ in bar:
        clock[0] += 2
    # Half a minute is 15 photos of two seconds; seconds are those that have passed when a photo is done.
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "training: 15 of 100 photos (15%), 00:30 so far, about 02:50 left, loss 0.5"
    assert lines[1].startswith("training: 30 of 100 photos (30%), 01:00 so far, about 02:20 left")
    assert lines[-1] == "training: 100 of 100 photos (100%), 03:20 so far, loss 0.5"
    assert len(lines) == 7


def test_short_work_says_nothing(clock, capsys):
    with progress_bar(total=4, desc="reading", unit="batch") as bar:
        for _ in range(4):
            clock[0] += 7
            bar.update()
    assert capsys.readouterr() == ("", "")


def test_what_was_done_before_and_totals_that_are_not_known(clock, capsys):
    bar = progress_bar(total=100, initial=40, desc="training", unit="photo")
    clock[0] += 60
    bar.update(20)
    unknown = progress_bar(iter("abc"), desc="reading", unit="batch")
    for _ in unknown:
        clock[0] += 31
    size = progress_bar(total=4_000_000, desc="dump.json", unit="B")
    clock[0] += 30
    size.update(1_000_000)
    assert capsys.readouterr().err.splitlines() == [
        "training: 60 of 100 photos (60%), 01:00 so far, about 02:00 left",
        "reading: 1 batches, 00:31 so far",
        "reading: 2 batches, 01:02 so far",
        "reading: 3 batches, 01:33 so far",
        "dump.json: 1.00MB of 4.00MB (25%), 00:30 so far, about 01:30 left",
    ]


def test_nothing_is_shown_where_nothing_is_asked_for(clock, capsys):
    bar = progress_bar(range(9), desc="training", unit="photo", disable=True)
    for _ in bar:
        clock[0] += 100
    assert bar.disable and capsys.readouterr() == ("", "")


def test_at_a_terminal_there_are_bars(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    for _ in progress_bar(range(3), desc="training", unit="photo"):
        pass
    assert re.search(r"\rtraining: 100%\|[█#]+\| 3/3 \[", sys.stderr.getvalue())


def test_a_wait_is_told_of_until_it_ends(monkeypatch, capsys):
    monkeypatch.setattr(module, "_EVERY", 0.01)
    with waiting("the weights of resnet50"):
        seen = ""
        while not seen.count("\n"):
            seen += capsys.readouterr().err
    capsys.readouterr()
    assert seen.splitlines()[0] == "the weights of resnet50: 00:00 so far"


@pytest.mark.slow
@pytest.mark.parametrize("terminal", [False, True])
def test_a_tool_decides_by_its_standard_error(shop, tmp_path, terminal):
    reader, writer = pty.openpty() if terminal else os.pipe()
    if terminal:
        fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("4H", 24, 100, 0, 0))  # lines, columns
    flags = ["--source=csv", f"--input={shop}", f"--output={tmp_path}/data"]
    command = [sys.executable, "-m", "tools.build_dataset", *flags]
    with os.fdopen(reader, "rb") as shown:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=writer)
        os.close(writer)
        seen = b""
        while True:
            try:
                part = shown.read1(1 << 16)
            except OSError:  # as a terminal ends
                break
            if not part:
                break
            seen += part
        assert process.wait() == 0
    assert (b"items: 100%|" in seen) == terminal
    assert terminal or seen == b""


def test_no_other_module_has_bars_of_its_own():
    files = [file for folder in ("tfrecords", "tf_dvbpr", "gan", "tools") for file in (ROOT / folder).rglob("*.py")]
    assert len(files) > 100
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom | ast.Import) and file.name not in (
                "progress_bar.py",
                "dataset_tables.py",
            ):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                assert not {"tqdm", "Progbar"} & set(names), file
