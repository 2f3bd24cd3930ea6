import pytest

from tfrecords.sources.csv_time import parse_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("1583020800", 1583020800),
        (" 1583020800.75 ", 1583020800),
        ("2020-03-01", 1583020800),
        ("2020-03-01T00:00:01", 1583020801),
        ("2020-03-01 01:00:00+01:00", 1583020800),
        ("2020-03-01T00:00:00Z", 1583020800),
    ],
)
def test_seconds_and_days(text, seconds):
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "seconds since 1970, or a day as 2020-03-01, expected"),
        ("yesterday", "seconds since 1970, or a day"),
        ("nan", "seconds since 1970, or a day"),
        ("-5", "seconds since 1970, or a day"),
        ("01/03/2020", "seconds since 1970, or a day"),
        ("2020-13-01", "seconds since 1970, or a day"),
        ("20200301", "a day is written 2020-03-01"),
        ("1583020800000", "milliseconds"),
        ("1969-12-31", "from 1970 on"),
    ],
)
def test_what_is_no_time_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        parse_time(text)
