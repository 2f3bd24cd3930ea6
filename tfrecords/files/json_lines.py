"""Reads files of one record per line, JSON or a Python literal, plain or gzip; tolerates a few unreadable lines."""

import ast
import contextlib
import gzip
import itertools
import json
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from tfrecords.errors import InputError, one_line
from tfrecords.progress_bar import progress_bar
from tfrecords.text import is_text

MAX_BAD_SHARE = 0.001
MAX_LINE = 1 << 24  # bytes; a file without line ends would otherwise be read at once
_STOP_EARLY = 1000  # after this many unreadable lines, if they exceed the share so far, reading stops
_TOLD = 20
_LONGEST_NUMBER = 256  # bits of a key; Python refuses to print much longer numbers
_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"  # a byte order mark, with which the first line may start


class JsonLines:
    """One file of records, read line by line.

    Attributes:
        path: the file.
        bad: number of unreadable lines that `rows` has read so far.
        told: messages about the first of them, as "file, line: reason".
    """

    def __init__(self, path: Path, progress: bool = False, strict: bool = False):
        """Opens the file.

        Args:
            path: the file; its first bytes say whether it is gzip.
            progress: whether to show a progress bar.
            strict: whether the first unreadable line is an error.

        Raises:
            InputError: no such file, or a folder.
        """
        if not path.is_file():
            what = "a folder; the file itself expected" if path.is_dir() else "no such file"
            raise InputError(f"{path}: {what}")
        self.path = path
        self.bad = 0
        self.told: list[str] = []
        self._progress = progress
        self._strict = strict

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yields (line number, record) for every line that holds a record; blank lines are skipped.

        Raises:
            InputError: more than `MAX_BAD_SHARE` of the lines were unreadable or rejected, no lines, a line over
                `MAX_LINE` bytes, a gzip file that is cut short or corrupt.
        """
        self.bad, self.told = 0, []
        number = filled = 0
        for number, line in enumerate(self._lines(), 1):
            if not line.strip():
                continue
            filled += 1
            try:
                yield number, parse_record(line)
            except ValueError as error:
                self.reject(number, str(error))
            if self.bad >= _STOP_EARLY:
                self._check_share(filled)
        if not filled:
            raise InputError(f"{self.path}: empty; expected one record per line")
        self._check_share(filled)

    def first(self) -> dict[str, Any] | None:
        """Returns the first record; None if there is none in the first 1000 lines. Raises InputError as `rows` does."""
        with contextlib.closing(self._lines(hidden=True)) as lines:
            for line in itertools.islice(lines, _STOP_EARLY):
                with contextlib.suppress(ValueError):
                    return parse_record(line)
        return None

    def first_line(self) -> bytes:
        """Returns the first line that is not blank; an empty one if there is none. Raises InputError as `rows` does."""
        with contextlib.closing(self._lines(hidden=True)) as lines:
            return next((line for line in lines if line.strip()), b"")

    def reject(self, line: int, reason: str) -> None:
        """Counts a line as unreadable, for rows that lack a required field. Raises InputError if the file is strict."""
        if self._strict:
            raise InputError(f"{self.path}, line {line}: {reason}; a JSON object on each line expected")
        self.bad += 1
        if len(self.told) < _TOLD:
            self.told.append(f"{one_line(self.path.name)}, line {line}: {reason}")

    def key(self, line: int, row: dict[str, Any], field: str) -> str | None:
        """Returns the text under `field` as a key; if it cannot be a key, rejects the line and returns None."""
        key = as_key(row.get(field))
        if key is None:
            self.reject(line, f"{field} is missing or no text")
        return key

    def _check_share(self, lines: int) -> None:
        if self.bad > MAX_BAD_SHARE * lines:
            raise InputError(
                f"{self.path}: {self.bad} of {lines} lines are unreadable, at most {MAX_BAD_SHARE:.1%} are allowed; "
                f"expected a JSON object or a Python dict per line. The first: {self.told[0]}"
            )

    def _lines(self, hidden: bool = False) -> Iterator[bytes]:
        hidden = hidden or not self._progress
        bar = progress_bar(total=self.path.stat().st_size, desc=self.path.name, unit="B", disable=hidden)
        number = 0
        try:
            # The bar follows the compressed bytes, because their total is known.
            with self.path.open("rb") as raw, _unpacked(raw) as file, bar:
                while line := file.readline(MAX_LINE + 1):
                    number += 1
                    if number == 1 and line.removeprefix(_MARK).lstrip().startswith(b"["):
                        raise InputError(
                            f"{self.path}: a JSON array; one record per line expected, as jq -c '.[]' writes them"
                        )
                    if len(line) > MAX_LINE:
                        raise InputError(
                            f"{self.path}, line {number}: over {MAX_LINE} bytes; expected one record per line"
                        )
                    bar.update(raw.tell() - bar.n)
                    yield line
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise InputError(
                f"{self.path}, after line {number}: not a whole gzip file ({error}); fetch it again"
            ) from error


def as_key(value: object) -> str | None:
    """Returns a text or whole number as a key; None if it is blank, holds a NUL, or is not valid text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value.bit_length() <= _LONGEST_NUMBER else None
    return value if is_text(value) and value.strip() and "\0" not in value else None


def parse_record(line: bytes) -> dict[str, Any]:
    """Returns a line's dict; the line is parsed, never executed. Raises ValueError with the reason if it is no dict."""
    try:
        text = line.decode("utf-8-sig").strip()  # The first line may start with a byte order mark.
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 ({error.reason})") from error
    try:
        record = _parse(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError("neither JSON nor a Python dict") from error
    if not isinstance(record, dict):
        raise ValueError(f"a {type(record).__name__}, no dict")
    return record


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        with warnings.catch_warnings():
            # Titles hold backslashes that are no escapes in Python.
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)


@contextlib.contextmanager
def _unpacked(raw: BinaryIO) -> Iterator[BinaryIO]:
    packed = raw.read(len(_GZIP)) == _GZIP
    raw.seek(0)
    if not packed:
        yield raw
        return
    with gzip.GzipFile(fileobj=raw) as file:
        yield file
