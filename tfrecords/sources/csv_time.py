"""The column timestamp of a CSV file: seconds since 1970, or days and times as ISO 8601 writes them."""

import datetime
import re
from collections.abc import Sequence

import numpy as np

from tfrecords.timestamps import MOST

_SECONDS = re.compile(r"(\d+)(\.\d*)?")
_COMPACT_DAY = re.compile(r"(19|20)\d{6}")
_AFTER_COMPACT_DAYS = 21_000_000  # Smaller numbers may be days as 20200301, which are refused.
_LONGEST = 18  # digits that int64 holds


def parse_times(texts: Sequence[str | None]) -> np.ndarray:
    """Returns `parse_time` of each text, int64; seconds since 1970 a good deal faster. Raises ValueError as it does."""
    digits = None not in texts and all(map(str.isdecimal, texts)) and all(map(str.isascii, texts))
    if digits and max(map(len, texts), default=0) <= _LONGEST:
        seconds = np.array(list(map(int, texts)), np.int64)
        if (seconds >= _AFTER_COMPACT_DAYS).all() and (seconds < MOST).all():
            return seconds
    return np.array([parse_time(text or "") for text in texts], np.int64)


def parse_time(text: str) -> int:
    """Returns the whole seconds since 1970 (UTC) of ``1583020800``, ``2020-03-01`` or ``2020-03-01T12:00:00+01:00``.

    A day is its first second. Without a zone it is UTC.

    Raises:
        ValueError: the text is none of these, or lies before 1970 or after 5138; the message says what was expected.
    """
    text = text.strip()
    number = _SECONDS.fullmatch(text)
    if _COMPACT_DAY.fullmatch(text):
        raise ValueError(f"a day is written {text[:4]}-{text[4:6]}-{text[6:]}")
    if number:
        seconds = int(number[1])
        if seconds >= MOST:
            raise ValueError("seconds since 1970 expected, are these milliseconds?")
        return seconds
    try:
        moment = datetime.datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", text))
    except ValueError:
        raise ValueError("seconds since 1970, or a day as 2020-03-01, expected") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    seconds = int(moment.timestamp() // 1)
    if not 0 <= seconds < MOST:
        raise ValueError("a time from 1970 on expected")
    return seconds
