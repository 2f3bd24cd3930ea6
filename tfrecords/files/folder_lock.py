"""One process at a time in a folder, by a lock that ends with the process, however that ends."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tfrecords.errors import InputError
from tfrecords.progress_bar import write_line

try:
    import fcntl
except ImportError:  # Windows has none: there nothing is held.
    fcntl = None


@contextlib.contextmanager
def locked(folder: Path, doing: str, wait: bool = False) -> Iterator[None]:
    """Holds a folder, made if missing, until the block ends; no file is put into it.

    Where another process holds it this one waits for it, and says so, or raises InputError: what that one is `doing`.
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
                pass  # Some network disks have no locks.
        yield
