"""Defines the cases and their outcomes, and runs a case under limits."""

import contextlib
import dataclasses
import hashlib
import resource
import signal
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

GOOD = ("same", "right", "refused")
BAD = ("silent", "traceback", "spoilt", "hang", "memory")
OUTCOMES = GOOD + BAD
_LONGEST = 2000  # most characters of a readable line
_MEMORY = 3 << 30  # most bytes of memory for a case


class Refused(Exception):
    """The input was refused with this one line."""


class Unclear(Exception):
    """The input was refused, but not in one line."""


class Unreadable(Exception):
    """The oracle cannot read the input, so it has no meaning."""


class _Late(BaseException):
    """The time limit is over; handlers in the tested code do not catch this."""


@dataclasses.dataclass(frozen=True)
class Case:
    """One damaged input.

    Attributes:
        what: the mutation in words.
        act: runs the project on the input and returns its result; raises `Refused`.
        check: returns what is wrong with the result, or None; raises `Unreadable` if the input has no meaning.
        base: the result of `act` without the mutation.
        own: names of files and folders that the project may change or leave even if it refuses the input.
    """

    what: str
    act: Callable[[], object]
    check: Callable[[object], str | None]
    base: object
    own: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The outcome of a case: one of `OUTCOMES`, and the reason in one line."""

    kind: str
    why: str = ""


def judge(case: Case, folder: Path, seconds: float) -> Outcome:
    """Runs a case, whose files are all in `folder`, and returns its outcome."""
    before = _files(folder)
    try:
        with _limits(seconds):
            result = case.act()
    except Refused as refusal:
        return _refusal(str(refusal), before, _files(folder), case.own)
    except Unclear as error:
        return Outcome("spoilt", f"not one line: {error}")
    except _Late:
        return Outcome("hang", f"over {seconds:g} s")
    except MemoryError:
        return Outcome("memory", f"over {_MEMORY >> 30} GB")
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
        place = own[-1] if own else place
        said = " ".join(str(error).split())[:200]
        return Outcome("traceback", f"{type(error).__name__}: {said} at {Path(place.filename).name}:{place.lineno}")
    try:
        wrong = case.check(result)
    except Unreadable as error:
        wrong = f"accepted, but {error}"
    if wrong:
        return Outcome("silent", wrong)
    return Outcome("same" if result == case.base else "right")


def _refusal(line: str, before: dict, after: dict, own: tuple[str, ...]) -> Outcome:
    if "memory ran out" in line or "fit in memory" in line:
        return Outcome("memory", line)
    if not line.strip() or len(line) > _LONGEST or any(not c.isprintable() for c in line):
        return Outcome("spoilt", f"no clear line: {line[:300]!r}")
    lost = [name for name in before if after.get(name) != before[name] and Path(name).name not in own]
    left = [name for name in after if name not in before and Path(name).name not in own]
    if lost or left:
        return Outcome("spoilt", f"refused, but changed or deleted {lost}, left {left}: {line[:200]}")
    return Outcome("refused", line)


def _files(folder: Path) -> dict[str, str]:
    """Returns the digest of every file and folder under `folder` by relative path."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in folder.rglob("*")
    }


@contextlib.contextmanager
def _limits(seconds: float) -> Iterator[None]:
    def late(*_: object) -> None:
        raise _Late

    previous = signal.signal(signal.SIGALRM, late)
    limit = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    signal.setitimer(signal.ITIMER_REAL, seconds)
    if pages:
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + _MEMORY, limit[1]))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        resource.setrlimit(resource.RLIMIT_AS, limit)
        signal.signal(signal.SIGALRM, previous)
