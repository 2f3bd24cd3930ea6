"""How tools end: one line and a status, never a traceback."""

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from absl import flags

from tests.support.repository import repository
from tfrecords.errors import InputError
from tools.common import app

ROOT = repository()


def make_flags():
    registry = app.new_flags("Does a thing.")
    flags.DEFINE_string("name", None, "whose", required=True, flag_values=registry)
    flags.DEFINE_integer("k", 3, "how many", lower_bound=1, flag_values=registry)
    flags.DEFINE_float("rate", 0.1, "how fast", flag_values=registry)
    flags.DEFINE_integer("dim", 3, "how long", flag_values=registry)
    flags.DEFINE_enum("kind", "a", ["a", "b"], "which", flag_values=registry)
    flags.DEFINE_bool("loud", False, "whether to shout", flag_values=registry)
    flags.DEFINE_list("parts", [], "some", flag_values=registry)
    return registry


def run(capsys, main, *arguments):
    with pytest.raises(SystemExit) as ended:
        app.run(main, make_flags(), ["tool", *arguments])
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return ended.value.code, shown.out, shown.err


def raising(error):
    def main(values):
        raise error

    return main


def test_flags_reach_main_and_defaults_are_not_changed_by_a_run():
    seen = []
    registry = make_flags()
    for arguments in (["--name=x", "--k=5"], ["--name=y"]):
        app.run(lambda values: seen.append((values.name, values.k, values.kind)), registry, ["tool", *arguments])
    assert seen == [("x", 5, "a"), ("y", 3, "a")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--k=5"], "--name is required: whose"),
        (["--name=x", "--k=0"], "k"),
        (["--name=x", "--k=many"], "error: --k=many: a whole number expected"),
        (["--name=x", "--k=1e9"], "error: --k=1e9: a whole number expected"),
        (["--name=x", "--rate=a: b"], "error: --rate=a: b: a number expected"),
        (["--name=x", "--loud=1,2"], "error: --loud=1,2: true or false expected"),
        (["--name=x", "--kind=c"], "kind"),
        (["--name="], "error: --name= is empty: give a value or leave the flag out"),
        (["--name=x", "--parts="], "error: --parts= is empty"),
        (["--name=x", "--nosuch=1"], "nosuch"),
        (["--name=x", "stray"], "stray"),
    ],
)
def test_bad_flags_are_one_line_and_status_2(capsys, arguments, said):
    status, _, shown = run(capsys, lambda values: None, *arguments)
    assert status == 2
    assert shown.startswith("error: ") and said in shown and shown.count("\n") == 1


def test_bad_input_is_one_line_and_status_1(capsys):
    assert run(capsys, raising(InputError("photo.jpg: not a photo")), "--name=x") == (
        1,
        "",
        "error: photo.jpg: not a photo\n",
    )


def test_a_full_disk_and_a_missing_file_are_said(capsys):
    full = OSError(errno.ENOSPC, "No space left on device", "out/a")
    status, _, shown = run(capsys, raising(full), "--name=x")
    assert status == 1 and shown.startswith("error: out/a: the disk is full") and shown.count("\n") == 1
    status, _, shown = run(capsys, raising(OSError(errno.EFBIG, "File too large")), "--name=x")
    assert status == 1 and shown.startswith("error: a file grew past the limit on its size: raise it (ulimit -f)")
    status, _, shown = run(capsys, raising(FileNotFoundError(errno.ENOENT, "No such file", "b")), "--name=x")
    assert (status, shown) == (1, "error: b: No such file\n")


class ResourceExhaustedError(Exception):
    """As TensorFlow's."""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError("Unable to allocate 3.64 TiB"), "error: memory ran out: lower --dim"),
        (ResourceExhaustedError("OOM on device:GPU:0 by allocator"), "error: the GPU's memory ran out: lower --dim"),
    ],
)
def test_memory_that_runs_out_is_said(capsys, error, said):
    status, _, shown = run(capsys, raising(error), "--name=x")
    assert (status, shown) == (1, said + "\n")


def test_sigterm_interrupts_while_the_tool_runs(capsys):
    before = signal.getsignal(signal.SIGTERM)

    def main(values):
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError

    assert run(capsys, main, "--name=x")[0] == 130
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_interrupt_that_falls_into_a_finaliser_is_not_lost(capsys):
    class Finalised:
        def __del__(self):
            raise KeyboardInterrupt

    def main(values):
        Finalised()
        time.sleep(60)

    started = time.monotonic()
    assert run(capsys, main, "--name=x") == (130, "", "error: interrupted.\n")
    assert time.monotonic() - started < 30


PRINTS = """
import sys, types
sys.modules["tensorflow"] = types.ModuleType("tensorflow")  # Seconds to import, and it has no part in this.
from tools.common import app
from tfrecords.errors import InputError
def main(values):
    print("line\\n" * {lines})
    if {fails}:
        raise InputError("the input is bad")
app.run(main, app.new_flags(""), ["tool"])
"""


def ended(lines, fails, **stdout):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    code = PRINTS.format(lines=lines, fails=fails)
    tool = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=subprocess.PIPE, **stdout)
    if tool.stdout:
        tool.stdout.close()
    return tool.stderr.read().decode(), tool.wait(60)


@pytest.mark.parametrize("lines", [1, 100_000])  # What a buffer takes, and more.
def test_a_reader_who_leaves_ends_the_tool_without_a_word(lines):
    assert ended(lines, fails=False, stdout=subprocess.PIPE) == ("", 141)


def test_bad_input_is_said_though_nobody_reads_the_output():
    assert ended(1, fails=True, stdout=subprocess.PIPE) == ("error: the input is bad\n", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write on")
def test_output_on_a_full_disk():
    with Path("/dev/full").open("w") as full:
        said, status = ended(1, fails=False, stdout=full)
    assert "the disk is full" in said and said.count("\n") == 1 and status == 1


def test_interrupt_is_status_130(capsys):
    status, _, shown = run(capsys, raising(KeyboardInterrupt("A checkpoint is kept")), "--name=x")
    assert (status, shown) == (130, "error: interrupted. A checkpoint is kept\n")


def test_a_fault_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        app.run(raising(ZeroDivisionError()), make_flags(), ["tool", "--name=x"])


def test_help_lists_the_flags(capsys):
    status, shown, _ = run(capsys, raising(AssertionError), "--help")
    assert status == 0
    assert shown.startswith("Does a thing.")
    assert "--name=string\n      whose (required)" in shown
    assert "--kind=a|b\n      which (default 'a')" in shown
