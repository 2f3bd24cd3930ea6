"""Writes a folder of results to a place that is not on this machine: complete, or without the file that marks it."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tfrecords.beam import places
from tfrecords.beam.new_folder import NewFolder
from tfrecords.errors import InputError, option
from tfrecords.files.atomic_folder import FolderKind
from tfrecords.files.remote_path import RemotePath
from tfrecords.files.written_list import LIST, write_list


@contextlib.contextmanager
def remote_folder(output: RemotePath, kind: FolderKind, overwrite: bool = True) -> Iterator[NewFolder]:
    """Yields a folder; if the block succeeds, its files go to `output`, and replace a folder of the same kind.

    Object stores rename no folders. The file that marks the kind is removed first and written last, so that a folder
    with the mark is complete.

    Raises:
        InputError: `output` holds something else, or `overwrite` is false and it exists.
    """
    old = check_remote_output(output, kind, overwrite)
    partial = output.with_name(f".{output.name}.partial")
    places.remove(partial)  # what a killed run left
    try:
        with tempfile.TemporaryDirectory() as local:
            folder = NewFolder(Path(local), partial)
            yield folder
            write_list(folder.local, kind.name, folder.states)
            _put_in_place(folder, output, kind, old)
    finally:
        places.remove(partial)


def check_remote_output(output: RemotePath, kind: FolderKind, overwrite: bool = True) -> list[str]:
    """Returns the files that the new folder replaces. Raises InputError as `remote_folder`."""
    old = output.files()
    if old and not (output / kind.mark).is_file():
        raise InputError(f"{output}: holds other things (no {kind.mark}); name a new folder as {option('output')}")
    if old and not overwrite:
        raise InputError(
            f"{output}: {kind.name} is here already; pass {option('overwrite')} to replace it or name another folder"
        )
    return old


def _put_in_place(folder: NewFolder, output: RemotePath, kind: FolderKind, old: list[str]) -> None:
    mark = str(output / kind.mark)
    for path in sorted(old, key=lambda path: path != mark):
        places.delete(path)
    names = sorted(folder.states)
    if names:
        places.move([str(folder.large / name) for name in names], [str(output / name) for name in names])
    small = [path for path in sorted(folder.local.rglob("*")) if path.is_file()]
    for path in sorted(small, key=lambda path: (path.name == kind.mark, path.name != LIST)):
        with path.open("rb") as source, places.written(str(output / path.relative_to(folder.local).as_posix())) as file:
            shutil.copyfileobj(source, file)
