"""Whether a place can take an output, asked before the work starts and not when it is done."""

import errno
import os
import tempfile
from pathlib import Path

from tfrecords.errors import InputError

_LONGEST = 240  # of the 255 that file systems take, some are for the temporary name


def check_writable(path: str | os.PathLike, folder: bool = False) -> None:
    """Raises InputError where `path` cannot become a file, or a folder.

    Its name is too long, a file is above it, the folder it would be in is not writable, or the other of the two is
    there.
    """
    path = Path(path)
    if len(os.fsencode(path.name)) > _LONGEST:
        raise InputError(f"{path.name[:40]}...: a name of at most {_LONGEST} bytes expected; name another place")
    for parent in path.absolute().parents:
        if parent.exists() and not parent.is_dir():
            raise InputError(f"{path}: {parent} is a file, not a folder; name another place")
    nearest = next(parent for parent in path.absolute().parents if parent.exists())
    _check_writable(path, nearest)
    if path.exists() and path.is_dir() != folder:
        raise InputError(f"{path}: {'a file' if folder else 'a folder'} is here already; name another place")


def _check_writable(path: Path, folder: Path) -> None:
    # Tried, since permissions do not tell: the superuser has them where there is nothing to write on, as in /proc.
    try:
        Path(tempfile.mkdtemp(prefix=".", dir=folder)).rmdir()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(f"{path}: nothing can be written in {folder}; name another place") from error
