"""Finds the versions of a model: the folders that hold a complete SavedModel."""

import dataclasses
import re
from pathlib import Path

from tf_dvbpr.plain_path import is_lost
from tfrecords.errors import InputError, option
from tfrecords.files.written_list import damage, read_list

_SHARD = re.compile(r"variables\.data-(\d{5})-of-(\d{5})")


@dataclasses.dataclass(frozen=True)
class Version:
    """A folder whose name is a number.

    Attributes:
        number: the version's number.
        folder: the folder.
        fault: why it is no complete SavedModel; None if, judging by names and sizes, it is one.
        listed: whether the folder has a list of its files, which our exports write; the list was checked.
        state: names, sizes and times of its files; it changes when a file changes.
    """

    number: int
    folder: Path
    fault: str | None
    listed: bool
    state: tuple


def find_versions(folder: Path) -> list[Version]:
    """Returns every version in a folder, the highest first; none if the folder cannot be read."""
    try:
        numbered = [path for path in folder.iterdir() if re.fullmatch(r"[0-9]{1,18}", path.name) and path.is_dir()]
    except OSError:  # The folder was renamed or removed meanwhile.
        return []
    found = [version for path in numbered if (version := _version(path)) is not None]
    return sorted(found, key=lambda version: -version.number)


def check_model_folder(folder: Path) -> None:
    """Raises InputError if no version can ever be served from `folder`."""
    where = option("model", folder)
    if not folder.is_dir():
        raise InputError(f"{where}: no such folder; tools.export_saved_model --output={folder}/1 makes it")
    if is_lost(folder.absolute()):
        raise InputError(
            f"{where}: TensorFlow takes [ ] and \\ in a path for a pattern and cannot load from there; rename "
            "the folder"
        )
    if (folder / "saved_model.pb").is_file():
        raise InputError(
            f"{where}: a SavedModel itself; expected the folder that holds it under a number: move it to "
            f"{folder}/1, or name its parent where this one is a version"
        )
    if not find_versions(folder):
        raise InputError(
            f"{where}: no version in it; expected a SavedModel in a folder with a number for a name, as "
            f"tools.export_saved_model --output={folder}/1 makes"
        )


def _version(folder: Path) -> Version | None:
    """Returns the version in a folder; None if the folder was removed meanwhile."""
    listed = read_list(folder) is not None
    try:
        fault, state = _fault(folder, listed), _state(folder)
    except OSError as error:
        fault, state = f"it cannot be read: {error.strerror or error}", ()
    return Version(int(folder.name), folder, fault, listed, state) if folder.is_dir() else None


def _fault(folder: Path, listed: bool) -> str | None:
    # A copy in progress may have the list without the other files, or the reverse, so the files are checked too.
    for name in ("saved_model.pb", "variables/variables.index"):
        if not (folder / name).is_file() or (folder / name).stat().st_size == 0:
            return f"it has no {name}"
    shards = [match for path in (folder / "variables").iterdir() if (match := _SHARD.fullmatch(path.name))]
    if not shards or {int(one[1]) for one in shards} != set(range(int(shards[0][2]))):
        return "files variables/variables.data-* are missing"
    return damage(folder) if listed else None


def _state(folder: Path) -> tuple:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    stats = [(path.relative_to(folder).as_posix(), path.stat()) for path in files]
    return tuple((name, stat.st_size, stat.st_mtime_ns, stat.st_ino) for name, stat in stats)
