"""Finds the table of a name in a folder or a database, whatever form it has."""

from pathlib import Path

from tfrecords.errors import InputError
from tfrecords.files.csv_table import CsvTable
from tfrecords.files.json_table import JsonTable
from tfrecords.files.parquet_table import ParquetTable
from tfrecords.files.sqlite_table import SQLITE_START, SqliteTable
from tfrecords.files.table import Table

_CSV = (".csv", ".csv.gz")
_JSON = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
_PARQUET = ".parquet"
_ENDINGS = (*_CSV, *_JSON, _PARQUET)
FORMS = "CSV, JSON lines or Parquet"


def find_table(folder: Path, name: str) -> Table:
    """Returns the table `name` of a folder: ``NAME.csv``, ``.jsonl``, either also ``.gz``, or Parquet.

    Parquet is ``NAME.parquet``, or the parts of an export: the files of a folder ``NAME.parquet`` or ``NAME``, or the
    files ``NAME-*.parquet``, in the order of their names.

    Raises:
        InputError: no such table, or more than one.
    """
    found = [path for path in (folder / f"{name}{ending}" for ending in _ENDINGS) if path.exists()]
    if (folder / name).is_dir():
        found.append(folder / name)
    parts = sorted(folder.glob(f"{name}-*{_PARQUET}"))
    if len(found) + bool(parts) > 1:
        several = [path.name for path in (*found, *parts[:1])]
        raise InputError(f"{folder}: holds {' and '.join(several)}; keep only one of them")
    if parts:
        return ParquetTable(folder / f"{name}-*{_PARQUET}", parts)
    if not found:
        raise InputError(
            f"{folder}: {name} is missing; {' or '.join(f'{name}{ending}' for ending in _ENDINGS)} expected"
        )
    return open_table(found[0])


def open_table(path: Path) -> Table:
    """Returns the table of a file, by the ending of its name. Raises InputError for any other ending."""
    if path.is_dir():
        parts = sorted(part for part in path.glob(f"*{_PARQUET}") if not part.name.startswith(("_", ".")))
        if not parts:
            raise InputError(f"{path}: a folder without {_PARQUET} files; a table expected")
        return ParquetTable(path, parts)
    for ending in _CSV:
        if path.name.endswith(ending):
            return CsvTable(path.parent, path.name.removesuffix(ending))
    if path.name.endswith(_JSON):
        return JsonTable(path)
    if path.name.endswith(_PARQUET):
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        return ParquetTable(path)
    raise InputError(f"{path}: a name that ends in {', '.join(_ENDINGS)} expected")


def open_database(path: Path, name: str, query: str | None = None) -> Table:
    """Returns the table `name` of a SQLite database, or the rows of a query. Raises InputError for another file."""
    with path.open("rb") as file:
        if file.read(len(SQLITE_START)) != SQLITE_START:
            raise InputError(f"{path}: no SQLite database; a folder of tables ({FORMS}), or a database, expected")
    return SqliteTable(path, name, query)


def is_database(path: Path) -> bool:
    """Returns whether a path is read as a database: it is a file, and its name has no table's ending."""
    return path.is_file() and not path.name.endswith(_ENDINGS)
