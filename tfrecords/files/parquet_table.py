"""Reads Parquet files as one table; every error names the file and the row."""

import bisect
import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfrecords.errors import InputError
from tfrecords.files.table import Block, Column, Table

_ROWS = 1 << 22  # of a block: in larger ones a key stands more often, and each is looked up once a block


class ParquetTable(Table):
    """One Parquet file, or several of the same columns, as exports write them: their rows one after the other.

    Values of nested types have no text: `header` leaves such columns out. Times become whole seconds since 1970, and
    days are written as 2020-03-01.
    """

    def __init__(self, path: Path, parts: Sequence[Path] = ()):
        """Takes the files.

        Args:
            path: the file, or the folder of the parts, as errors about the whole table name it.
            parts: the files, in the order of their rows; none: `path` itself.

        Raises:
            InputError: pyarrow is not installed.
        """
        super().__init__()
        self.path = path
        self._parts = list(parts) or [path]
        self._starts = [0]
        self._arrow, self._parquet = _pyarrow(path)

    def where(self, row: int) -> str:
        """Returns the file and its row, counted from 1 in each file."""
        part = bisect.bisect_left(self._starts, row, hi=min(len(self._starts), len(self._parts))) - 1
        return f"{self._parts[part]}, row {row - self._starts[part]}"

    def header(self) -> list[str]:
        """Returns the names of the columns that hold texts, numbers, days or times."""
        with self._opened(self._parts[0]) as file:
            return [field.name for field in file.schema_arrow if self._has_text(field.type)]

    def rows(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[tuple[int, Sequence[str | None]]]:
        """Yields (number of the row, the values of `columns`, then of `optional`) for every row."""
        for block in self.blocks(columns, optional):
            cells = [[column.values[code] for code in column.codes.tolist()] for column in block.columns]
            yield from zip(block.numbers, map(list, zip(*cells, strict=True)), strict=True)

    def blocks(self, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Block]:
        """Yields blocks of columns, in memory only one at a time.

        Raises:
            InputError: a missing column, no rows, a file that is no Parquet or is damaged.
        """
        names = (*columns, *optional)
        start, self._starts = 0, [0]
        for part in self._parts:
            with self._opened(part) as file:
                header = file.schema_arrow.names
                self._check_header(part, file.schema_arrow, columns)
                there = [name for name in dict.fromkeys(names) if name in header]
                for batch in file.iter_batches(_ROWS, columns=there):
                    rows = batch.num_rows
                    blank = Column([""], np.zeros(rows, np.int64))
                    found = {name: self._column(part, name, batch.column(name)) for name in there} if rows else {}
                    if rows:
                        yield Block(range(start + 1, start + rows + 1), [found.get(name, blank) for name in names])
                    start += rows
            self._starts.append(start)
        if not start:
            raise InputError(f"{self.path}: no rows")

    def _check_header(self, part: Path, schema: Any, columns: Sequence[str]) -> None:
        for name in columns:
            if name not in schema.names:
                shown = ", ".join(f"{field.name} ({field.type})"[:80] for field in schema)
                raise InputError(f"{part}: column {name} is missing; the columns are {shown}")
            if schema.names.count(name) > 1:
                raise InputError(f"{part}: column {name} is there {schema.names.count(name)} times")

    def _column(self, part: Path, name: str, array: Any) -> Column:
        types = self._arrow.types
        kind = array.type
        if types.is_dictionary(kind):
            array, kind = array.dictionary_decode(), kind.value_type
        if not self._is_string(kind) and not types.is_null(kind):
            self.kinds[name] = "int" if types.is_integer(kind) else str(kind)[:80], None
        if not self._has_text(kind):
            return Column([""], np.zeros(len(array), np.int64))
        if types.is_timestamp(kind):
            array = self._seconds(array)
        encoded = array.dictionary_encode()
        try:
            values = [_text(value) for value in encoded.dictionary.to_pylist()]
        except UnicodeDecodeError as error:
            raise InputError(f"{part}: column {name} is not UTF-8 ({error.reason})") from error
        codes = encoded.indices
        if codes.null_count:
            codes = codes.fill_null(len(values))
            values.append(None)
        return Column(values, codes.to_numpy(zero_copy_only=False))

    def _seconds(self, array: Any) -> Any:
        """Returns times as whole seconds since 1970, rounded down."""
        per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[array.type.unit]
        numbers = array.cast(self._arrow.int64())
        whole = numbers.fill_null(0).to_numpy(zero_copy_only=False) // per_second
        return self._arrow.array(whole, mask=np.asarray(array.is_null()))

    def _is_string(self, kind: Any) -> bool:
        types = self._arrow.types
        return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)

    def _has_text(self, kind: Any) -> bool:
        types = self._arrow.types
        if types.is_dictionary(kind):
            return self._has_text(kind.value_type)
        return self._is_string(kind) or any(
            test(kind)
            for test in (
                types.is_integer,
                types.is_floating,
                types.is_decimal,
                types.is_boolean,
                types.is_date,
                types.is_timestamp,
                types.is_null,
            )
        )

    @contextlib.contextmanager
    def _opened(self, part: Path) -> Iterator[Any]:
        try:
            # With pre_buffer, the columns of the whole file would be in memory at once.
            with self._parquet.ParquetFile(part, pre_buffer=False) as file:
                yield file
        except (self._arrow.ArrowException, OSError) as error:
            raise InputError(f"{part}: not a whole Parquet file ({str(error).splitlines()[0]})") from error


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _pyarrow(path: Path) -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(f"{path}: Parquet needs pyarrow; install it with pip install 'tf_dvbpr[tables]'") from error
    return pyarrow, pyarrow.parquet
