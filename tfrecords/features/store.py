"""Saves, lists and loads item features: one vector per photo, for models that do not see photos."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.features.joined import SEPARATOR, join, names_of
from tfrecords.features.writer import FOLDER, NAME, STORED, FeatureWriter, check_finite, feature_file, read_record
from tfrecords.files.npy_file import map_npy

_BLOCK_BYTES = 2**26
_MAKE = "tools.extract_features makes them"


def save_features(
    dataset: Dataset, name: str, rows: Iterable[np.ndarray], dim: int, made_by: dict, overwrite: bool = False
) -> Path:
    """Writes features in one call; on any error nothing is left.

    Args:
        dataset: an open data set.
        name: letters, digits, _ and -; not ``items``.
        rows: blocks [n, F] or single rows [F] in item order, I rows in total.
        dim: F.
        made_by: how the features were made, for the JSON file.
        overwrite: replace features of this name.

    Returns:
        The .npy file's path.

    Raises:
        InputError: as for `FeatureWriter`, or a value is NaN or infinite.
        ValueError: a row has another length, or there are not I rows.
    """
    with FeatureWriter(dataset, name, dim, made_by, overwrite, resume=False) as writer, contextlib.ExitStack() as undo:
        undo.callback(writer.discard)
        for block in rows:
            writer.append(block)
        path = writer.finish()
        undo.pop_all()
    return path


def load_features(dataset: Dataset, name: str | None = None) -> tuple[str, np.ndarray]:
    """Loads the features of every item, checked.

    Args:
        dataset: an open data set.
        name: which; ``items`` are those stored with the items in the TFRecords (in the synthetic wardrobe the garments'
            true attributes). None: the only features in the folder, or, if there are none, those stored with the items.
            Several names with commas, as in ``resnet50,lite0``: all of them, scaled and joined (`joined.join`).

    Returns:
        (name, float32 [I, F] with row i for item i; memory-mapped and read-only if they are one file).

    Raises:
        InputError: no features of this name, several to choose from, made for another data set, another shape than
            stated, a incomplete file, a value that is NaN or infinite (names the item), or all items alike.
    """
    if name is not None and SEPARATOR in name:
        return name, join(dataset, {one: load_features(dataset, one)[1] for one in names_of(name)})
    name = _only_name(dataset) if name is None else name
    if name == STORED:
        features = dataset.item_features
        if features is None:
            raise InputError(f"{dataset.path}: no features are stored with the items; {_available(dataset)}")
    else:
        features = _open(dataset, name)
    where = dataset.path if name == STORED else feature_file(dataset, name, "npy")
    for start, block in _blocks(features):
        check_finite(dataset, block, start, str(where))
    check_differ(features, f"{where}: features {name}")
    return name, features


def check_differ(features: np.ndarray, where: str) -> None:
    """Raises InputError if several rows are all the same: such features do not distinguish items."""
    if len(features) > 1 and not any((block != features[0]).any() for _, block in _blocks(features)):
        what = "the same values" if features[0].any() else "zeros alone"
        raise InputError(
            f"{where}: all {len(features)} items have {what}, which tell no item from another; features that differ "
            "expected"
        )


def zero_rows(features: np.ndarray) -> np.ndarray:
    """Returns the items whose values are all 0, int64."""
    return np.concatenate([start + np.flatnonzero(~block.any(1)) for start, block in _blocks(features)])


def list_features(dataset: Dataset) -> list[str]:
    """Returns the names of the features in the folder, sorted; ``items`` comes last if the TFRecords hold features."""
    names = sorted(path.stem for path in (dataset.path / FOLDER).glob("*.json") if NAME.fullmatch(path.stem))
    return names + [STORED] * dataset.has_item_features


def _open(dataset: Dataset, name: str) -> np.ndarray:
    if not NAME.fullmatch(name):
        raise InputError(
            f"{option('features', name)}: a name of 1 to 200 letters, digits, _ and - expected; {_available(dataset)}"
        )
    record, path = read_record(dataset, name), feature_file(dataset, name, "npy")
    if record is None:
        raise InputError(f"{dataset.path}: no features called {name}; {_available(dataset)}")
    if record["dataset_fingerprint"] != dataset.fingerprint:
        raise InputError(
            f"{path}: these features were made for another data set; {_MAKE} anew with {option('overwrite')}"
        )
    expected = (dataset.num_items, record["dim"])
    try:
        features = map_npy(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a whole .npy file ({error}); {_MAKE} anew with {option('overwrite')}") from error
    if (
        features.shape != expected
        or not features.size
        or features.dtype != np.float32
        or not features.flags.c_contiguous
    ):
        raise InputError(
            f"{path}: {features.dtype} {list(features.shape)}; float32 {list(expected)} row by row expected; "
            f"{_MAKE} anew with {option('overwrite')}"
        )
    return features


def _only_name(dataset: Dataset) -> str:
    names = list_features(dataset)
    files = [name for name in names if name != STORED]
    if len(files) > 1:
        raise InputError(
            f"{dataset.path}: several features are here; choose one with {option('features')}: {', '.join(names)}; or "
            "several, with a comma between them"
        )
    if not names:
        raise InputError(f"{dataset.path}: no features are here; {_MAKE}")
    return names[0]


def _available(dataset: Dataset) -> str:
    names = list_features(dataset)
    return f"there are {', '.join(names)}" if names else f"none are here; {_MAKE}"


def _blocks(features: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    rows = max(1, _BLOCK_BYTES // (4 * features.shape[1]))
    return ((start, features[start : start + rows]) for start in range(0, len(features), rows))
