"""A data set's purchases over time, and the users and items that are new in the days of a split by date."""

import dataclasses
import datetime

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.split import day_of
from tfrecords.timestamps import PARTS

MOST_PERIODS = 36
_STEPS = (1, 7)  # days; longer periods are months


@dataclasses.dataclass(frozen=True)
class Period:
    """One period of time.

    Attributes:
        start: its first day, or its month, as text.
        purchases: how many of training, validation and test fall in it.
    """

    start: str
    purchases: tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Newcomers:
    """The users and items that are new in one split, as far as the data set's purchases tell.

    Attributes:
        split: ``validation`` or ``test``.
        purchases: number of purchases in it.
        users: number of users with their first purchase in it.
        purchases_of_new_users: number of purchases of these users in it.
        items: number of items bought for the first time in it.
        purchases_of_new_items: number of purchases of these items in it.
    """

    split: str
    purchases: int
    users: int
    purchases_of_new_users: int
    items: int
    purchases_of_new_items: int


def purchases_over_time(dataset: Dataset) -> list[Period]:
    """Counts the purchases of each day, or week, or one or more months, whichever gives at most `MOST_PERIODS` rows.

    A week starts on the weekday of the first purchase. Periods without purchases are rows too. There are no rows if the
    data set has no timestamps. Raises InputError if they are damaged.
    """
    times = dataset.timestamps
    if times is None:
        return []
    days = {part: of // 86400 for part, of in times.items()}
    first, last = (int(end(np.concatenate(list(days.values())))) for end in (np.min, np.max))
    for step in _STEPS:
        if (last - first) // step < MOST_PERIODS:
            names = [str(day_of(86400 * day)) for day in range(first, last + 1, step)]
            return _counted(names, {part: (of - first) // step for part, of in days.items()})
    months = {part: of.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) for part, of in days.items()}
    first, last = (int(end(np.concatenate(list(months.values())))) for end in (np.min, np.max))
    step = (last - first) // MOST_PERIODS + 1
    names = [f"{datetime.date(1970 + month // 12, month % 12 + 1, 1):%Y-%m}" for month in range(first, last + 1, step)]
    return _counted(names, {part: (of - first) // step for part, of in months.items()})


def newcomers(dataset: Dataset) -> list[Newcomers]:
    """Counts the new users and items of validation and of test; meant for a split by date."""
    known_users = np.diff(dataset.train_indptr) > 0
    known_items = dataset.item_counts > 0
    rows = []
    for split in ("validation", "test"):
        indptr, items = dataset.held_out(split)
        users = np.repeat(np.arange(dataset.num_users), np.diff(indptr))
        new_users, new_items = users[~known_users[users]], items[~known_items[items]]
        counts = (len(np.unique(new_users)), len(new_users), len(np.unique(new_items)), len(new_items))
        rows.append(Newcomers(split, len(items), *counts))
        known_users[users] = known_items[items] = True
    return rows


def _counted(names: list[str], places: dict[str, np.ndarray]) -> list[Period]:
    counts = [np.bincount(places[part], minlength=len(names)).tolist() for part in PARTS]
    return [Period(name, row) for name, row in zip(names, zip(*counts, strict=True), strict=True)]
