"""Maps plain .npy files into memory, and checks that their length is what the header says."""

import warnings
from pathlib import Path

import numpy as np


def map_npy(path: Path) -> np.memmap:
    """Returns a file's array, memory-mapped and read-only.

    The pages are private to the process: `tf_dvbpr.baselines.host_tensor` can hand them to TensorFlow, which takes no
    read-only memory, and nothing can change the file through them.

    Raises:
        ValueError: another kind of file, Python objects, a damaged header, or more or fewer bytes than the header says,
            which would shift values. The message says which; the caller names the file.
        OSError: the file cannot be opened.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy warns of headers that look as if Python 2 wrote them.
            array = np.load(path, mmap_mode="c", allow_pickle=False)
    except (OSError, MemoryError):
        raise
    # A damaged header makes NumPy's parsers raise errors of many kinds.
    except Exception as error:
        raise ValueError(str(error) or type(error).__name__) from error
    if not isinstance(array, np.memmap):
        array.close()
        raise ValueError("a zip file of arrays")
    found, expected = path.stat().st_size, array.offset + array.nbytes
    if found != expected:
        raise ValueError(f"{found} bytes, and its header speaks of {expected}")
    array.flags.writeable = False
    return array
