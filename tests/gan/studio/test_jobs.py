import json
import threading
import time

import pytest

from gan.studio import jobs as module
from gan.studio.jobs import Jobs
from tests.support.studio import events
from tf_dvbpr.server.request_error import RequestError
from tfrecords.errors import InputError


@pytest.fixture
def jobs():
    made = Jobs(most=3)
    yield made
    made.close()
    made.join(10)


class Held:
    """Work that tells a number and then waits for `go`, as often as it is let."""

    def __init__(self):
        self.begun, self.go, self.ended = threading.Event(), threading.Event(), []

    def __call__(self, tell):
        try:
            for number in range(1000):
                tell("number", {"number": number})
                self.begun.set()
                assert self.go.wait(10)
                time.sleep(0.002)
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise


def heard(stream):
    return events(b"".join(stream).decode())


def wait_for(condition):
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_events_come_in_order_and_end(jobs):
    told = heard(jobs.stream(lambda tell: [tell("one", {"x": float("nan")}), tell("two", {"text": "a\n\nb"})]))
    assert told == [("begun", {}), ("one", {"x": None}), ("two", {"text": "a\n\nb"}), ("done", {})]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (InputError("no such thing"), "no such thing"),
        (RequestError(404, "not here"), "not here"),
        (ZeroDivisionError("secret"), "the studio failed at this request; its log says why"),
    ],
)
def test_a_failure_is_told_and_the_next_work_runs(jobs, error, said):
    def fail(tell):
        raise error

    assert heard(jobs.stream(fail)) == [("begun", {}), ("failed", {"error": said})]
    assert heard(jobs.stream(lambda tell: None)) == [("begun", {}), ("done", {})]


def test_work_waits_for_the_work_before_it_and_too_much_is_refused(jobs):
    held = Held()
    first = jobs.stream(held)
    assert held.begun.wait(10)
    second, third = jobs.stream(lambda tell: tell("mine", {})), jobs.stream(lambda tell: None)
    assert jobs.inside == 3
    with pytest.raises(RequestError) as refused:
        jobs.stream(lambda tell: None)
    assert refused.value.status == 429 and refused.value.message.startswith("3 requests wait already")
    first.close()
    held.go.set()
    assert heard(second) == [("waiting", {"before": 1}), ("begun", {}), ("mine", {}), ("done", {})]
    assert heard(third)[0] == ("waiting", {"before": 2})
    assert held.ended == ["ClientLeft"]
    wait_for(lambda: jobs.inside == 0)


def test_a_client_that_left_is_noticed_between_events(jobs, monkeypatch):
    monkeypatch.setattr(module, "_BEAT", 0.01)
    held, left = Held(), threading.Event()
    stream = iter(jobs.stream(held, left.is_set))
    assert held.begun.wait(10)
    assert [json.loads(next(stream).decode().split("data: ")[1]) for _ in range(2)] == [{}, {"number": 0}]
    assert next(stream).startswith(b": ")  # a comment keeps the connection alive
    left.set()
    assert list(stream) == []
    held.go.set()
    wait_for(lambda: held.ended == ["ClientLeft"])


def test_stopping_ends_all_work_and_tells_it():
    jobs, held = Jobs(most=3), Held()
    running, waiting = jobs.stream(held), jobs.stream(lambda tell: None)
    assert held.begun.wait(10)
    jobs.close()
    held.go.set()
    stopped = ("failed", {"error": "the studio is stopping; start it again"})
    assert heard(running)[-1] == stopped and heard(waiting)[-1] == stopped
    jobs.join(10)
    with pytest.raises(RequestError) as refused:
        jobs.stream(lambda tell: None)
    assert refused.value.status == 503
