import os
import signal

import pytest

from tf_dvbpr.server.stop_signals import stopped_by_signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_stops_and_the_second_is_the_callers(number):
    before = {one: signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT)}
    others, told = [], []
    signal.signal(number, lambda *given: others.append(given[0]))
    try:
        with stopped_by_signals(lambda: told.append("stopped"), told.append):
            os.kill(os.getpid(), number)
            assert told == [
                "stopping when the requests that came are answered; once more, and it stops at once",
                "stopped",
            ]
            assert others == []
            os.kill(os.getpid(), number)
            assert others == [number] and len(told) == 2
    finally:
        signal.signal(number, before[number])
    assert {one: signal.getsignal(one) for one in before} == before


def test_without_a_signal_the_handlers_are_the_same_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    with stopped_by_signals(lambda: None, print):
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before
