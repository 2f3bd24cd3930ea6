"""Reads the items' attributes, for example colour and pattern, from a CSV file."""

import dataclasses
from pathlib import Path

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.csv_table import CsvTable
from tfrecords.schema import ATTRIBUTES_FILE

KEY = "item_id"
_ENDINGS = (".csv.gz", ".csv")
_MOST_VALUES = 40  # a column of words with more values is no attribute; it may hold names
_FEW_NUMBERS = 6  # a column with at most this many numbers is treated as words, for example sizes
_UNKNOWN = -1


@dataclasses.dataclass(frozen=True)
class Attribute:
    """An attribute of the items, from one column.

    Attributes:
        name: the column's header.
        values: the names of its values; numbers are split at their terciles into three ranges.
        codes: int32 [I], index into `values`, -1: unknown.
    """

    name: str
    values: tuple[str, ...]
    codes: np.ndarray

    def value(self, item: int) -> str:
        """Returns an item's value; "" if it is unknown."""
        code = int(self.codes[item])
        return "" if code == _UNKNOWN else self.values[code]


@dataclasses.dataclass(frozen=True)
class AttributeTable:
    """The attributes of a file.

    Attributes:
        attributes: the columns that are attributes.
        left_out: other columns, each with the reason why it is no attribute.
    """

    attributes: tuple[Attribute, ...]
    left_out: dict[str, str]


def attributes_of(dataset: Dataset, file: str | None = None) -> AttributeTable:
    """Reads the attributes of a file, or of the data set if none is given; there may be none.

    Raises:
        InputError: the file is no table with the column item_id and other columns, or has no item of the data set.
    """
    if file is not None:
        ending = next((one for one in _ENDINGS if file.endswith(one)), None)
        if ending is None:
            raise InputError(f"{option('attributes', file)}: a file whose name ends in .csv or .csv.gz expected")
        path = Path(file)
        return _read(CsvTable(path.parent, path.name.removesuffix(ending)), dataset)
    if not (dataset.path / ATTRIBUTES_FILE).is_file():
        return AttributeTable((), {})
    return _read(CsvTable(dataset.path, Path(ATTRIBUTES_FILE).stem), dataset)


def _read(table: CsvTable, dataset: Dataset) -> AttributeTable:
    names = [name for name in table.header() if name not in ("", KEY)]
    if not names:
        raise InputError(f"{table.path}: no column beside {KEY}; one for each attribute expected")
    numbers = {key: number for number, key in enumerate(dataset.item_keys.tolist())}
    texts = np.full([dataset.num_items, len(names)], "", object)
    lines: dict[str, int] = {}
    for line, (key, *values) in table.rows((KEY, *names)):
        if key in lines:
            raise table.error(line, f"item {key!r} again, first on line {lines[key]}")
        lines[key] = line
        if key in numbers:
            texts[numbers[key]] = [value.strip() for value in values]
    if not set(lines) & set(numbers):
        raise InputError(
            f"{table.path}: not one of its {len(lines)} items is in data set {dataset.name!r} (the first is "
            f"{next(iter(lines))}, the data set's keys look like {dataset.item_keys[0]})"
        )
    attributes, left_out = [], {}
    for column, name in enumerate(names):
        made = _attribute(name, texts[:, column])
        if isinstance(made, str):
            left_out[name] = made
        else:
            attributes.append(made)
    return AttributeTable(tuple(attributes), left_out)


def _attribute(name: str, texts: np.ndarray) -> Attribute | str:
    """Returns the attribute of a column, or the reason why it is none."""
    known = texts != ""
    distinct = sorted(set(texts[known].tolist()))
    if len(distinct) < 2:
        return "all items have the same value" if distinct else "no item has a value"
    numbers = _numbers(texts[known]) if len(distinct) > _FEW_NUMBERS else None
    codes = np.full(len(texts), _UNKNOWN, np.int32)
    if numbers is not None:
        low, high = np.quantile(numbers, [1 / 3, 2 / 3])
        codes[known] = (numbers > low).astype(np.int32) + (numbers > high)
        least, most = _written(float(low), float(high))
        return Attribute(name, (f"to {least}", f"{least} to {most}", f"over {most}"), codes)
    if len(distinct) > _MOST_VALUES:
        return f"{len(distinct)} different values, more than {_MOST_VALUES}"
    places = {value: place for place, value in enumerate(distinct)}
    codes[known] = [places[value] for value in texts[known]]
    return Attribute(name, tuple(distinct), codes)


def _written(low: float, high: float) -> tuple[str, str]:
    """Returns two numbers in as few digits, three or more, as need no exponent and keep the range between them.

    Each is off by at most a twentieth of the range.
    """
    for digits in range(3, 18):
        least, most = f"{low:.{digits}g}", f"{high:.{digits}g}"
        off = max(abs(float(least) - low), abs(float(most) - high))
        if "e" not in least + most and off <= (high - low) / 20:
            return least, most
    return f"{low:.3g}", f"{high:.3g}"


def _numbers(texts: np.ndarray) -> np.ndarray | None:
    """Returns a column's numbers; None if one is no finite number."""
    try:
        numbers = np.array([float(text) for text in texts])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
