"""Lists the photos of a folder, and their keys."""

import os
from pathlib import Path, PurePosixPath

from tf_dvbpr.embedding.config import PATH
from tfrecords.errors import InputError, one_line, option
from tfrecords.files.remote_path import RemotePath


def list_photos(folder: Path | RemotePath, keys: str) -> tuple[list[str], list[str]]:
    """Returns the files of a folder and of the folders in it, by path, and the key of each.

    Hidden files and folders are left out.

    Args:
        folder: on this machine or elsewhere.
        keys: one of the config's: ``name``, a file's name without its ending; ``path``, its path in the folder.

    Raises:
        InputError: no such folder, no files in it, or two files with one key.
    """
    if isinstance(folder, RemotePath):
        start = len(str(folder)) + 1
        paths = [path[start:] for path in folder.files()]
    else:
        if not folder.is_dir():
            found = "a file, not a folder" if folder.exists() else "no such folder"
            raise InputError(f"{option('photos', folder)}: {found}; expected one with photos")
        paths = [
            (Path(parent) / name).relative_to(folder).as_posix()
            for parent, _, names in os.walk(folder)
            for name in names
        ]
    paths = sorted(path for path in paths if not any(part.startswith(".") for part in path.split("/")))
    if not paths:
        raise InputError(f"{option('photos', folder)}: no files in it; put the photos into this folder")
    named = [path if keys == PATH else PurePosixPath(path).stem for path in paths]
    first: dict[str, str] = {}
    for key, path in zip(named, paths, strict=True):
        if key in first:
            raise InputError(
                f"{option('photos', folder)}: {first[key]} and {path} have one key, {key!r}; rename one of them, or "
                f"pass {option('keys', PATH)}"
            )
        first[key] = path
    return paths, named


def key_fault(key: str) -> str | None:
    """Returns why a key cannot be a line of a file; None if it can."""
    if one_line(key) != key:
        return "a control character in its name"
    try:
        key.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    return None
