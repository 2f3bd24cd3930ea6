"""CSV files with a header line, gzip accepted, every fault told with its file and line."""

import contextlib
import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfrecords.errors import InputError


class CsvTable:
    """One table of a folder: ``<name>.csv`` or ``<name>.csv.gz``, UTF-8, comma-separated, first line the header."""

    def __init__(self, folder: Path, name: str):
        plain, packed = folder / f"{name}.csv", folder / f"{name}.csv.gz"
        if plain.is_file() and packed.is_file():
            raise InputError(f"{folder}: holds {plain.name} and {packed.name}; keep the one that is meant")
        if not plain.is_file() and not packed.is_file():
            raise InputError(f"{folder}: {plain.name} (or {packed.name}) is missing")
        self.path = plain if plain.is_file() else packed

    def rows(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, list[str]]]:
        """Yields (line number, the values of `columns` then `optional`) for every row; other columns are ignored.

        An optional column that is missing gives "". Blank lines are skipped.

        Raises:
            InputError: a column missing, no rows, fields too many or too few, not UTF-8, not CSV.
        """
        with self._opened() as reader:
            header = [name.strip() for name in next(reader, [])]
            self._check_header(header, columns, optional)
            places = [header.index(name) if name in header else None for name in (*columns, *optional)]
            empty = True
            for fields in reader:
                if not fields:
                    continue
                if len(fields) != len(header):
                    raise self.error(
                        reader.line_num,
                        f"{len(fields)} fields, the header has {len(header)}; quote values that contain a comma",
                    )
                empty = False
                yield reader.line_num, ["" if place is None else fields[place] for place in places]
            if empty:
                raise InputError(f"{self.path}: no rows under the header")

    def check_key(self, line: int, name: str, key: str) -> None:
        """Raises InputError where a value cannot be somebody's key: blank, or with a NUL character in it."""
        if not key.strip():
            raise self.error(line, f"{name} is empty")
        if "\0" in key:
            raise self.error(line, f"{name} contains a NUL character")

    def error(self, line: int, message: str) -> InputError:
        """An InputError that names this file and the line."""
        return InputError(f"{self.path}, line {line}: {message}")

    def _check_header(self, header: list[str], columns: Sequence[str], optional: Sequence[str]) -> None:
        if not any(header):
            raise InputError(f"{self.path}: empty; expected a header line with the columns {', '.join(columns)}")
        for name in columns:
            if name not in header:
                raise InputError(f"{self.path}: column {name} is missing; the header has {', '.join(header)}")
        for name in (*columns, *optional):
            if header.count(name) > 1:
                raise InputError(f"{self.path}: column {name} appears {header.count(name)} times in the header")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        opener = gzip.open if self.path.suffix == ".gz" else open
        reader = None
        try:
            with opener(self.path, "rt", encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file)
                yield reader
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.path}, after line {_line(reader)}: not UTF-8 ({error.reason}); save it as UTF-8"
            ) from error
        except csv.Error as error:
            raise InputError(f"{self.path}, line {_line(reader)}: not CSV ({error})") from error
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise InputError(f"{self.path}: not a whole gzip file ({error})") from error


def _line(reader: Any) -> int:
    return 0 if reader is None else reader.line_num
