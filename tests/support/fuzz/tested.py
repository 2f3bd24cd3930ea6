"""Wraps everything that the fuzzer uses of the project: the tools, run in this process, and the data set's readers.

All imports of the project are here, so that a moved module needs a change in one place only.
"""

import contextlib
import importlib
import importlib.util
import io
from pathlib import Path

from . import outcome


def tool(name: str, *arguments: object) -> str:
    """Runs `python -m tools.NAME` in this process and returns its output.

    Raises:
        outcome.Refused: the tool exits with a status other than 0 and one line.
        outcome.Unclear: it exits with a status other than 0 and no line or several lines.
        Exception: any other error of the tool.
    """
    cli = importlib.import_module(f"tools.{name}").cli
    out, err = io.StringIO(), io.StringIO()
    status = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli(["tool", *map(str, arguments)])
        except SystemExit as end:
            status = end.code
    if not status:
        return out.getvalue()
    # A progress bar redraws itself after "\r"; a plain line of progress ends before the error.
    told = err.getvalue().rpartition("error: ")
    if not told[1] or status not in (1, 2) or told[0].count("error: "):
        raise outcome.Unclear(f"status {status}: {err.getvalue()!r}")
    raise outcome.Refused(told[2].removesuffix("\n"))


@contextlib.contextmanager
def refusals():
    """Turns an InputError of the library into `outcome.Refused`."""
    from tfrecords.errors import InputError

    try:
        yield
    except InputError as error:
        raise outcome.Refused(str(error)) from error


def open_dataset(folder: Path):
    """Opens a data set by `Dataset.open`."""
    from tfrecords.dataset import Dataset

    return Dataset.open(folder)


def decode(encoded: bytes, size: int, resize_filter: str, fit: str):
    """Decodes a stored photo as the networks get it, uint8 [size, size, 3]."""
    from tfrecords.photos.decode import decode_photo

    return decode_photo(encoded, size, resize_filter, fit).numpy()


def features(folder: Path, name: str):
    """Loads the features of a data set, float32 [I, F]."""
    from tfrecords.features.store import load_features

    return load_features(open_dataset(folder), name)[1]


def parameters(workdir: Path) -> int:
    """Returns how many numbers the best model of a run has, from its best/."""
    from tf_dvbpr.comparison.runs import parameters_of
    from tf_dvbpr.workdir import Workdir

    return parameters_of(Workdir.open(workdir))


def report_sources():
    """Returns the test suite's module that writes everything a report reads."""
    for name in ("tests.support.report_sources", "tests.report_sources"):
        if importlib.util.find_spec(name):
            return importlib.import_module(name)
    raise ImportError("report_sources")
