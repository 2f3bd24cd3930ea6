"""Reads image features from McAuley's `.b` files of records: a 10-byte key and its float32 values."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tfrecords.errors import InputError
from tfrecords.progress_bar import progress_bar

KEY_BYTES = 10
_GZIP = b"\x1f\x8b"


class BinaryFeatures:
    """An open `.b` file: the index of its keys is in memory, its values are read on request.

    A record is `KEY_BYTES` bytes of ASCII (short keys end in spaces or NULs), then `dim` float32, little-endian;
    there is nothing before, between or after the records.

    Attributes:
        path: the file.
        dim: number of values per record.
        keys: one per record, in the order of the file, without the spaces or NULs at their end.

    Source: the description of the image features at http://jmcauley.ucsd.edu/data/amazon/.
    """

    def __init__(self, path: Path, dim: int = 4096, progress: bool = False):
        """Reads every key; the values are checked when they are read.

        Args:
            path: the file; not compressed, since rows are read in any order.
            dim: number of values per record, at least 1.
            progress: whether to show a progress bar; reading the keys of a large file takes time.

        Raises:
            InputError: there is no such file, it is empty, compressed or truncated, or a key is not text or appears
                twice.
        """
        if dim < 1:
            raise InputError(f"{path}: {dim} values per record; at least 1 expected")
        self.path = path
        self.dim = dim
        self._record = np.dtype([("key", f"S{KEY_BYTES}"), ("row", "<f4", (dim,))])
        self._check_size()
        self._records = np.memmap(path, self._record, mode="r")
        self._places: dict[str, int] = {}
        bar = progress_bar(self._records["key"], desc=path.name, unit="key", disable=not progress)
        for place, raw in enumerate(bar):
            key = self._decode(place, bytes(raw))
            first = self._places.setdefault(key, place)
            if first != place:
                raise self._error(place, f"key {key!r} again, first at byte {first * self._record.itemsize}")
        self.keys = list(self._places)

    def rows(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yields (key, float32 [dim]) in the order of the file. Raises InputError at a value that is not finite."""
        for key in self.keys:
            yield key, self.row(key)

    def row(self, key: str) -> np.ndarray:
        """Returns the values of `key`, float32 [dim], a copy.

        Raises:
            KeyError: the file has no such key.
            InputError: one of the values is NaN or infinite.
        """
        place = self._places[key]
        row = self._records[place]["row"].astype(np.float32)
        finite = np.isfinite(row)
        if not finite.all():
            column = int(np.argmin(finite))
            raise self._error(place, f"value {column} of {key!r} is {row[column]}; finite numbers expected")
        return row

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __len__(self) -> int:
        return len(self.keys)

    def _check_size(self) -> None:
        if not self.path.is_file():
            raise InputError(f"{self.path}: no such file of features")
        size = self.path.stat().st_size
        if size == 0:
            raise InputError(f"{self.path}: empty; expected records of a key and {self.dim} float32")
        with self.path.open("rb") as file:
            if file.read(len(_GZIP)) == _GZIP:
                raise InputError(f"{self.path}: gzip; rows are looked up in any order, so unpack it first (gunzip)")
        whole, rest = divmod(size, self._record.itemsize)
        if rest:
            raise self._error(
                whole,
                f"the last record is cut short, {rest} of {self._record.itemsize} bytes "
                f"({KEY_BYTES} of the key, {self.dim} float32); fetch the file again",
            )

    def _decode(self, place: int, raw: bytes) -> str:
        try:
            key = raw.decode("ascii").strip(" \0")
        except UnicodeDecodeError:
            key = ""
        if not key or not key.isprintable():
            raise self._error(place, f"{raw!r} is no key; expected ASCII text, followed by {self.dim} float32")
        return key

    def _error(self, place: int, message: str) -> InputError:
        return InputError(f"{self.path}, byte {place * self._record.itemsize}: {message}")
