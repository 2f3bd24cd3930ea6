"""Imports faiss, the extra `ann`."""

from typing import Any

from tfrecords.errors import InputError, option


def faiss_library(index: str) -> Any:
    """Returns the module faiss. Raises InputError if it is not installed; `index` is the setting that needs it."""
    try:
        import faiss
    except ImportError as error:
        raise InputError(
            f"{option('index', index)} needs faiss-cpu ({error}); install it with pip install 'tf_dvbpr[ann]', or "
            f"leave {option('index')} out"
        ) from None
    return faiss
