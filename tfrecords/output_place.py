"""Whether a place can take an output, asked before the work starts and not when it is done."""

import os
from pathlib import Path

from tfrecords.errors import InputError

_LONGEST = 240  # of the 255 that file systems take, some are for the temporary name


def check_place(path: str | os.PathLike, folder: bool = False) -> None:
    """Raises InputError where `path` cannot become a file, or a folder.

    Its name is too long, a file is above it, the folder it would be in is not writable, or the other of the two is
    there.
    """
    path = Path(path)
    if len(os.fsencode(path.name)) > _LONGEST:
        raise InputError(f"{path.name[:40]}...: a name of at most {_LONGEST} bytes expected; name another output")
    for parent in path.absolute().parents:
        if parent.exists() and not parent.is_dir():
            raise InputError(f"{path}: {parent} is a file, not a folder; name another output")
    nearest = next(parent for parent in path.absolute().parents if parent.exists())
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"{path}: nothing may be written in {nearest}; name another output")
    if path.exists() and path.is_dir() != folder:
        raise InputError(f"{path}: {'a file' if folder else 'a folder'} is here already; name another output")
