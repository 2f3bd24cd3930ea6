"""Imports item features: from McAuley's `.b`, a plain `.npy`, or a folder of embedded photos."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.features.vector_shards import RECORD, EmbeddedPhotos
from tfrecords.files.npy_file import map_npy
from tfrecords.files.sha256 import file_sha256
from tfrecords.sources.mcauley_features import BinaryFeatures

_BLOCK = 256


@dataclasses.dataclass(frozen=True)
class RowSource:
    """A source of feature rows.

    Attributes:
        made_by: the source, for the features' JSON file.
        dim: F.
        blocks: yields the rows of the items from a given one, in item order, as blocks float32 [n, F].
    """

    made_by: dict
    dim: int
    blocks: Callable[[int], Iterator[np.ndarray]]


def open_file(path: Path, keys: Path | None, dataset: Dataset, progress: bool = True) -> RowSource:
    """Opens a file of features and finds each item's row.

    Args:
        path: ``.b`` (see `BinaryFeatures`; 4096 values per record, matched by item key), ``.npy`` (numbers [rows, F]),
            or a folder of `EmbeddedPhotos`, matched by item key.
        keys: .npy only: a ``.txt`` (one per line) or ``.npy`` file with the item key of each row; None: row i is item
            i.
        dataset: the data set with the items; rows of other items are not read.
        progress: whether to show a bar while a `.b` file's keys are read.

    Raises:
        InputError: no such file, another format or shape, or items without a row (the first is named, with their
            count).
    """
    if path.is_dir():
        return _open_folder(path, keys, dataset)
    if path.suffix not in (".b", ".npy"):
        raise InputError(f"{option('from_file', path)}: a .b or .npy file expected")
    if not path.is_file():
        raise InputError(f"{option('from_file', path)}: no such file")
    if path.suffix == ".b":
        if keys is not None:
            raise InputError(f"{option('keys', keys)}: a .b file holds its keys itself; leave it out")
        file = BinaryFeatures(path, progress=progress)
        _check_all_there(path, dataset, file)
        dim, row = file.dim, lambda item: file.row(str(dataset.item_keys[item]))
    else:
        table = _open_table(path)
        rows = np.arange(len(table)) if keys is None else _match(keys, len(table), dataset)
        if len(rows) != dataset.num_items:
            raise InputError(
                f"{option('from_file', path)}: {len(table)} rows for {dataset.num_items} items; give {option('keys')}, "
                "or a row for each item in the data set's order"
            )
        dim, row = table.shape[1], lambda item: table[rows[item]]

    made_by = {"from_file": path.name, "sha256": file_sha256(path)}
    if keys is not None:
        made_by |= {"keys": keys.name, "keys_sha256": file_sha256(keys)}
    return _row_by_row(made_by, dim, dataset.num_items, row)


def _open_folder(path: Path, keys: Path | None, dataset: Dataset) -> RowSource:
    if keys is not None:
        raise InputError(f"{option('keys', keys)}: a folder of embedded photos holds its keys itself; leave it out")
    photos = EmbeddedPhotos(path)
    places = {key: row for row, key in enumerate(photos.keys)}
    _check_all_there(path, dataset, places)
    origin = {"from_file": path.resolve().name, "sha256": file_sha256(path / RECORD)}
    made_by = {**origin, "embedded": photos.meta["made_by"]}
    return _row_by_row(
        made_by, photos.dim, dataset.num_items, lambda item: photos.row(places[str(dataset.item_keys[item])])
    )


def _row_by_row(made_by: dict, dim: int, count: int, row: Callable[[int], np.ndarray]) -> RowSource:
    def blocks(start: int) -> Iterator[np.ndarray]:
        for first in range(start, count, _BLOCK):
            items = range(first, min(first + _BLOCK, count))
            with np.errstate(over="ignore"):  # What is too large becomes infinite, and is refused by the writer.
                rows = np.stack([row(item) for item in items]).astype(np.float32)
            yield rows

    return RowSource(made_by, dim, blocks)


def _open_table(path: Path) -> np.ndarray:
    table = _load(path, "from_file")
    if table.ndim != 2 or not table.size or table.dtype.kind not in "fiu":
        raise InputError(f"{option('from_file', path)}: {table.dtype} {list(table.shape)}; numbers [rows, F] expected")
    return table


def _match(path: Path, rows: int, dataset: Dataset) -> np.ndarray:
    """Returns the row of every item."""
    keys = _read_keys(path)
    if len(keys) != rows:
        raise InputError(f"{option('keys', path)}: {len(keys)} keys for {rows} rows; one per row expected")
    places = {key: row for row, key in enumerate(keys)}
    if len(places) != rows:
        again = next(key for row, key in enumerate(keys) if places[key] != row)
        raise InputError(f"{option('keys', path)}: the key {again} stands twice; each once expected")
    _check_all_there(path, dataset, places)
    return np.array([places[str(key)] for key in dataset.item_keys])


def _read_keys(path: Path) -> list[str]:
    if not path.is_file():
        raise InputError(f"{option('keys', path)}: no such file")
    if path.suffix == ".npy":
        keys = _load(path, "keys")
        if keys.ndim != 1 or keys.dtype.kind != "U":
            raise InputError(f"{option('keys', path)}: {keys.dtype} {list(keys.shape)}; unicode [rows] expected")
        return keys.tolist()
    try:
        # With or without the byte order mark that some editors write.
        return path.read_text(encoding="utf-8-sig").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{option('keys', path)}: not UTF-8 at byte {error.start}; one key per line expected"
        ) from error


def _load(path: Path, setting: str) -> np.ndarray:
    try:
        return map_npy(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{option(setting, path)}: not a whole .npy file of plain values ({error})") from error


def _check_all_there(path: Path, dataset: Dataset, keys: BinaryFeatures | dict) -> None:
    missing = [str(key) for key in dataset.item_keys if str(key) not in keys]
    if missing:
        raise InputError(
            f"{path}: no row for {len(missing)} of {dataset.num_items} items, the first of them {missing[0]}; every "
            "item of the data set needs one"
        )
