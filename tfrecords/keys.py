"""Numbers millions of different keys in twelve bytes each beside the texts, where a dict takes about 150."""

from collections.abc import Sequence

import numpy as np

from tfrecords.texts import Texts

_CHUNK = 1 << 16  # keys that are looked up at once


class Keys(Texts):
    """Different texts in the order in which they came; the number of a key is its place.

    The hashes of the keys lie sorted in runs, each more than twice as long as the next, so that there are few. A key is
    found by its hash and then compared as a text, so equal hashes do no harm.
    """

    def __init__(self) -> None:
        super().__init__()
        self._runs: list[tuple[np.ndarray, np.ndarray]] = []  # sorted hashes, int64, and the numbers of their keys

    def find(self, keys: Sequence[str]) -> np.ndarray:
        """Returns the number of each key, int64; -1 for one that is not there."""
        found = [self._find(keys[start : start + _CHUNK]) for start in range(0, len(keys), _CHUNK)]
        return np.concatenate([np.zeros(0, np.int64), *found])

    def number(self, keys: Sequence[str]) -> np.ndarray:
        """Returns the number of each key, int64; adds those that are new, in their order."""
        numbers = [self._number(keys[start : start + _CHUNK]) for start in range(0, len(keys), _CHUNK)]
        return np.concatenate([np.zeros(0, np.int64), *numbers])

    def _find(self, keys: Sequence[str]) -> np.ndarray:
        found = np.full(len(keys), -1, np.int64)
        wanted = _hashes(keys)
        for hashes, numbers in self._runs:
            left = np.searchsorted(hashes, wanted)
            candidates = np.flatnonzero((hashes[np.minimum(left, len(hashes) - 1)] == wanted) & (found < 0))
            # The same hash may stand there several times.
            while len(candidates):
                meant = numbers[left[candidates]].astype(np.int64)
                same = self.equal(meant, [keys[candidate] for candidate in candidates.tolist()])
                found[candidates[same]] = meant[same]
                candidates = candidates[~same]
                left[candidates] += 1
                candidates = candidates[left[candidates] < len(hashes)]
                candidates = candidates[hashes[left[candidates]] == wanted[candidates]]
        return found

    def _number(self, keys: Sequence[str]) -> np.ndarray:
        found = self._find(keys)
        missing = np.flatnonzero(found < 0)
        if len(missing):
            new: dict[str, int] = {}
            found[missing] = [new.setdefault(keys[place], len(self) + len(new)) for place in missing.tolist()]
            hashes = _hashes(list(new))
            order = np.argsort(hashes)
            self._runs.append((hashes[order], (len(self) + order).astype(np.int32)))
            self.extend(new)
            self._merge()
        return found

    def _merge(self) -> None:
        while len(self._runs) > 1 and len(self._runs[-2][0]) <= 2 * len(self._runs[-1][0]):
            hashes, numbers = (np.concatenate(parts) for parts in zip(*self._runs[-2:], strict=True))
            order = np.argsort(hashes, kind="stable")
            self._runs[-2:] = [(hashes[order], numbers[order])]


def _hashes(keys: Sequence[str]) -> np.ndarray:
    return np.fromiter(map(hash, keys), np.int64, len(keys))
