"""Stops a server gracefully on SIGTERM and Ctrl-C."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def stopped_by_signals(stop: Callable[[], object], say: Callable[[str], object]) -> Iterator[None]:
    """Calls `stop` at the first signal during the block; a second signal does what it did before the block.

    Args:
        stop: tells the server to end; called in the signal's handler.
        say: prints a line.
    """
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, frame: FrameType | None) -> None:
        for one, before in kept.items():
            signal.signal(one, before)
        say("stopping when the requests that came are answered; once more, and it stops at once")
        stop()

    for number in kept:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, before in kept.items():
            signal.signal(number, before)
