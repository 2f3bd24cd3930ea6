"""Handles Ctrl-C and SIGTERM between two steps, so that a checkpoint never holds half a step."""

import signal
import threading
from types import FrameType, TracebackType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopSignal:
    """Inside the block the first signal sets `received`; a second one ends the process as usual."""

    def __init__(self) -> None:
        self.received = False
        self._previous: dict = {}

    def __enter__(self) -> "StopSignal":
        # Only the main thread may set handlers; in other threads signals keep their usual effect.
        if threading.current_thread() is threading.main_thread():
            self._previous = {number: signal.signal(number, self._receive) for number in _SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        self.received = True
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}
