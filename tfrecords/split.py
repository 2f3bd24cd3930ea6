"""Splits purchases into training, validation and test purchases."""

import calendar
import dataclasses
import datetime
import hashlib
import json
import re
from collections.abc import Sequence

import numpy as np

from tfrecords.errors import InputError, option

RULE = (
    "sha256 of the JSON list [seed, user key, sorted item keys]: its first 8 bytes modulo n pick the validation item, "
    "the next 8 modulo n-1 pick the test item among the rest"
)
LAST_RULE = (
    "each user's last purchase is the test item, the one before it the validation item; equal timestamps are ordered "
    "by sha256 of the JSON list [seed, user key, item key]; an item bought again counts when it was bought first"
)
MIN_ACTIONS = 3  # at least one purchase each for training, validation and test
RANDOM, LAST, DATE = "random", "last", "date"
DAY = 86400  # seconds
_FORM = "random, last or date=YYYY-MM-DD"


@dataclasses.dataclass(frozen=True)
class SplitChoice:
    """The way to split purchases; `parse` reads the setting ``split``.

    Attributes:
        kind: ``random``, ``last`` or ``date``.
        date: for the kind ``date``: the last day, in UTC, before the test purchases; None otherwise.
    """

    kind: str = RANDOM
    date: datetime.date | None = None

    @classmethod
    def parse(cls, text: str) -> "SplitChoice":
        """Reads ``random``, ``last`` or ``date=YYYY-MM-DD``. Raises InputError for anything else."""
        if text in (RANDOM, LAST):
            return cls(text)
        form = re.fullmatch(r"date=([0-9]{4}-[0-9]{2}-[0-9]{2})", text)
        if form is None:
            raise InputError(f"{option('split', text)}: expected {_FORM}")
        try:
            return cls(DATE, datetime.date.fromisoformat(form[1]))
        except ValueError as error:
            raise InputError(
                f"{option('split', text)}: {form[1]} is no day of the calendar; expected {_FORM}"
            ) from error

    @property
    def timed(self) -> bool:
        """Returns whether the split needs timestamps."""
        return self.kind != RANDOM

    @property
    def flag(self) -> str:
        """Returns the setting with its value, for messages."""
        return option("split", f"{self.kind}={self.date}" if self.date else self.kind)


BY_CHANCE = SplitChoice()


@dataclasses.dataclass(frozen=True)
class Cut:
    """The times at which a split by date divides the purchases, in seconds since 1970 (UTC); see `cut_at`.

    Attributes:
        validation_from: training purchases are earlier than this, validation purchases are not.
        test_from: validation purchases are earlier than this, test purchases are not.
    """

    validation_from: int
    test_from: int

    def parts(self, times: np.ndarray) -> np.ndarray:
        """Returns, for times of purchases, int8: 0 for training, 1 for validation, 2 for the test."""
        return (times >= self.validation_from).astype(np.int8) + (times >= self.test_from)

    @property
    def facts(self) -> dict[str, str]:
        """Returns the rule in words and its dates, for dataset.json."""
        date, start = day_of(self.test_from - DAY), day_of(self.validation_from)
        rule = (
            f"purchases after {date} (UTC) are test purchases, those from {start} to {date} validation purchases, "
            "as many days as the test has, earlier ones training purchases; an item bought again counts when it was "
            "bought first"
        )
        return {"rule": rule, "date": str(date), "validation_from": str(start)}


def cut_at(choice: SplitChoice, first: int, last: int) -> Cut:
    """Computes the times at which a split by date divides the purchases.

    Test purchases are those after the day `choice.date` (UTC). Validation purchases are those of the days up to and
    including that day, as many days as the test has, so that a model is chosen on a period as long as the test's.

    Args:
        choice: a split by date.
        first: time of the first purchase, in seconds since 1970.
        last: time of the last purchase, in seconds since 1970.

    Raises:
        InputError: nothing was bought after the date, or nothing is left to train on.
    """
    test_from = calendar.timegm(choice.date.timetuple()) + DAY
    span = f"the purchases are from {day_of(first)} to {day_of(last)}"
    if last < test_from:
        raise InputError(f"{choice.flag}: no purchase is later, {span}; give an earlier date")
    days = last // DAY - test_from // DAY + 1
    cut = Cut(test_from - days * DAY, test_from)
    if first >= cut.validation_from:
        raise InputError(
            f"{choice.flag}: no purchase is left to train on, {span}, and validation takes the {days} days up to the "
            "date, as many as the test has; give a later date"
        )
    return cut


def day_of(time: int) -> datetime.date:
    """Returns the day, in UTC, of a time in seconds since 1970."""
    return datetime.date(1970, 1, 1) + datetime.timedelta(days=int(time) // DAY)


def hold_out(seed: int, user_key: str, item_keys: Sequence[str]) -> tuple[int, int]:
    """Draws one validation and one test purchase of a user.

    The draw depends only on (seed, user key, item keys): neither the order of rows nor any other user changes it.
    `RULE` states it.

    Args:
        seed: the split's seed.
        user_key: the user's external id.
        item_keys: the external ids of the user's distinct items, sorted; at least `MIN_ACTIONS`.

    Returns:
        (validation, test): two different positions in `item_keys`.

    Raises:
        ValueError: there are fewer than `MIN_ACTIONS` items.
    """
    count = len(item_keys)
    if count < MIN_ACTIONS:
        raise ValueError(f"a split needs at least {MIN_ACTIONS} purchases, got {count}")
    digest = hashlib.sha256(json.dumps([seed, user_key, list(item_keys)]).encode()).digest()
    validation = int.from_bytes(digest[:8], "big") % count
    test = int.from_bytes(digest[8:16], "big") % (count - 1)
    # Skipping the validation item makes the test item uniform over the others.
    return validation, test + (test >= validation)


def last_two(seed: int, user_key: str, item_keys: Sequence[str], times: Sequence[int]) -> tuple[int, int, bool]:
    """Finds a user's last two purchases: the second-to-last for validation, the last for the test.

    Purchases with equal times are ordered by a hash of (seed, user key, item key), so neither the order of rows or ids
    nor any other user changes the result. `LAST_RULE` states it.

    Args:
        seed: the split's seed.
        user_key: the user's external id.
        item_keys: the external ids of the user's distinct items; at least `MIN_ACTIONS`.
        times: the time of the first purchase of each item, in seconds since 1970.

    Returns:
        (validation, test, drawn): two positions in `item_keys`, and whether equal times made the hash decide.

    Raises:
        ValueError: there are fewer than `MIN_ACTIONS` items.
    """
    if len(item_keys) < MIN_ACTIONS:
        raise ValueError(f"a split needs at least {MIN_ACTIONS} purchases, got {len(item_keys)}")

    def place(position: int) -> tuple[int, bytes]:
        key = json.dumps([seed, user_key, item_keys[position]]).encode()
        return times[position], hashlib.sha256(key).digest()

    *_, third, validation, test = sorted(range(len(item_keys)), key=place)
    return validation, test, times[validation] in (times[third], times[test])
