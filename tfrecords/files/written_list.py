"""Keeps a list of its own files in a folder of results; a later run deletes a folder only if all files are listed."""

import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from tfrecords.files.json_file import write_json

LIST = ".written.json"
_HASHED = 1 << 20  # bytes; larger files are compared by size only
# File managers write these into folders that they show.
_OF_THE_SYSTEM = {".DS_Store", "Thumbs.db", "desktop.ini"}


def write_list(
    folder: Path, what: str, elsewhere: Mapping[str, tuple[int, str]] | None = None, names: Iterable[str] | None = None
) -> None:
    """Writes a list of a folder's files, and what the folder is.

    Args:
        folder: the folder.
        what: what it is.
        elsewhere: bytes and SHA-256 of further files that the folder will have, by name.
        names: the files to list; None: all, also in subfolders.
    """
    states = {name: _state(folder / name) for name in (files_in(folder) if names is None else names)}
    states |= {name: _written_state(*state) for name, state in (elsewhere or {}).items()}
    write_json(folder / LIST, {"what": what, "files": dict(sorted(states.items()))})


def read_list(folder: Path) -> tuple[str, dict[str, dict]] | None:
    """Returns what `write_list` wrote, (what, state by file); None if there is no complete list."""
    try:
        content = json.loads((folder / LIST).read_text(encoding="utf-8"))
        what, files = content["what"], content["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return (what, files) if isinstance(what, str) and isinstance(files, dict) else None


def foreign(
    folder: Path, before: Collection[str], later: Collection[str] = (), among: Collection[str] | None = None
) -> str | None:
    """Returns in words what is wrong with the first file in `folder` that no run wrote; None if there is none.

    Args:
        folder: the folder of results.
        before: files that count as written if there is no list; earlier versions wrote none.
        later: files that other tools of this project may have added since.
        among: check only these files; None: all.
    """
    listed = read_list(folder)
    files = listed[1] if listed else dict.fromkeys(before)
    for name in files_in(folder):
        if name in later or name == LIST or (among is not None and name not in among):
            continue
        if name not in files:
            return f"holds {name}, which no earlier run wrote"
        if listed and (not isinstance(files[name], dict) or not _is_in_state(folder / name, files[name])):
            return f"holds {name}, which was changed after it was written"
    return None


def damage(folder: Path) -> str | None:
    """What is wrong with the first listed file that is not there as it was written, in words.

    None where all are, or there is no list.
    """
    listed = read_list(folder)
    for name, state in sorted(listed[1].items()) if listed else ():
        if not (folder / name).is_file():
            return f"it has no {name}"
        if not isinstance(state, dict) or not _is_in_state(folder / name, state):
            return f"{name} is not as it was written"
    return None


def files_in(folder: Path) -> Iterator[str]:
    """Returns the files and links of a folder and its subfolders as sorted relative paths with slashes."""
    found = []
    for parent, folders, files in os.walk(folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        found += [
            (Path(parent) / name).relative_to(folder).as_posix() for name in files + links if name not in _OF_THE_SYSTEM
        ]
    return iter(sorted(found))


def _state(file: Path) -> dict[str, object]:
    size = file.stat().st_size
    return _written_state(size, "" if size > _HASHED else hashlib.sha256(file.read_bytes()).hexdigest())


def _written_state(size: int, sha256: str) -> dict[str, object]:
    return {"bytes": size} if size > _HASHED else {"bytes": size, "sha256": sha256}


def _is_in_state(file: Path, state: dict) -> bool:
    # Of a large file only the size is compared.
    return not file.is_symlink() and _state(file) == state
