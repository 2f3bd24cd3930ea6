"""Folders that the processes of one run of the tests share, as of a training that takes seconds."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tfrecords.files.folder_lock import locked


def shared_folder(tmp_path_factory, name: str, fill: Callable[[Path], object]) -> Path:
    """The folder `name`, filled by the first process that asks for it; the others wait, then read what lies there.

    A run has one such folder a name, with pytest-xdist or without. No test may write into it.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # A worker's own folder lies in that of the run.
    folder, complete = root / "shared" / name, root / "shared" / f"{name}.complete"
    with locked(root / "shared" / f"{name}.lock", f"making {name}", wait=True):
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)  # Of a process that failed at it.
            folder.mkdir()
            fill(folder)
            complete.touch()
    return folder
