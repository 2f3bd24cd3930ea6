"""Shows progress: a bar at a terminal, and otherwise a plain line about every half minute."""

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
    """Returns a progress bar on standard error; it is used like a tqdm bar.

    Args:
        iterable: what to iterate over; None: the caller counts with `update`.
        desc: what is being done.
        unit: what is counted, in the singular; B for bytes, which are shown in k, M and so on.
        total: the total number; None: the iterable's length, if it has one.
        initial: how many were done before.
        leave: leave the bar on the terminal at the end.
        smoothing: smoothing of the shown rate, from 0 (the mean) to 1 (the latest).
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
    """Prints a line above the visible bars, on standard output unless `file` is given."""
    tqdm.write(line, file)


def at_terminal() -> bool:
    """Returns whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """If there is no terminal, prints about every half minute that `what` is still running."""
    began, done = time.monotonic(), threading.Event()

    def tell() -> None:
        while not done.wait(_EVERY):
            _print_line(f"{what}: {_duration(time.monotonic() - began)} so far")

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
    """The part of tqdm's interface that is used here, printing lines; the first after half a minute.

    Attributes:
        n: how many are done.
        total: the total number, None if it is not known.
        disable: always False, as for a visible bar.
    """

    disable = False

    def __init__(self, iterable: Iterable | None, desc: str, unit: str, total: int | None, initial: int) -> None:
        self.n, self.total = initial, total
        self._iterable, self._desc, self._unit = iterable, desc, unit
        self._initial, self._began = initial, time.monotonic()
        self._last, self._last_printed, self._postfix = self._began, None, ""

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
            self._last, self._last_printed = now, self.n
            _print_line(self._line(now - self._began))

    def set_postfix(self, figures: Mapping[str, object] | None = None, refresh: bool = True, **more: object) -> None:
        """Sets figures that the next lines show."""
        self.set_postfix_str(", ".join(f"{name} {value}" for name, value in {**(figures or {}), **more}.items()))

    def set_postfix_str(self, text: str, refresh: bool = True) -> None:
        """Sets text that the next lines show."""
        self._postfix = text

    def write(self, line: str) -> None:
        """Prints a line, like `write_line`."""
        write_line(line)

    def close(self) -> None:
        """Prints the last line, if there were others."""
        if self._last_printed is not None and self._last_printed != self.n:
            self._last_printed = self.n
            _print_line(self._line(time.monotonic() - self._began))

    def __enter__(self) -> "ProgressLines":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _line(self, seconds: float) -> str:
        """Returns a line such as: training: 3,200 of 10,000 photos (32%), 1:30 so far, about 3:10 left, loss 0.5."""
        done, total = self.n - self._initial, self.total
        parts = [self._count(self.n) if total is None else f"{self._count(self.n, unit=False)} of {self._count(total)}"]
        if total:
            parts[0] += f" ({min(self.n / total, 1):.0%})"
        parts.append(f"{_duration(seconds)} so far")
        if total is not None and 0 < done < total - self._initial:
            parts.append(f"about {_duration(seconds * (total - self.n) / done)} left")
        return f"{self._desc}: " + ", ".join([*parts, self._postfix] if self._postfix else parts)

    def _count(self, number: float, unit: bool = True) -> str:
        if self._unit == _FILE_SIZE:
            return tqdm.format_sizeof(number, _FILE_SIZE)
        plural = self._unit + ("es" if self._unit.endswith("ch") else "s")
        return f"{number:,.0f} {plural}" if unit else f"{number:,.0f}"


def _print_line(line: str) -> None:
    if sys.stderr is not None:
        print(line, file=sys.stderr, flush=True)


def _duration(seconds: float) -> str:
    return tqdm.format_interval(seconds)


# What `progress_bar` returns.
ProgressBar = tqdm | ProgressLines
