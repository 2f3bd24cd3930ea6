"""CSV files with a header line, gzip accepted, every fault told with its file and line."""

import contextlib
import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tfrecords.errors import InputError

# How files that are often taken for CSV begin.
_OTHER_KINDS = {
    b"\x1f\x8b": "a gzip file; let its name end in .csv.gz",
    b"PK\x03\x04": "a zip file, as spreadsheets (.xlsx) are; save the table as CSV",
    b"\xff\xfe": "UTF-16; save it as UTF-8",
    b"\xfe\xff": "UTF-16; save it as UTF-8",
}


class CsvTable:
    """One table of a folder: ``<name>.csv`` or ``<name>.csv.gz``, UTF-8, comma-separated, first line the header."""

    def __init__(self, folder: Path, name: str):
        plain, packed = folder / f"{name}.csv", folder / f"{name}.csv.gz"
        for path in (plain, packed):
            if path.exists() and not path.is_file():
                raise InputError(f"{path}: {'is a folder' if path.is_dir() else 'no regular file'}; a file expected")
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
                    raise self.error(reader.line_num, _wrong_number(len(fields), len(header)))
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
        for separator, shown in ((";", "';'"), ("\t", "tabs"), ("|", "'|'")):
            if len(header) == 1 and separator in header[0]:
                raise InputError(f"{self.path}: separated by {shown}; commas expected")
        for name in (*columns, *optional):
            if header.count(name) > 1:
                raise InputError(f"{self.path}: column {name} appears {header.count(name)} times in the header")
            alike = [other for other in header if other.lower() == name and name not in header]
            if alike:
                raise InputError(f"{self.path}: column {alike[0]}: names are case-sensitive, {name} expected")
        for name in columns:
            if name not in header:
                raise InputError(f"{self.path}: column {name} is missing; the header has {', '.join(header)}")

    @contextlib.contextmanager
    def _opened(self) -> Iterator[Any]:
        reader = None
        try:
            self._check_kind()
            with self._open("rt", encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file)
                yield reader
        except UnicodeDecodeError as error:
            raise self.error(self._undecodable(), f"not UTF-8 ({error.reason}); save it as UTF-8") from error
        except csv.Error as error:
            raise InputError(f"{self.path}, line {_line(reader)}: not CSV ({error})") from error
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise InputError(f"{self.path}: not a whole gzip file ({error})") from error

    def _open(self, mode: str, **options: str) -> Any:
        return gzip.open(self.path, mode, **options) if self.path.suffix == ".gz" else self.path.open(mode, **options)

    def _check_kind(self) -> None:
        with self._open("rb") as file:
            start = file.read(4)
        for magic, kind in _OTHER_KINDS.items():
            if start.startswith(magic):
                raise InputError(f"{self.path}: {kind}")

    def _undecodable(self) -> int:
        """The first line that is not UTF-8; the text reader, which decodes ahead, does not know it."""
        with self._open("rb") as file:
            for number, line in enumerate(file, 1):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    return number
        return number


def _wrong_number(fields: int, expected: int) -> str:
    advice = "; quote values that contain a comma" if fields > expected else ""
    return f"{fields} field{'s' * (fields != 1)}, the header has {expected}{advice}"


def _line(reader: Any) -> int:
    return 0 if reader is None else reader.line_num
