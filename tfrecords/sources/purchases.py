"""Collects purchases in a few bytes each, then splits them."""

import array
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import numpy as np

from tfrecords import split
from tfrecords.errors import InputError, option
from tfrecords.files.table import Column
from tfrecords.keys import Keys
from tfrecords.sources.sorted_pairs import ITEM_BITS, SortedPairs, sorted_pairs
from tfrecords.sources.split_users import SplitUsers
from tfrecords.split import BY_CHANCE, SplitChoice

_ROWS = 1 << 16  # purchases that are added at once


class Purchases:
    """The distinct (user, item) pairs of a data set; users with fewer than `min_actions` are left out of the split.

    A repeated pair counts once, at its earliest time. A pair takes 8 bytes (16 with its time), a user or item 20
    and its key, so tens of millions of pairs fit in memory. All purchases are added before anything is asked.

    Attributes:
        duplicates: number of repetitions of pairs; known after `users` was called.
        dropped_users: number of users that `users` leaves out.
        dropped_purchases: number of their distinct purchases of items with a usable photo.
        outside_core: numbers of users, items and distinct purchases outside the core; empty without that rule.
    """

    def __init__(
        self, where: Path, seed: int, min_actions: int, choice: SplitChoice = BY_CHANCE, core: int | None = None
    ):
        """Creates an empty collection.

        Args:
            where: the source, as errors name it.
            seed: of the split.
            min_actions: fewest distinct purchases of a user who stays, at least 3.
            choice: the split. All but the random split need the time of every purchase.
            core: keep only users and items with so many distinct purchases among each other; None: keep all.
        """
        self.duplicates = self.dropped_users = self.dropped_purchases = 0
        self._where = where
        self._seed = seed
        self._min_actions = min_actions
        self._choice = choice
        self._core = core
        self.outside_core: dict[str, int] = {}
        self._users, self._items = Keys(), Keys()
        self._rows: list[tuple[str, str, int | None]] = []  # not yet added
        self._pairs = array.array("q")
        self._times: array.array | None = array.array("q")
        self._sorted: SortedPairs | None = None
        self._cut: split.Cut | None = None
        self._found: dict[str, int] = {}

    def add(self, user_key: str, item_key: str, time: int | None = None) -> None:
        """Adds one purchase; a repeated pair counts once.

        `time` is in seconds since 1970. If it is missing for one purchase, no times are kept.
        """
        self._rows.append((user_key, item_key, time))
        if len(self._rows) == _ROWS:
            self._add_rows()

    def add_block(
        self,
        user_keys: Sequence[str],
        users: np.ndarray,
        item_keys: Sequence[str],
        items: np.ndarray,
        times: np.ndarray | None = None,
    ) -> None:
        """Adds many purchases: in row r, ``user_keys[users[r]]`` buys ``item_keys[items[r]]`` at ``times[r]``.

        Args:
            user_keys: different keys, each of which stands in a row.
            users: int [rows].
            item_keys: as `user_keys`.
            items: int [rows].
            times: int64 [rows], seconds since 1970; None: unknown, then no times are kept.
        """
        user_numbers, item_numbers = self._users.number(user_keys), self._items.number(item_keys)
        self._pairs.frombytes((user_numbers[users] << ITEM_BITS | item_numbers[items]).tobytes())
        if times is None:
            self._times = None
        elif self._times is not None:
            self._times.frombytes(times.astype(np.int64, copy=False).tobytes())

    def items_of_kept_users(self) -> set[str]:
        """Returns the keys of the items that users with enough purchases bought. Raises InputError if none has."""
        pairs = self._distinct()
        enough = self._enough(pairs.counts())
        return {pairs.item_keys[item] for item in np.unique(pairs.items[enough[pairs.users]])}

    def check_split(self) -> None:
        """Raises InputError if a date does not cut the purchases into three parts; `users` checks it again."""
        if self._choice.date is not None:
            pairs = self._distinct()
            self._cut_at(pairs.times[self._enough(pairs.counts())[pairs.users]])

    def users(self, ids: Callable[[Sequence[str]], np.ndarray], bad: Collection[str] = ()) -> SplitUsers:
        """Returns every user with enough purchases, split, in the order of the user keys.

        Args:
            ids: finds the id of each item by key, int32; every item of a user who stays has one.
            bad: items that are left out with their purchases.

        Raises:
            InputError: no user has enough purchases, or a date does not cut them into three parts.
        """
        pairs = self._distinct()
        if bad:
            pairs = pairs.where(np.array([key not in bad for key in pairs.item_keys])[pairs.items])
        counts = pairs.counts()
        enough = self._enough(counts, len(bad))
        self.dropped_users = int(np.count_nonzero(~enough)) - self.outside_core.get("users_outside_the_core", 0)
        self.dropped_purchases = int(counts[~enough].sum())
        if self._choice.timed and pairs.times is None:
            raise ValueError(f"{self._choice.flag} needs the time of every purchase")
        pairs = pairs.where(enough[pairs.users])
        if self._choice.date is not None:
            self._cut = self._cut_at(pairs.times)
        keys = pairs.user_keys.take(np.flatnonzero(enough))
        ends = np.cumsum(counts[enough])
        parts = self._parts(pairs, keys, ends)
        items = ids(pairs.item_keys)[pairs.items]
        if self._cut is not None:
            self._found = count_new(ends, items, parts)
        return SplitUsers(keys, ends, items, parts, pairs.times)

    def facts(self) -> dict:
        """Returns the description of the split for dataset.json, after `users` was called."""
        facts = {"seed": self._seed, "rule": split.RULE, "min_actions": self._min_actions}
        if self._core is not None:
            facts["core"] = self._core
        if self._choice.kind == split.LAST:
            facts |= {"rule": split.LAST_RULE, "kind": split.LAST, **self._found}
        if self._cut is not None:
            # Nothing is drawn.
            facts |= {"seed": None, **self._cut.facts, "kind": split.DATE, **self._found}
        return facts

    def _add_rows(self) -> None:
        if self._rows:
            users, items, times = zip(*self._rows, strict=True)
            self._rows = []
            user, item = Column.of(users), Column.of(items)
            known = None if None in times else np.array(times, np.int64)
            self.add_block(user.values, user.codes, item.values, item.codes, known)

    def _distinct(self) -> SortedPairs:
        if self._sorted is None:
            self._add_rows()
            pairs, times = np.frombuffer(self._pairs, np.int64), None
            if self._times is not None and len(self._times):
                times = np.frombuffer(self._times, np.int64)
            self._sorted = sorted_pairs(self._users, self._items, pairs, times)
            self.duplicates = len(pairs) - len(self._sorted.users)
            del pairs, times
            # The sorted pairs hold what is needed of them.
            self._pairs, self._times, self._users, self._items = array.array("q"), None, Keys(), Keys()
            if self._core is not None:
                self._sorted = self._in_core(self._sorted, self._core)
        return self._sorted

    def _in_core(self, pairs: SortedPairs, core: int) -> SortedPairs:
        """Returns the largest set of purchases in which every user and every item has `core` of them."""
        inside = core_of(pairs.users, pairs.items, core)
        if not inside.any():
            raise InputError(
                f"{self._where}: no user and item are left if each needs {core} purchases of the others; lower "
                f"{option('minimum_purchases')} (at least {split.MIN_ACTIONS})"
            )
        kept = pairs.where(inside)
        self.outside_core = {
            "users_outside_the_core": len(np.unique(pairs.users)) - len(np.unique(kept.users)),
            "items_outside_the_core": len(np.unique(pairs.items)) - len(np.unique(kept.items)),
            "interactions_outside_the_core": len(pairs.users) - len(kept.users),
        }
        return kept

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

    def _parts(self, pairs: SortedPairs, user_keys: Sequence[str], ends: np.ndarray) -> np.ndarray:
        """Returns the part of each purchase, int8: 0 training, 1 validation, 2 test."""
        if self._cut is not None:
            return self._cut.parts(pairs.times)
        parts = np.zeros(len(pairs.items), np.int8)
        self._found = {"tied_users": 0} if self._choice.kind == split.LAST else {}
        start = 0
        for key, end in zip(user_keys, ends.tolist(), strict=True):
            items = [pairs.item_keys[item] for item in pairs.items[start:end].tolist()]
            if self._choice.kind == split.LAST:
                validation, test, drawn = split.last_two(self._seed, key, items, pairs.times[start:end].tolist())
                self._found["tied_users"] += drawn
            else:
                validation, test = split.hold_out(self._seed, key, items)
            parts[start + validation], parts[start + test] = 1, 2
            start = end
        return parts

    def _cut_at(self, times: np.ndarray) -> split.Cut:
        cut = split.cut_at(self._choice, int(times.min()), int(times.max()))
        if not ((times >= cut.validation_from) & (times < cut.test_from)).any():
            days = cut.facts
            raise InputError(
                f"{self._choice.flag}: no purchase from {days['validation_from']} to {days['date']}, the days of "
                "validation; give another date"
            )
        return cut


def core_of(users: np.ndarray, items: np.ndarray, core: int) -> np.ndarray:
    """Returns which purchases are in the k-core, bool [P]: the largest set where each user and item has k of them.

    Users and items with fewer are taken out until there are none.

    Args:
        users: int [P], numbers of users from 0 on.
        items: int [P], numbers of items.
        core: k.
    """
    inside = np.ones(len(users), bool)
    while True:
        before = np.count_nonzero(inside)
        for ends in (users, items):
            inside[inside] = (np.bincount(ends[inside]) >= core)[ends[inside]]
        if np.count_nonzero(inside) == before:
            return inside


def count_new(ends: np.ndarray, items: np.ndarray, parts: np.ndarray) -> dict[str, int]:
    """Counts users and items that have test purchases only: those that are new after the date of a split by date.

    Args:
        ends: int [U], the end of each user's purchases.
        items: int [P], the item of each purchase.
        parts: int8 [P], its part; 2 is the test.
    """
    before = parts < 2
    earlier = np.diff(np.concatenate([[0], np.cumsum(before)])[np.concatenate([[0], ends])])
    return {
        "new_users": int(np.count_nonzero(earlier == 0)),
        "new_items": len(np.setdiff1d(items[~before], items[before])),
    }
