"""Sorts tens of millions of purchases, and drops their repetitions."""

import dataclasses

import numpy as np

from tfrecords.keys import Keys
from tfrecords.texts import Texts

ITEM_BITS = 32
_WORD = 64
_CHUNK = 1 << 20


@dataclasses.dataclass(frozen=True)
class SortedPairs:
    """Distinct purchases, in the order of (user key, item key).

    Attributes:
        user_keys: the keys of all users, sorted.
        item_keys: the keys of all items, sorted.
        users: int32 [P], indices into `user_keys`.
        items: int32 [P], indices into `item_keys`.
        times: int64 [P], the earliest time of each, in seconds since 1970; None if they are unknown.
    """

    user_keys: Texts
    item_keys: Texts
    users: np.ndarray
    items: np.ndarray
    times: np.ndarray | None

    def counts(self) -> np.ndarray:
        """Returns the number of purchases of each user, int [users]."""
        return np.bincount(self.users, minlength=len(self.user_keys))

    def where(self, chosen: np.ndarray) -> "SortedPairs":
        """Returns the purchases at which `chosen`, bool [P], is true; the keys stay."""
        if chosen.all():
            return self
        times = None if self.times is None else self.times[chosen]
        return dataclasses.replace(self, users=self.users[chosen], items=self.items[chosen], times=times)


def sorted_pairs(users: Keys, items: Keys, pairs: np.ndarray, times: np.ndarray | None) -> SortedPairs:
    """Sorts purchases and keeps each pair once, at its earliest time.

    If user, item and time fit into one word of 64 bits, as they do for 30 million purchases of two years, words are
    sorted: for 5 million random purchases in a tenth of the time of a sort by two keys.

    Args:
        users: the numbers of the users.
        items: the numbers of the items.
        pairs: int64 [rows], ``user << ITEM_BITS | item``.
        times: int64 [rows]; None if they are unknown.
    """
    user_keys, user_ranks = _ranked(users)
    item_keys, item_ranks = _ranked(items)
    item_bits, first, time_bits = _bits(len(items)), 0, 0
    if times is not None:
        first = int(times.min())
        time_bits = _bits(int(times.max()) - first + 1)
    in_words = _bits(len(users)) + item_bits + time_bits <= _WORD
    words = np.empty(len(pairs), np.uint64)
    for start in range(0, len(pairs), _CHUNK):  # All at once would take several times the memory of the pairs.
        rows = slice(start, start + _CHUNK)
        word = user_ranks[pairs[rows] >> ITEM_BITS] << np.uint64(item_bits)
        word |= item_ranks[pairs[rows] & ((1 << ITEM_BITS) - 1)]
        if in_words and times is not None:
            word = word << np.uint64(time_bits) | (times[rows] - first).astype(np.uint64)
        words[rows] = word
    if in_words:
        words.sort()
        distinct = _first_of_each(words >> np.uint64(time_bits))
        words = words[distinct]
        if times is not None:
            times = (words & np.uint64((1 << time_bits) - 1)).astype(np.int64) + first
            words >>= np.uint64(time_bits)
    else:
        order = np.lexsort((times, words))
        words = words[order]
        distinct = _first_of_each(words)
        words, times = words[distinct], times[order][distinct]
    found = (words >> np.uint64(item_bits)).astype(np.int32)
    words &= np.uint64((1 << item_bits) - 1)
    return SortedPairs(user_keys, item_keys, found, words.astype(np.int32), times)


def _ranked(keys: Keys) -> tuple[Texts, np.ndarray]:
    """Returns the keys in their order, and the place of each number's key in it, uint64."""
    order = keys.order()
    ranks = np.empty(len(keys), np.uint64)
    ranks[order] = np.arange(len(keys), dtype=np.uint64)
    return keys.take(order), ranks


def _first_of_each(words: np.ndarray) -> np.ndarray:
    """Returns where a sorted array has another value than before, bool."""
    first = np.ones(len(words), bool)
    np.not_equal(words[1:], words[:-1], out=first[1:])
    return first


def _bits(count: int) -> int:
    """Returns the number of bits that hold the numbers from 0 to count - 1."""
    return max(count - 1, 0).bit_length()
