"""Shares folders between the processes of one test run, for example of a training that takes seconds."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tfrecords.files.folder_lock import locked


def shared_folder(tmp_path_factory, name: str, fill: Callable[[Path], object]) -> Path:
    """Returns the folder `name`; the first process that asks for it fills it, the others wait.

    A test run has one folder per name, with or without pytest-xdist. No test may write into it.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # a worker's own folder is inside the run's
    folder, complete = root / "shared" / name, root / "shared" / f"{name}.complete"
    with locked(root / "shared" / f"{name}.lock", f"making {name}", wait=True):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)  # left by a process that failed
            folder.mkdir()
            fill(folder)
            complete.touch()
    return folder
