"""Keeps millions of texts in few bytes: their letters and eight bytes each, where a list of str takes 60 and more."""

import array
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np

_CODEC = "utf-8", "surrogatepass"  # keeps the order of texts, and what JSON can hold but UTF-8 cannot


class Texts(Sequence[str]):
    """A sequence of texts; each str is made when it is asked for."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._letters = bytearray()
        self._ends = array.array("q", [0])  # text i is _letters[_ends[i] : _ends[i + 1]]
        self.extend(texts)

    def extend(self, texts: Iterable[str]) -> None:
        """Adds texts at the end."""
        for text in texts:
            self._letters += text.encode(*_CODEC)
            self._ends.append(len(self._letters))

    def take(self, places: np.ndarray) -> "Texts":
        """Returns the texts at some places, int [n], as new texts."""
        return Texts(map(self.__getitem__, places))

    def order(self) -> np.ndarray:
        """Returns the places of the texts in sorted order, int64 [n]."""
        return np.array(sorted(range(len(self)), key=self.__getitem__), np.int64)

    def equal(self, places: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        """Returns whether the text at each place, int64 [n], is that of `texts`, bool [n]."""
        encoded = [text.encode(*_CODEC) for text in texts]
        ends = np.frombuffer(self._ends, np.int64)
        starts, lengths = ends[places], ends[places + 1] - ends[places]
        same = lengths == np.fromiter(map(len, encoded), np.int64, len(encoded))
        encoded = [text for text, alike in zip(encoded, same.tolist(), strict=True) if alike]
        starts, lengths = starts[same], lengths[same]
        firsts = np.cumsum(lengths) - lengths
        letters = np.arange(lengths.sum()) + np.repeat(starts - firsts, lengths)
        differs = np.frombuffer(self._letters, np.uint8)[letters] != np.frombuffer(b"".join(encoded), np.uint8)
        wrong = np.zeros(len(starts), bool)
        wrong[np.searchsorted(firsts + lengths, np.flatnonzero(differs), side="right")] = True
        same[same] = ~wrong
        return same

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        if not 0 <= place < len(self):
            place = range(len(self))[place]
        return self._letters[self._ends[place] : self._ends[place + 1]].decode(*_CODEC)

    def __iter__(self) -> Iterator[str]:
        return map(self.__getitem__, range(len(self)))
