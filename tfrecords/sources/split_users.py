"""Users whose purchases are split, kept as arrays: tens of millions of purchases take a few bytes each."""

from collections.abc import Iterator, Sequence
from typing import overload

import numpy as np

from tfrecords.sources.base import User


class SplitUsers(Sequence[User]):
    """A sequence of users; each `User` is made when it is asked for.

    Args:
        keys: the users' keys, in the order of the users.
        ends: int [U], the end of each user's purchases in the arrays below.
        items: int [P], item ids.
        parts: int8 [P], 0 for a training purchase, 1 for validation, 2 for test.
        times: int64 [P], seconds since 1970; None if they are unknown.
    """

    def __init__(
        self, keys: Sequence[str], ends: np.ndarray, items: np.ndarray, parts: np.ndarray, times: np.ndarray | None
    ):
        self._keys = keys
        self._ends = ends
        self._items = items
        self._parts = parts
        self._times = times

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[User]:
        return (self[user] for user in range(len(self)))

    @overload
    def __getitem__(self, user: int) -> User: ...
    @overload
    def __getitem__(self, user: slice) -> Sequence[User]: ...
    def __getitem__(self, user: int | slice) -> User | Sequence[User]:
        if isinstance(user, slice):
            return [self[number] for number in range(*user.indices(len(self)))]
        user = range(len(self))[user]
        start, end = int(self._ends[user - 1]) if user else 0, int(self._ends[user])
        items, parts = self._items[start:end].tolist(), self._parts[start:end].tolist()
        times = [0] * len(items) if self._times is None else self._times[start:end].tolist()
        rows: tuple[list, list, list] = ([], [], [])
        for item, part, time in sorted(zip(items, parts, times, strict=True)):
            rows[part].append((item, time))
        known = None if self._times is None else tuple([time for _, time in row] for row in rows)
        return User(self._keys[user], *([item for item, _ in row] for row in rows), known)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # As a list, it has none.
