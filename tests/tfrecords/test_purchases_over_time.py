from types import SimpleNamespace

import numpy as np

from tests.support.timed_shop import day
from tfrecords.purchases_over_time import newcomers, purchases_over_time


def over_time(train, validation=(), test=()):
    times = {"train": train, "validation": validation, "test": test}
    dataset = SimpleNamespace(timestamps={part: np.array([day(at) for at in of], int) for part, of in times.items()})
    return [(period.start, period.purchases) for period in purchases_over_time(dataset)]


def test_days_weeks_and_months():
    assert over_time([0, 0, 3], [1], [3]) == [
        ("2020-01-01", (2, 0, 0)),
        ("2020-01-02", (0, 1, 0)),
        ("2020-01-03", (0, 0, 0)),
        ("2020-01-04", (1, 0, 1)),
    ]
    weeks = over_time([0, 6, 7, 99])
    assert [start for start, _ in weeks[:3]] == ["2020-01-01", "2020-01-08", "2020-01-15"]
    assert [counts[0] for _, counts in weeks] == [2, 1, *[0] * 12, 1]
    months = over_time([0, 30, 31, 366])  # 2020-01-01, 01-31, 02-01, 2021-01-01
    assert months[0] == ("2020-01", (2, 0, 0)) and months[1] == ("2020-02", (1, 0, 0))
    assert months[12] == ("2021-01", (1, 0, 0)) and len(months) == 13
    years = over_time([0, 366 * 20])
    assert len(years) <= 36 and sum(counts[0] for _, counts in years) == 2


def test_no_times_no_rows():
    assert purchases_over_time(SimpleNamespace(timestamps=None)) == []


def test_newcomers_by_hand():
    # User 0 trains on items 0 and 1; validation: user 0 buys 2, user 1 buys 1 and 2; test: 2 buys 2 and 3, 1 buys 3.
    held = {
        "validation": (np.array([0, 1, 3, 3]), np.array([2, 1, 2])),
        "test": (np.array([0, 0, 1, 3]), np.array([3, 2, 3])),
    }
    counts = np.array([1, 1, 0, 0])
    dataset = SimpleNamespace(
        num_users=3, train_indptr=np.array([0, 2, 2, 2]), item_counts=counts, held_out=lambda split: held[split]
    )
    validation, test = newcomers(dataset)
    assert (validation.purchases, validation.users, validation.purchases_of_new_users) == (3, 1, 2)
    assert (validation.items, validation.purchases_of_new_items) == (1, 2)
    assert (test.purchases, test.users, test.purchases_of_new_users) == (3, 1, 2)
    assert (test.items, test.purchases_of_new_items) == (1, 2)
    assert counts.tolist() == [1, 1, 0, 0]
