"""Reads CSV files with a header line, plain or gzip; every error names the file and the line."""

import contextlib
import csv
import gzip
import itertools
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfrecords.errors import InputError
from tfrecords.files.table import BLOCK, Block, Column, Table

# The first bytes of files that are often mistaken for CSV.
_OTHER_KINDS = {
    b"\x1f\x8b": "a gzip file; let its name end in .csv.gz",
    b"PK\x03\x04": "a zip file, as spreadsheets (.xlsx) are; save the table as CSV",
    b"\xff\xfe": "UTF-16; save it as UTF-8",
    b"\xfe\xff": "UTF-16; save it as UTF-8",
}
_NO_END = "unexpected end of data"  # from the csv module's error about a file that ends inside quotes
_NOT_CLOSED = (
    'a quote (") that this line does not close; a row is one line, so take a line end out of a value, and write a '
    'quote that belongs to one twice ("") inside quotes'
)


class CsvTable(Table):
    """One table of a folder: ``<name>.csv`` or ``<name>.csv.gz``, UTF-8, comma-separated, first line the header.

    Each row must be on one line: otherwise an unclosed quote would swallow all lines up to the next quote.
    """

    unit = "line"

    def __init__(self, folder: Path, name: str):
        super().__init__()
        plain, packed = folder / f"{name}.csv", folder / f"{name}.csv.gz"
        for path in (plain, packed):
            if path.exists() and not path.is_file():
                raise InputError(f"{path}: {'is a folder' if path.is_dir() else 'no regular file'}; a file expected")
        if plain.is_file() and packed.is_file():
            raise InputError(f"{folder}: holds {plain.name} and {packed.name}; keep only one of them")
        if not plain.is_file() and not packed.is_file():
            raise InputError(f"{folder}: {plain.name} (or {packed.name}) is missing")
        self.path = plain if plain.is_file() else packed

    def rows(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, list[str]]]:
        """Yields (line number, the values of `columns`, then of `optional`) for every row; other columns are ignored.

        A missing optional column gives "". Blank lines are skipped.

        Raises:
            InputError: a missing column, no rows, too many or too few fields, a quote that is not closed on its line, a
                value that contains a line end, not UTF-8, not CSV.
        """
        with self._opened() as reader:
            lines = self._lines(reader)
            header, places = self._places(lines, columns, optional)
            empty = True
            for line, fields in lines:
                if not fields:
                    continue
                if len(fields) != len(header):
                    raise self.error(line, _wrong_field_count(len(fields), len(header)))
                empty = False
                yield line, ["" if place is None else fields[place] for place in places]
            if empty:
                raise InputError(f"{self.path}: no rows under the header")

    def blocks(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Block]:
        """Yields what `rows` yields, several times as fast; if it meets a fault, `rows` finds and names it."""
        with self._opened() as reader:
            header, places = self._places(self._lines(reader), columns, optional)
            empty = True
            while True:
                before = reader.line_num
                try:
                    rows = list(itertools.islice(reader, BLOCK))
                except csv.Error:
                    break
                if not rows and not empty:
                    return
                if reader.line_num - before != len(rows) or not set(map(len, rows)) <= {0, len(header)}:
                    break
                numbers: Sequence[int] = range(before + 1, reader.line_num + 1)
                if not all(rows):
                    numbers = [number for number, row in zip(numbers, rows, strict=True) if row]
                    rows = [row for row in rows if row]
                if rows:
                    cells = list(zip(*rows, strict=True))
                    blank = Column([""], np.zeros(len(rows), np.int64))
                    yield Block(numbers, [blank if place is None else Column.of(cells[place]) for place in places])
                    empty = False
                elif reader.line_num == before:
                    break
        for _ in self.rows(columns, optional):
            pass
        raise InputError(f"{self.path}: changed while it was read; start again")

    def header(self) -> list[str]:
        """Returns the names of all columns, none for an empty file. Raises InputError for one that is not CSV."""
        with self._opened() as reader:
            return _names(self._lines(reader))

    def _places(
        self, lines: Iterator[tuple[int, list[str]]], columns: Sequence[str], optional: Sequence[str]
    ) -> tuple[list[str], list[int | None]]:
        """Returns the header and the place of each column in it; None: not there."""
        header = _names(lines)
        self._check_header(header, columns, optional)
        return header, [header.index(name) if name in header else None for name in (*columns, *optional)]

    def _check_header(self, header: list[str], columns: Sequence[str], optional: Sequence[str]) -> None:
        if not any(header):
            raise InputError(f"{self.path}: empty; expected a header line with the columns {', '.join(columns)}")
        for separator, shown in ((";", "';'"), ("\t", "tabs"), ("|", "'|'")):
            if len(header) == 1 and separator in header[0]:
                raise InputError(f"{self.path}: separated by {shown}; commas expected")
        for name in (*columns, *optional):
            if header.count(name) > 1:
                raise InputError(f"{self.path}: column {name} appears {header.count(name)} times in the header")
            alike = [other for other in header if other.lower() == name.lower() and name not in header]
            if alike:
                raise InputError(f"{self.path}: column {alike[0]}: names are case-sensitive, {name} expected")
        self.check_columns(header, columns)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            self._check_kind()
            with self._open("rt", encoding="utf-8-sig", newline="") as file:
                yield csv.reader(file, strict=True)
        except UnicodeDecodeError as error:
            raise self.error(self._first_undecodable_line(), f"not UTF-8 ({error.reason}); save it as UTF-8") from error
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise InputError(f"{self.path}: not a whole gzip file ({error})") from error

    def _lines(self, reader: Any) -> Iterator[tuple[int, list[str]]]:
        """Yields (line number, fields) of every line; [] for a blank line."""
        for line in itertools.count(1):
            try:
                fields = next(reader, None)
            except csv.Error as error:
                if reader.line_num == line and str(error) != _NO_END:
                    raise self.error(line, f"not CSV ({error})") from error
                raise self.error(line, _NOT_CLOSED) from error
            if fields is None:
                return
            if reader.line_num > line:
                raise self.error(line, _NOT_CLOSED)
            yield line, fields

    def _open(self, mode: str, **options: str) -> Any:
        return gzip.open(self.path, mode, **options) if self.path.suffix == ".gz" else self.path.open(mode, **options)

    def _check_kind(self) -> None:
        with self._open("rb") as file:
            start = file.read(4)
        for magic, kind in _OTHER_KINDS.items():
            if start.startswith(magic):
                raise InputError(f"{self.path}: {kind}")

    def _first_undecodable_line(self) -> int:
        """Returns the number of the first line that is not UTF-8; the text reader decodes ahead, so it cannot tell."""
        with self._open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return number
        return number


def _names(lines: Iterator[tuple[int, list[str]]]) -> list[str]:
    """Returns the names of the columns from the first line; none for an empty file."""
    return [name.strip() for _, names in itertools.islice(lines, 1) for name in names]


def _wrong_field_count(fields: int, expected: int) -> str:
    advice = "; quote values that contain a comma" if fields > expected else ""
    return f"{fields} field{'s' * (fields != 1)}, the header has {expected}{advice}"
