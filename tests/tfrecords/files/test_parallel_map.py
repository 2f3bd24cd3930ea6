import threading
import time

import pytest

from tfrecords.files.parallel_map import ordered_map


def test_keeps_the_order_whatever_finishes_first():
    def slow_when_early(value):
        time.sleep(0.02 if value % 16 == 0 else 0)
        return value * value

    assert list(ordered_map(slow_when_early, range(100), workers=4)) == [value * value for value in range(100)]


def test_reads_only_a_window_ahead():
    taken = []

    def values():
        for value in range(10_000):
            taken.append(value)
            yield value

    results = ordered_map(lambda value: value, values(), workers=2)
    for _ in range(10):
        next(results)
    # 2 workers x 2 chunks of 8 ahead, one chunk being handed out
    assert len(taken) <= 48
    results.close()


def test_an_error_reaches_the_reader_and_threads_end():
    def fail(value):
        if value == 20:
            raise ValueError("twenty")
        return value

    before = threading.active_count()
    with pytest.raises(ValueError, match="twenty"):
        list(ordered_map(fail, range(1000), workers=2))
    assert threading.active_count() == before


def test_nothing_to_do():
    assert list(ordered_map(str, [])) == []
