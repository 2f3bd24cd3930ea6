"""Reads JSON lines, plain or gzip, as a table; every error names the file and the line."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from tfrecords.files.json_lines import JsonLines
from tfrecords.files.table import Table


class JsonTable(Table):
    """One JSON object per line. The first one names the columns; a name that another lacks is NULL there."""

    unit = "line"

    def __init__(self, path: Path):
        """Opens the file. Raises InputError if there is none."""
        super().__init__()
        self.path = path
        self._lines = JsonLines(path, strict=True)

    def header(self) -> list[str]:
        """Returns the names in the first line whose values are neither lists nor objects."""
        _, first = next(self._lines.rows())
        return [name for name, value in first.items() if not isinstance(value, list | dict)]

    def rows(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yields (number of the line, the values of `columns`, then of `optional`) for every line.

        Raises:
            InputError: a column that the first line lacks, a line that is no JSON object, no lines.
        """
        _, first = next(self._lines.rows())
        self.check_columns(list(first), columns)
        names = (*columns, *optional)
        for line, row in self._lines.rows():
            yield line, [self.text(line, name, row.get(name)) for name in names]
