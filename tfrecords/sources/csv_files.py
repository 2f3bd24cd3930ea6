"""Reads a data set from two CSV files and a folder of photos."""

from pathlib import Path

from tfrecords.errors import InputError
from tfrecords.files.csv_table import CsvTable
from tfrecords.files.table import Table
from tfrecords.sources.tables import TableSource


class CsvSource(TableSource):
    """The tables interactions.csv (user_id, item_id, timestamp) and items.csv (item_id, image, category) of a folder.

    Everything else is as in `TableSource`.
    """

    kind = "csv"

    def _open(self, path: Path) -> tuple[Table, Table]:
        if not path.is_dir():
            raise InputError(f"{path}: no such folder; expected one with interactions.csv and items.csv")
        return CsvTable(path, "interactions"), CsvTable(path, "items")
