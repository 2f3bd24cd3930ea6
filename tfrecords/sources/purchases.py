"""Collects purchases in a few bytes each, then splits them."""

import array
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from tfrecords import split
from tfrecords.errors import InputError, option
from tfrecords.sources.base import User

_ITEM_BITS = 32


class Purchases:
    """The distinct (user, item) pairs of a data set; users with fewer than `min_actions` are left out of the split.

    A pair takes 8 bytes, a user or item about 200 bytes, so tens of millions of pairs fit in memory.

    Attributes:
        duplicates: number of repetitions of pairs; known after `users` was called.
        dropped_users: number of users that `users` leaves out.
        dropped_purchases: number of their distinct purchases of items with a usable photo.
    """

    def __init__(self, where: Path, seed: int, min_actions: int):
        """Creates an empty collection.

        Args:
            where: the source, as errors name it.
            seed: of the split.
            min_actions: fewest distinct purchases of a user who stays, at least 3.
        """
        self.duplicates = self.dropped_users = self.dropped_purchases = 0
        self._where = where
        self._seed = seed
        self._min_actions = min_actions
        self._users: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._pairs = array.array("q")

    def add(self, user_key: str, item_key: str) -> None:
        """Adds one purchase; a repeated pair counts once."""
        user = self._users.setdefault(user_key, len(self._users))
        item = self._items.setdefault(item_key, len(self._items))
        self._pairs.append(user << _ITEM_BITS | item)

    def items_of_kept_users(self) -> set[str]:
        """Returns the keys of the items that users with enough purchases bought. Raises InputError if none has."""
        users, items = self._distinct()
        enough = self._enough(self._counts(users))
        keys = list(self._items)
        return {keys[item] for item in np.unique(items[enough[users]])}

    def users(self, ids: Mapping[str, int], bad: Collection[str] = ()) -> list[User]:
        """Yields every user with enough purchases, split, in the order of the user keys.

        Args:
            ids: item id by item key; every item of a user who stays has one.
            bad: items that are left out with their purchases.

        Raises:
            InputError: no user has enough purchases.
        """
        users, items = self._distinct()
        self.duplicates = len(self._pairs) - len(users)
        usable = np.ones(len(self._items), bool)
        usable[[self._items[key] for key in bad if key in self._items]] = False
        users, items = users[usable[items]], items[usable[items]]
        counts = self._counts(users)
        enough = self._enough(counts, len(bad))
        self.dropped_users = int(np.count_nonzero(~enough))
        self.dropped_purchases = int(counts[~enough].sum())
        ends = np.cumsum(counts)
        keys = list(self._items)
        kept = sorted(key for key, user in self._users.items() if enough[user])
        return [
            self._split(key, sorted(keys[item] for item in items[ends[user] - counts[user] : ends[user]]), ids)
            for key, user in ((key, self._users[key]) for key in kept)
        ]

    def facts(self) -> dict:
        """Returns the description of the split for dataset.json."""
        return {"seed": self._seed, "rule": split.RULE, "min_actions": self._min_actions}

    def _distinct(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns users and items of the distinct pairs, int64, in the order of the users."""
        pairs = np.unique(np.frombuffer(self._pairs, np.int64)) if self._pairs else np.empty(0, np.int64)
        return pairs >> _ITEM_BITS, pairs & ((1 << _ITEM_BITS) - 1)

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

    def _split(self, user_key: str, item_keys: list[str], ids: Mapping[str, int]) -> User:
        held = split.hold_out(self._seed, user_key, item_keys)
        validation, test = (ids[item_keys[position]] for position in held)
        train = sorted(ids[key] for position, key in enumerate(item_keys) if position not in held)
        return User(user_key, train, validation, test)
