"""Writes, reads and removes files at any path that Beam's FileSystems know, on this machine or not."""

import contextlib
import json
import pickle
import uuid
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

_PLAIN = CompressionTypes.UNCOMPRESSED  # not by the name's ending
BLOCK = 1 << 22


def join(folder: object, name: str) -> str:
    """Returns the path of a file in a folder."""
    return FileSystems.join(str(folder), name)


def open_to_read(path: str) -> BinaryIO:
    """Opens a file to read."""
    return FileSystems.open(path, compression_type=_PLAIN)


@contextlib.contextmanager
def written(path: str) -> Iterator[BinaryIO]:
    """Yields a new file under a temporary name of its own, which is renamed when the block succeeds.

    Two workers may write the same file at once, as happens when a runner repeats a bundle; the last one's stays.
    """
    folder, name = FileSystems.split(path)
    temporary = join(folder, f".{name}.{uuid.uuid4().hex}.part")
    with FileSystems.create(temporary, compression_type=_PLAIN) as file:
        yield file
    move([temporary], [path])


def move(sources: Sequence[str], targets: Sequence[str]) -> None:
    """Renames files; those that are there already are replaced."""
    there = [path for path in targets if FileSystems.exists(path)]
    if there:
        FileSystems.delete(there)
    FileSystems.rename(list(sources), list(targets))


def write_json(path: str, content: object) -> None:
    """Writes a JSON file."""
    with written(path) as file:
        file.write(json.dumps(content).encode())


def read_json(path: str) -> object:
    """Reads a JSON file."""
    with open_to_read(path) as file:
        return json.loads(file.read())


def anywhere(photo: object) -> object:
    """Returns what a reader takes for a photo, with paths that also hold for a worker in another folder."""
    if isinstance(photo, tuple) and all(hasattr(path, "absolute") for path in photo):
        return tuple(path.absolute() for path in photo)
    return photo.absolute() if hasattr(photo, "absolute") else photo


def write_work(path: str, content: object) -> None:
    """Writes a value for workers of the same run; nobody else reads it, and the run removes it at its end."""
    with written(path) as file:
        file.write(pickle.dumps(content))


def read_work(path: str) -> object:
    """Reads what `write_work` wrote."""
    with open_to_read(path) as file:
        return pickle.loads(file.read())


def delete(path: str) -> None:
    """Deletes one file."""
    FileSystems.delete([path])


def remove(folder: object) -> None:
    """Removes a folder with everything in it, if it exists."""
    (found,) = FileSystems.match([join(folder, "**")])
    paths = [one.path for one in found.metadata_list]
    if paths:
        FileSystems.delete(paths)
    if FileSystems.exists(str(folder)):  # Object stores have no folders.
        FileSystems.delete([str(folder)])
