"""Writes a small shop whose purchases have timestamps, for the splits by time."""

import datetime

import numpy as np

from tests.support.shop import write_shop, write_table

START = datetime.date(2020, 1, 1)
SECONDS = 1577836800  # 2020-01-01 in UTC, in seconds since 1970


def day(number):
    """Returns the first second of a day; day 0 is 2020-01-01."""
    return SECONDS + 86400 * number


def write_timed_shop(folder, rows, items=40):
    """Writes the shop of rows (user, number of an item, day or seconds as text)."""
    write_shop(folder, items=items, purchases={"u": range(5)})
    table = [[user, f"i{item}", when if isinstance(when, str) else day(when)] for user, item, when in rows]
    write_table(folder / "interactions.csv", ["user_id", "item_id", "timestamp"], table)
    return folder


def draw_rows(users=12, purchases=9, items=40, days=100, seed=0, again=3):
    """Draws random purchases; `again` of each user's repeat an earlier purchase of an item on a later day."""
    random = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        bought = random.choice(items, purchases, replace=False)
        when = random.integers(0, days - 10, purchases)
        rows += [(f"u{user:02d}", int(item), int(at)) for item, at in zip(bought, when, strict=True)]
        rows += [(f"u{user:02d}", int(bought[k]), int(when[k]) + 1 + k) for k in range(again)]
    return [rows[row] for row in random.permutation(len(rows))]


def first_days(rows):
    """Returns {user: {item: day of its first purchase}}, by plain loops."""
    found = {}
    for user, item, at in rows:
        mine = found.setdefault(user, {})
        mine[item] = min(at, mine.get(item, at))
    return found
