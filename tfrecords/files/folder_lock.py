"""Locks a folder for one process; the lock ends with the process, even if it is killed."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tfrecords.errors import InputError
from tfrecords.progress_bar import write_line

try:
    import fcntl
except ImportError:  # Windows has no fcntl; there nothing is locked.
    fcntl = None


@contextlib.contextmanager
def locked(folder: Path, doing: str, wait: bool = False) -> Iterator[None]:
    """Locks a folder, made if missing, until the block ends; no file is put into it.

    If another process holds the lock, either waits and says so, or raises InputError with what that process is `doing`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if fcntl is not None:
            handle = os.open(folder, os.O_RDONLY)
            stack.callback(os.close, handle)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not wait:
                    raise InputError(f"{folder}: another process is {doing} here; wait for it to end") from None
                write_line(f"{folder}: another process is {doing} here; waiting for it to end")
                fcntl.flock(handle, fcntl.LOCK_EX)
            except OSError:
                pass  # Some network disks do not support locks.
        yield
