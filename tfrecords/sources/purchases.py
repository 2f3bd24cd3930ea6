"""Collects purchases in a few bytes each, then splits them."""

import array
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from tfrecords import split
from tfrecords.errors import InputError, option
from tfrecords.sources.base import User
from tfrecords.split import BY_CHANCE, SplitChoice

_ITEM_BITS = 32


class Purchases:
    """The distinct (user, item) pairs of a data set; users with fewer than `min_actions` are left out of the split.

    A repeated pair counts once, at its earliest time. A pair takes 8 bytes (16 with its time), a user or item about 200
    bytes, so tens of millions of pairs fit in memory.

    Attributes:
        duplicates: number of repetitions of pairs; known after `users` was called.
        dropped_users: number of users that `users` leaves out.
        dropped_purchases: number of their distinct purchases of items with a usable photo.
    """

    def __init__(self, where: Path, seed: int, min_actions: int, choice: SplitChoice = BY_CHANCE):
        """Creates an empty collection.

        Args:
            where: the source, as errors name it.
            seed: of the split.
            min_actions: fewest distinct purchases of a user who stays, at least 3.
            choice: the split. All but the random split need the time of every purchase.
        """
        self.duplicates = self.dropped_users = self.dropped_purchases = 0
        self._where = where
        self._seed = seed
        self._min_actions = min_actions
        self._choice = choice
        self._users: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._pairs = array.array("q")
        self._times: array.array | None = array.array("q")
        self._cut: split.Cut | None = None
        self._found: dict[str, int] = {}

    def add(self, user_key: str, item_key: str, time: int | None = None) -> None:
        """Adds one purchase; a repeated pair counts once.

        `time` is in seconds since 1970. If it is missing for one purchase, no times are kept.
        """
        user = self._users.setdefault(user_key, len(self._users))
        item = self._items.setdefault(item_key, len(self._items))
        self._pairs.append(user << _ITEM_BITS | item)
        if time is None:
            self._times = None
        elif self._times is not None:
            self._times.append(time)

    def items_of_kept_users(self) -> set[str]:
        """Returns the keys of the items that users with enough purchases bought. Raises InputError if none has."""
        users, items, _ = self._distinct()
        enough = self._enough(self._counts(users))
        keys = list(self._items)
        return {keys[item] for item in np.unique(items[enough[users]])}

    def check_split(self) -> None:
        """Raises InputError if a date does not cut the purchases into three parts; `users` checks it again."""
        if self._choice.date is not None:
            users, _, times = self._distinct()
            self._cut_at(times[self._enough(self._counts(users))[users]])

    def users(self, ids: Mapping[str, int], bad: Collection[str] = ()) -> list[User]:
        """Yields every user with enough purchases, split, in the order of the user keys.

        Args:
            ids: item id by item key; every item of a user who stays has one.
            bad: items that are left out with their purchases.

        Raises:
            InputError: no user has enough purchases, or a date does not cut them into three parts.
        """
        users, items, times = self._distinct()
        self.duplicates = len(self._pairs) - len(users)
        usable = np.ones(len(self._items), bool)
        usable[[self._items[key] for key in bad if key in self._items]] = False
        usable = usable[items]
        users, items, times = users[usable], items[usable], None if times is None else times[usable]
        counts = self._counts(users)
        enough = self._enough(counts, len(bad))
        self.dropped_users = int(np.count_nonzero(~enough))
        self.dropped_purchases = int(counts[~enough].sum())
        if self._choice.timed and times is None:
            raise ValueError(f"{self._choice.flag} needs the time of every purchase")
        if self._choice.date is not None:
            self._cut = self._cut_at(times[enough[users]])
        self._found = {"tied_users": 0} if self._choice.kind == split.LAST else {}
        ends = np.cumsum(counts)
        keys = list(self._items)
        kept = sorted(key for key, user in self._users.items() if enough[user])
        split_users = []
        for key in kept:
            user = self._users[key]
            rows = slice(ends[user] - counts[user], ends[user])
            when = [0] * counts[user] if times is None else times[rows].tolist()
            bought = sorted(zip((keys[item] for item in items[rows]), when, strict=True))
            split_users.append(self._split(key, bought, ids))
        if self._cut is not None:
            self._found = count_new(split_users)
        return split_users

    def facts(self) -> dict:
        """Returns the description of the split for dataset.json, after `users` was called."""
        facts = {"seed": self._seed, "rule": split.RULE, "min_actions": self._min_actions}
        if self._choice.kind == split.LAST:
            facts |= {"rule": split.LAST_RULE, "kind": split.LAST, **self._found}
        if self._cut is not None:
            # Nothing is drawn.
            facts |= {"seed": None, **self._cut.facts, "kind": split.DATE, **self._found}
        return facts

    def _distinct(self) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Returns users, items and earliest times of the distinct pairs, int64, in the order of the users."""
        if not self._pairs or self._times is None:
            pairs, times = np.unique(np.array(self._pairs, np.int64)), None
        else:
            pairs, times = np.frombuffer(self._pairs, np.int64), np.frombuffer(self._times, np.int64)
            order = np.lexsort((times, pairs))
            first = np.ones(len(pairs), bool)
            first[1:] = pairs[order][1:] != pairs[order][:-1]
            pairs, times = pairs[order][first], times[order][first]
        return pairs >> _ITEM_BITS, pairs & ((1 << _ITEM_BITS) - 1), times

    def _counts(self, users: np.ndarray) -> np.ndarray:
        return np.bincount(users, minlength=len(self._users))

    def _enough(self, counts: np.ndarray, bad: int = 0) -> np.ndarray:
        enough = counts >= self._min_actions
        if not enough.any():
            cause = f" once {bad} items without a usable photo or features are left out" if bad else ""
            more = "bring the photos" if bad else "bring more purchases"
            raise InputError(
                f"{self._where}: no user has {self._min_actions} purchases{cause}, the most is "
                f"{counts.max(initial=0)}; lower {option('min_actions')} (at least {split.MIN_ACTIONS}) or {more}"
            )
        return enough

    def _split(self, user_key: str, bought: Sequence[tuple[str, int]], ids: Mapping[str, int]) -> User:
        """Splits one user's item keys, which are sorted, with their times."""
        keys, times = [key for key, _ in bought], [time for _, time in bought]
        if self._cut is not None:
            parts = [self._cut.part(time) for time in times]
        else:
            if self._choice.kind == split.LAST:
                *held, drawn = split.last_two(self._seed, user_key, keys, times)
                self._found["tied_users"] += drawn
            else:
                held = split.hold_out(self._seed, user_key, keys)
            parts = [1 + held.index(position) if position in held else 0 for position in range(len(keys))]
        rows = [
            sorted((ids[key], time) for key, time, own in zip(keys, times, parts, strict=True) if own == part)
            for part in range(3)
        ]
        known = None if self._times is None else tuple([time for _, time in row] for row in rows)
        return User(user_key, *([item for item, _ in row] for row in rows), known)

    def _cut_at(self, times: np.ndarray) -> split.Cut:
        cut = split.cut_at(self._choice, int(times.min()), int(times.max()))
        if not ((times >= cut.validation_from) & (times < cut.test_from)).any():
            days = cut.facts
            raise InputError(
                f"{self._choice.flag}: no purchase from {days['validation_from']} to {days['date']}, the days of "
                "validation; give another date"
            )
        return cut


def count_new(users: Sequence[User]) -> dict[str, int]:
    """Counts users and items that have test purchases only: those that are new after the date of a split by date."""
    before = {item for user in users for part in (user.train, user.validation) for item in part}
    return {
        "new_users": sum(not user.train and not user.validation for user in users),
        "new_items": len({item for user in users for item in user.test} - before),
    }
