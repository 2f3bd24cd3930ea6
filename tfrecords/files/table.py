"""Defines a table of texts, whatever file it is in: rows for small tables, blocks of columns for large ones."""

import abc
import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tfrecords.errors import InputError
from tfrecords.text import is_text

BLOCK = 1 << 16  # rows of a block of a reader that has no larger unit of its own


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a block: row r holds ``values[codes[r]]``, and None is NULL.

    Attributes:
        values: the different values; each stands at least once in the column.
        codes: int [rows], indices into `values`.
    """

    values: Sequence[str | None]
    codes: np.ndarray

    @classmethod
    def of(cls, cells: Iterable[str | None]) -> "Column":
        """Returns the column of some cells."""
        numbers: dict[str | None, int] = {}
        codes = np.array([numbers.setdefault(cell, len(numbers)) for cell in cells], np.int64)
        return cls(list(numbers), codes)

    def row_of(self, value: int) -> int:
        """Returns the first row that holds ``values[value]``."""
        return int(np.argmax(self.codes == value))


@dataclasses.dataclass(frozen=True)
class Block:
    """Some successive rows: their numbers in the file, as errors name them, and the columns that were asked for."""

    numbers: Sequence[int]
    columns: Sequence[Column]


class Table(abc.ABC):
    """A table with named columns. Every value is text; NULL is None.

    Attributes:
        path: the file.
        kinds: the kind of each column that holds something else than text, as far as rows were read, and the first
            row that does; None if the whole column does. ``int`` is the one of these kinds that can be an id.
    """

    path: Path
    unit = "row"

    def __init__(self) -> None:
        self.kinds: dict[str, tuple[str, int | None]] = {}

    @abc.abstractmethod
    def header(self) -> list[str]:
        """Returns the names of the columns that texts can be made of. Raises InputError for an unreadable file."""

    @abc.abstractmethod
    def rows(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yields (number of the row, the values of `columns`, then of `optional`) for every row.

        A missing optional column gives "".

        Raises:
            InputError: a missing column, no rows, an unreadable file.
        """

    def blocks(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Block]:
        """Yields the same as `rows` in blocks of columns."""
        numbers: list[int] = []
        cells: list[Sequence[str | None]] = []
        for number, row in self.rows(columns, optional):
            numbers.append(number)
            cells.append(row)
            if len(numbers) == BLOCK:
                yield Block(numbers, [Column.of(column) for column in zip(*cells, strict=True)])
                numbers, cells = [], []
        if numbers:
            yield Block(numbers, [Column.of(column) for column in zip(*cells, strict=True)])

    def where(self, row: int) -> str:
        """Returns the file and the row, as errors name them."""
        return f"{self.path}, {self.unit} {row}"

    def what(self) -> str:
        """Returns the file, as errors about the whole table name it."""
        return str(self.path)

    def error(self, row: int, message: str) -> InputError:
        """Returns an InputError that names this file and the row."""
        return InputError(f"{self.where(row)}: {message}")

    def check_key(self, row: int, name: str, key: str | None) -> None:
        """Raises InputError if a value cannot be a key: it is NULL, blank, no text, or holds a NUL character."""
        fault = key_fault(key)
        if fault:
            raise self.error(row, f"{name} {fault}")

    def check_columns(self, header: Sequence[str], columns: Sequence[str]) -> None:
        """Raises InputError if a column is not in the header."""
        for name in columns:
            if name not in header:
                raise InputError(f"{self.what()}: column {name} is missing; the header has {', '.join(header)}")

    def check_kind(self, name: str) -> None:
        """Raises InputError if a column holds something else than text and whole numbers, as far as it was read."""
        kind, row = self.kinds.get(name, ("int", None))
        if kind != "int":
            where = self.what() if row is None else self.where(row)
            raise InputError(f"{where}: {name} is {kind}; text, or a whole number, expected")

    def text(self, row: int, name: str, value: object) -> str | None:
        """Returns a value as text, and notes its kind; what has no short text, as bytes and lists, becomes ""."""
        if value is None or isinstance(value, str):
            return value
        kind = type(value).__name__
        if self.kinds.get(name, ("int",))[0] == "int":
            self.kinds[name] = kind, row
        if isinstance(value, bool):
            return str(value).lower()
        return repr(value) if isinstance(value, int | float) else ""


def key_fault(key: str | None) -> str | None:
    """Returns why a value cannot be a key, as in "is NULL"; None if it can."""
    if key is None:
        return "is NULL"
    if not key.strip():
        return "is empty"
    if "\0" in key:
        return "contains a NUL character"
    return None if is_text(key) else "has half a letter, which UTF-8 cannot hold"
