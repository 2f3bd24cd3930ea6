"""Caches intermediate arrays so that an interrupted computation can resume."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tfrecords.files.atomic_file import whole_file

# What NumPy and zipfile raise on a file whose contents did not reach the disk.
_DAMAGED = (EOFError, KeyError, RuntimeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error)

Arrays = dict[str, np.ndarray]


def kept_part(folder: Path, name: str, compute: Callable[[], Arrays]) -> Arrays:
    """Returns the arrays of ``NAME.npz`` in a folder; computes and writes them if the file is missing or incomplete."""
    file = folder / f"{name}.npz"
    arrays = _whole(file)
    if arrays is not None:
        return arrays
    arrays = compute()
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(file) as temporary, temporary.open("wb") as out:
        np.savez(out, **arrays)
    return arrays


def _whole(file: Path) -> Arrays | None:
    if not file.is_file():
        return None
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except _DAMAGED:
        return None
