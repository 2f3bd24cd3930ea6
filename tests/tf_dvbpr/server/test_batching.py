import threading
import time

import numpy as np
import pytest

from tf_dvbpr.server.batching import ClientLeft, Line
from tf_dvbpr.server.request_error import RequestError


class Doubler:
    """Stands for a signature: doubles x times k. The first call waits until it is let go."""

    joins = True

    def __init__(self):
        self.calls, self.go, self.begun = [], threading.Event(), threading.Event()

    def __call__(self, arrays):
        self.calls.append(arrays["x"].tolist())
        self.begun.set()
        assert self.go.wait(30)
        if (arrays["x"] < 0).any():
            raise RequestError(400, "below zero")
        if (arrays["x"] == 99).any():
            return {"y": np.zeros(1)}
        return {"y": 2 * arrays["x"] * arrays["k"]}


@pytest.fixture
def doubler():
    return Doubler()


@pytest.fixture
def line(doubler):
    made = Line(workers=1, most=20, most_rows=6, observe=lambda rows: None)
    yield made
    doubler.go.set()
    made.close()


def ask(line, signature, *requests, wanted=lambda: True):
    """Answers, or errors, of requests that wait together behind one that holds the only thread."""
    answers = [None] * len(requests)

    def one(place, x, k):
        try:
            answers[place] = line.answer(signature, {"x": np.array(x), "k": np.array(k)}, wanted)["y"].tolist()
        except Exception as error:
            answers[place] = error

    threads = [threading.Thread(target=one, args=(place, *request)) for place, request in enumerate(requests)]
    for number, thread in enumerate(threads):
        thread.start()
        while line.inside <= number:  # One after the other, so that the order is known.
            time.sleep(0.001)
        if number == 0:
            assert signature.begun.wait(10)
    signature.go.set()
    for thread in threads:
        thread.join(30)
    return answers


def test_waiting_requests_with_equal_scalars_are_joined(line, doubler):
    answers = ask(line, doubler, ([1], 1), ([2, 3], 1), ([4], 5), ([6], 1), ([7, 8, 9], 1), ([10], 1))
    assert answers == [[2], [4, 6], [40], [12], [14, 16, 18], [20]]
    # Six rows at most; what scalars part waits for its own turn.
    assert doubler.calls == [[1], [2, 3, 6, 7, 8, 9], [4], [10]]
    assert line.inside == 0


def test_requests_are_not_joined_unless_the_signature_says_so(line, doubler):
    doubler.joins = False
    assert ask(line, doubler, ([1], 1), ([2], 1), ([3], 1)) == [[2], [4], [6]]
    assert doubler.calls == [[1], [2], [3]]


def test_one_that_fails_does_not_fail_the_others(line, doubler):
    first, second, third = ask(line, doubler, ([1], 1), ([-2], 1), ([3], 1))
    assert (first, third) == ([2], [6]) and (second.status, second.message) == (400, "below zero")
    assert doubler.calls == [[1], [-2, 3], [-2], [3]]


def test_outputs_without_the_joined_rows_are_asked_for_one_by_one(line, doubler):
    assert ask(line, doubler, ([1], 1), ([99], 1), ([3], 1)) == [[2], [0], [6]]


def test_lists_of_different_lengths_run_alone(line, doubler):
    def pairs(arrays):
        doubler.begun.set()
        assert doubler.go.wait(30)
        calls.append([len(arrays["x"]), len(arrays["k"])])
        return {"y": arrays["x"] * arrays["k"]}

    calls = []
    pairs.joins, pairs.begun, pairs.go = True, doubler.begun, doubler.go
    assert ask(line, pairs, ([1], [1]), ([2], [3, 4]), ([5], [6]), ([7], [8])) == [[1], [6, 8], [30], [56]]
    assert sorted(calls) == [[1, 1], [1, 2], [2, 2]]


def test_a_full_line_refuses_and_recovers(doubler):
    line = Line(workers=1, most=2, most_rows=1, observe=lambda rows: None)
    arrays = {"x": np.array([1]), "k": np.array(1)}
    threads = [threading.Thread(target=line.answer, args=(doubler, arrays)) for _ in range(2)]
    for number, thread in enumerate(threads):
        thread.start()
        while line.inside <= number:
            time.sleep(0.001)
    with pytest.raises(RequestError, match="the queue is full: 2 requests wait or run") as caught:
        line.answer(doubler, arrays)
    assert caught.value.status == 429
    doubler.go.set()
    for thread in threads:
        thread.join(30)
    assert line.answer(doubler, arrays)["y"].tolist() == [2]
    line.close()
    with pytest.raises(RequestError) as caught:
        line.answer(doubler, arrays)
    assert caught.value.status == 503


def test_what_nobody_waits_for_is_not_run(line, doubler):
    answers = ask(line, doubler, ([1], 1), ([2], 1), wanted=iter([True, False]).__next__)
    assert answers[0] == [2] and isinstance(answers[1], ClientLeft) and doubler.calls == [[1]]


def test_rows_of_every_call_are_observed(doubler):
    rows = []
    line = Line(workers=1, most=20, most_rows=6, observe=rows.append)
    ask(line, doubler, ([1], 1), ([2, 3], 1), ([4], 1))
    assert rows == [1, 3]
    line.close()
