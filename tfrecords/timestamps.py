"""Writes and reads timestamps.npz, the times of a data set's purchases."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tfrecords.errors import InputError
from tfrecords.metadata import REBUILD
from tfrecords.schema import TIMESTAMPS_FILE

PARTS = ("train", "validation", "test")
MOST = 10**11  # seconds, in the year 5138; larger numbers are surely milliseconds


def write_timestamps(folder: Path, times: Sequence[Sequence[int]]) -> None:
    """Writes the timestamps of a new data set.

    Args:
        folder: the data set's folder.
        times: for train, validation and test: the times of all users' items, in seconds since 1970, user by user.
    """
    arrays = {part: np.array(of, np.int64) for part, of in zip(PARTS, times, strict=True)}
    with (folder / TIMESTAMPS_FILE).open("wb") as file:
        np.savez(file, **arrays)


def read_timestamps(folder: Path, counts: Mapping[str, int]) -> dict[str, np.ndarray] | None:
    """Returns the times of the purchases by part of the split, int64 seconds since 1970; None if there is no file.

    Args:
        folder: the data set's folder.
        counts: the number of purchases of each part, from dataset.json.

    Raises:
        InputError: the file is damaged, or the numbers of timestamps and purchases differ.
    """
    path = folder / TIMESTAMPS_FILE
    if not path.is_file():
        return None
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("no .npz file")
        with np.load(path, allow_pickle=False) as arrays:
            times = {part: arrays[part] for part in PARTS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError, MemoryError) as error:
        raise InputError(f"{path}: not as a build writes it ({error}); {REBUILD}") from error
    for part, values in times.items():
        if values.dtype != np.int64 or values.shape != (counts[part],):
            raise InputError(
                f"{path}: {part} is {values.dtype} {list(values.shape)}; {counts[part]} times of int64 expected, one "
                f"a purchase; {REBUILD}"
            )
        if len(values) and not 0 <= values.min() <= values.max() < MOST:
            raise InputError(f"{path}: {part} has times before 1970 or after 5138; {REBUILD}")
    return times
