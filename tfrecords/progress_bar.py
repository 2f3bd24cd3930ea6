"""How far a tool is: a bar at a terminal, and where nobody watches, a plain line about every half minute."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TextIO

from tqdm import tqdm

_EVERY = 30.0  # seconds between lines
_FILE_SIZE = "B"


def progress_bar(
    iterable: Iterable | None = None,
    *,
    desc: str,
    unit: str,
    total: int | None = None,
    initial: int = 0,
    leave: bool = True,
    smoothing: float = 0.3,
    disable: bool = False,
) -> "ProgressBar":
    """What shows how far something is, on standard error; used as tqdm's bars are.

    Args:
        iterable: what to go through; None: `update` moves it.
        desc: what is done.
        unit: what is counted, in the singular; B for bytes, of which thousands are told as k.
        total: how many there are; None: the iterable's length, if it has one.
        initial: how many were done before.
        leave: leave the bar on the terminal when all is done.
        smoothing: of the rate that the bar shows, from 0, the mean, to 1, the latest.
        disable: show nothing.
    """
    if total is None and hasattr(iterable, "__len__"):
        total = len(iterable)
    if disable or at_terminal():
        return tqdm(
            iterable,
            desc=desc,
            unit=unit,
            unit_scale=unit == _FILE_SIZE,
            total=total,
            initial=initial,
            leave=leave,
            smoothing=smoothing,
            disable=disable,
        )
    return ProgressLines(iterable, desc, unit, total, initial)


def write_line(line: str, file: TextIO | None = None) -> None:
    """Prints a line, on standard output unless `file` is given, above the bars that are shown."""
    tqdm.write(line, file)


def at_terminal() -> bool:
    """Whether somebody may be watching standard error."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Tells about every half minute, where there is no terminal, that `what` still goes on."""
    began, done = time.monotonic(), threading.Event()

    def tell() -> None:
        while not done.wait(_EVERY):
            _say(f"{what}: {_duration(time.monotonic() - began)} so far")

    if at_terminal():
        yield
        return
    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


class ProgressLines:
    """The part of tqdm's bars that is used here, as lines: the first after half a minute, so that short work has none.

    Attributes:
        n: how many are done.
        total: of how many, None if that is not known.
        disable: False, as of a bar that is shown.
    """

    disable = False

    def __init__(self, iterable: Iterable | None, desc: str, unit: str, total: int | None, initial: int) -> None:
        self.n, self.total = initial, total
        self._iterable, self._desc, self._unit = iterable, desc, unit
        self._initial, self._began = initial, time.monotonic()
        self._last, self._told, self._more = self._began, None, ""

    def __iter__(self) -> Iterator:
        with self:
            for one in self._iterable:
                yield one
                self.update()

    def update(self, n: float = 1) -> None:
        """Counts `n` more."""
        self.n += n
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last, self._told = now, self.n
            _say(self._line(now - self._began))

    def set_postfix(self, figures: Mapping[str, object] | None = None, refresh: bool = True, **more: object) -> None:
        """What the next lines tell besides."""
        self.set_postfix_str(", ".join(f"{name} {value}" for name, value in {**(figures or {}), **more}.items()))

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """The same as text."""
        self._more = text

    def write(self, line: str) -> None:
        """As `write_line`."""
        write_line(line)

    def close(self) -> None:
        """The last line, where there were others."""
        if self._told is not None and self._told != self.n:
            self._told = self.n
            _say(self._line(time.monotonic() - self._began))

    def __enter__(self) -> "ProgressLines":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _line(self, seconds: float) -> str:
        """As in: training: 3,200 of 10,000 photos (32%), 1:30 so far, about 3:10 left, loss 0.5."""
        done, total = self.n - self._initial, self.total
        parts = [self._count(self.n) if total is None else f"{self._count(self.n, unit=False)} of {self._count(total)}"]
        if total:
            parts[0] += f" ({min(self.n / total, 1):.0%})"
        parts.append(f"{_duration(seconds)} so far")
        if total is not None and 0 < done < total - self._initial:
            parts.append(f"about {_duration(seconds * (total - self.n) / done)} left")
        return f"{self._desc}: " + ", ".join([*parts, self._more] if self._more else parts)

    def _count(self, number: float, unit: bool = True) -> str:
        if self._unit == _FILE_SIZE:
            return tqdm.format_sizeof(number, _FILE_SIZE)
        plural = self._unit + ("es" if self._unit.endswith("ch") else "s")
        return f"{number:,.0f} {plural}" if unit else f"{number:,.0f}"


def _say(line: str) -> None:
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    return tqdm.format_interval(seconds)


# What `progress_bar` returns.
ProgressBar = tqdm | ProgressLines
