"""Reads a query of a SQLite database as a table; every error names the file and the row of the query."""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.files.table import Table

SQLITE_START = b"SQLite format 3\0"
_PATIENCE = 1.0  # seconds to wait for a lock of another program


class SqliteTable(Table):
    """The rows of one table of a database, or of one query. The database is opened to read only."""

    def __init__(self, path: Path, name: str, query: str | None = None):
        """Takes the file; `header` and `rows` open it.

        Args:
            path: the database.
            name: the table to read if there is no query; ``NAME_query`` is the setting that errors name.
            query: a SELECT.
        """
        super().__init__()
        self.path = path
        self._flag = f"{name}_query"
        self._given = query is not None
        self._name = name
        self._query = f'SELECT * FROM "{name}"' if query is None else query

    def where(self, row: int) -> str:
        """Returns the file, the query and the row."""
        return f"{self.path}, row {row} of {self._what()}"

    def what(self) -> str:
        """Returns the file and the query."""
        return f"{self.path}, {self._what()}"

    def header(self) -> list[str]:
        """Returns the names of the query's columns."""
        with self._ran() as cursor:
            return [name for name, *_ in cursor.description]

    def rows(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yields (number of the row, the values of `columns`, then of `optional`) for every row.

        Raises:
            InputError: a missing column, a query that cannot run or returns nothing, a database that is locked or
                damaged.
        """
        names = (*columns, *optional)
        with self._ran() as cursor:
            header = [name for name, *_ in cursor.description]
            self.check_columns(header, columns)
            for name in names:
                if header.count(name) > 1:
                    raise InputError(f"{self.what()} has {header.count(name)} columns {name}")
            places = [header.index(name) if name in header else None for name in names]
            row = 0
            for row, values in enumerate(cursor, 1):
                yield (
                    row,
                    [
                        "" if place is None else self.text(row, name, values[place])
                        for name, place in zip(names, places, strict=True)
                    ],
                )
            if not row:
                raise InputError(f"{self.what()} returns no rows")

    def _what(self) -> str:
        return option(self._flag) if self._given else f"the table {self._name}"

    @contextlib.contextmanager
    def _ran(self) -> Iterator[sqlite3.Cursor]:
        """Yields the cursor of the query, and turns every error of SQLite into one line."""
        try:
            uri = f"{self.path.absolute().as_uri()}?mode=ro"
            with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as database:
                cursor = database.execute(self._query)
                if cursor.description is None:
                    raise InputError(f"{option(self._flag)}: a SELECT expected, which returns rows")
                yield cursor
        except (sqlite3.Error, sqlite3.Warning) as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> InputError:
        told = str(error)
        if "locked" in told or "busy" in told:
            return InputError(f"{self.path}: {told}, another program is writing to it; end that, or read a copy")
        if "no such table" in told:
            told += f"; the tables are {', '.join(self._tables()) or 'none'}"
            return InputError(f"{self.path}: {told}; pass {option(self._flag)} with a SELECT")
        return InputError(f"{self.what()}: {told}")

    def _tables(self) -> list[str]:
        uri = f"{self.path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as database:
            found = database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
            return [name for (name,) in found]
