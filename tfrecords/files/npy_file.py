"""Plain .npy files, mapped into memory and compared with their header to the last byte."""

import warnings
from pathlib import Path

import numpy as np


def map_npy(path: Path) -> np.memmap:
    """The array of a file, read-only; rows are read when they are asked for.

    Raises:
        ValueError: another kind of file, Python objects, a damaged header, or more or fewer bytes than the header says,
            which would shift values. The message says which; the caller names the file.
        OSError: the file cannot be opened.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's, of a header that Python 2 wrote, or damage made look so.
            array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, MemoryError):
        raise
    # A damaged header makes NumPy's parsers, and the tokenizer that it tries last, raise what has no other base.
    except Exception as error:
        raise ValueError(str(error) or type(error).__name__) from error
    if not isinstance(array, np.memmap):
        array.close()
        raise ValueError("a zip file of arrays")
    found, expected = path.stat().st_size, array.offset + array.nbytes
    if found != expected:
        raise ValueError(f"{found} bytes, and its header speaks of {expected}")
    return array
