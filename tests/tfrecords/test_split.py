import datetime
from collections import Counter

import numpy as np
import pytest

from tests.support.shop import told_in_one_line
from tests.support.timed_shop import day
from tfrecords.errors import option
from tfrecords.split import SplitChoice, cut_at, hold_out, last_two


def test_two_different_positions_of_the_user():
    for count in range(3, 12):
        keys = [f"i{item}" for item in range(count)]
        for user in range(30):
            validation, test = hold_out(0, f"u{user}", keys)
            assert validation != test
            assert 0 <= validation < count
            assert 0 <= test < count


def test_depends_on_seed_user_and_items():
    keys = [f"i{item}" for item in range(50)]
    assert hold_out(0, "u", keys) == hold_out(0, "u", list(keys))
    drawn = {hold_out(seed, user, keys[:count]) for seed in (0, 1) for user in ("u", "v") for count in (49, 50)}
    assert len(drawn) == 8


def test_every_pair_of_positions_is_equally_likely():
    keys = ["a", "b", "c", "d"]
    counts = Counter(hold_out(0, f"user {user}", keys) for user in range(12000))
    # 12 pairs, 1000 each expected; a standard deviation is 30
    assert len(counts) == 12
    assert all(850 < count < 1150 for count in counts.values())


def test_too_few_purchases():
    with pytest.raises(ValueError, match="at least 3"):
        hold_out(0, "u", ["a", "b"])


@pytest.mark.parametrize(("text", "kind"), [("random", "random"), ("last", "last"), ("date=2020-02-29", "date")])
def test_a_split_is_read(text, kind):
    choice = SplitChoice.parse(text)
    assert (choice.kind, choice.timed, choice.flag) == (kind, kind != "random", option("split", text))
    assert choice.date == (datetime.date(2020, 2, 29) if kind == "date" else None)


@pytest.mark.parametrize("text", ["", "Last", "date", "date=", "date=20200229", "date=2020-2-29", "date=2020-02-29T00"])
def test_another_split_is_named(text):
    with told_in_one_line(rf"split={text}: expected random, last or date=YYYY-MM-DD"):
        SplitChoice.parse(text)


def test_a_day_that_is_none_is_named():
    with told_in_one_line(r"split=date=2019-02-29: 2019-02-29 is no day of the calendar"):
        SplitChoice.parse("date=2019-02-29")


def test_the_last_two_by_time():
    # In the order of time: b (1), d (2), a (5), c (9).
    assert last_two(0, "u", ["a", "b", "c", "d"], [5, 1, 9, 2]) == (0, 2, False)


@pytest.mark.parametrize(
    ("times", "drawn"),
    [
        ([1, 2, 3, 4], False),
        ([1, 1, 3, 4], False),  # equal, and both in training
        ([1, 3, 3, 4], True),  # which of two is the validation item
        ([1, 2, 4, 4], True),  # which of two is the test item
        ([7, 7, 7, 7], True),
    ],
)
def test_the_seed_draws_among_equal_times(times, drawn):
    keys = ["a", "b", "c", "d"]
    found = [last_two(seed, "u", keys, times) for seed in range(60)]
    assert {told for *_, told in found} == {drawn}
    pairs = {pair[:2] for pair in found}
    possible = {
        (one, two)
        for one in range(4)
        for two in range(4)
        if one != two and times[two] == max(times) and times[one] == sorted(times)[-2]
    }
    assert pairs == possible and (len(pairs) > 1) == drawn


def test_the_order_of_items_does_not_decide_among_equal_times():
    for seed in range(20):
        one = last_two(seed, "u", ["a", "b", "c", "d"], [3, 3, 3, 3])
        other = last_two(seed, "u", ["d", "c", "b", "a"], [3, 3, 3, 3])
        assert [3 - place for place in one[:2]] == list(other[:2])


def test_a_date_cuts_as_many_days_before_it_as_there_are_after_it():
    # Day 90 of 2020 is March 31. The last purchase is on day 94: days 91 to 94 are the test, 87 to 90 validation.
    cut = cut_at(SplitChoice.parse("date=2020-03-31"), day(0), day(94) + 5000)
    assert (cut.validation_from, cut.test_from) == (day(87), day(91))
    times = np.array([day(87) - 1, day(87), day(91) - 1, day(91), day(94)])
    assert cut.parts(times).tolist() == [0, 1, 1, 2, 2]
    assert cut.facts["date"] == "2020-03-31" and cut.facts["validation_from"] == "2020-03-28"


@pytest.mark.parametrize(
    ("date", "message"),
    [
        ("2020-04-04", "no purchase is later, the purchases are from 2020-01-01 to 2020-04-04; give an earlier date"),
        ("2019-12-31", "no purchase is left to train on, .* validation takes the 95 days"),
        ("2020-01-30", "no purchase is left to train on, .* validation takes the 65 days"),
    ],
)
def test_a_date_outside_the_data_is_named(date, message):
    with told_in_one_line(rf"split=date={date}: {message}"):
        cut_at(SplitChoice.parse(f"date={date}"), day(0), day(94))
