"""Whether a place can take an output, asked before the work starts and not when it is done."""

import os
from pathlib import Path

from tfrecords.errors import InputError


def check_place(path: str | os.PathLike, folder: bool = False) -> None:
    """Raises InputError where `path` cannot become a file, or a folder: the other is there, or a file above it."""
    path = Path(path)
    for parent in path.absolute().parents:
        if parent.exists() and not parent.is_dir():
            raise InputError(f"{path}: {parent} is a file, not a folder; name another output")
    if path.exists() and path.is_dir() != folder:
        raise InputError(f"{path}: {'a file' if folder else 'a folder'} is here already; name another output")
