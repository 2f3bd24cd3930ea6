"""Checks that an output can be written, before the work starts."""

import errno
import os
import tempfile
from pathlib import Path

from tfrecords.errors import InputError

_LONGEST = 240  # file systems allow 255; some are for the temporary name


def check_writable(path: str | os.PathLike, folder: bool = False) -> None:
    """Raises InputError if `path` cannot become a file (or, with `folder`, a folder).

    That is: its name is too long, one of its parents is a file, its folder is not writable, or a folder (or file) of
        that
    name exists.
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
    # It tries to write, since permissions are not enough: root has them even in /proc, where nothing can be written.
    try:
        Path(tempfile.mkdtemp(prefix=".", dir=folder)).rmdir()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise InputError(f"{path}: nothing can be written in {folder}; name another place") from error
