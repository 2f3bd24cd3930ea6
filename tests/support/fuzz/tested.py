"""All that the fuzzer uses of the project: its tools, run in this process, and the readers of a data set.

Every import of the project stands here, so that a module that moves is mended in one place.
"""

import contextlib
import importlib
import importlib.util
import io
from pathlib import Path

from . import outcome


def tool(name: str, *arguments: object) -> str:
    """Runs `python -m tools.NAME` in this process; returns what it printed.

    Raises `outcome.Refused` with its one line where it exits with another status than 0, `outcome.Unclear` where it
    says more or less than one line then. Any other exception is the tool's own.
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
    # A bar draws itself over with "\r"; a plain line of progress ends before the error begins.
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
    """`Dataset.open`."""
    from tfrecords.dataset import Dataset

    return Dataset.open(folder)


def decode(encoded: bytes, size: int, resize_filter: str, fit: str):
    """A stored photo as every network sees it: uint8 [size, size, 3]."""
    from tfrecords.photos.decode import decode_photo

    return decode_photo(encoded, size, resize_filter, fit).numpy()


def features(folder: Path, name: str):
    """The features of a data set, float32 [I, F]."""
    from tfrecords.features.store import load_features

    return load_features(open_dataset(folder), name)[1]


def parameters(workdir: Path) -> int:
    """How many numbers the best model of a run has, read from its best/."""
    from tf_dvbpr.comparison.runs import parameters_of
    from tf_dvbpr.workdir import Workdir

    return parameters_of(Workdir.open(workdir))


def report_sources():
    """The test suite's writer of everything that a report reads."""
    for name in ("tests.support.report_sources", "tests.report_sources"):
        if importlib.util.find_spec(name):
            return importlib.import_module(name)
    raise ImportError("report_sources")
