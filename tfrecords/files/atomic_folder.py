"""Writes folders atomically: under a temporary name, renamed when complete."""

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.files.atomic_file import write_text
from tfrecords.files.folder_lock import locked
from tfrecords.files.output_check import check_writable
from tfrecords.files.written_list import foreign, read_list, write_list

_MADE_FOR = ".made_for.json"


def named_in(mark: str) -> Callable[[Path], Collection[str]]:
    """Returns a function that lists a folder's JSON file `mark` and every text in it, thus every file that it names."""

    def names(folder: Path) -> set[str]:
        try:
            return {mark, *_texts(json.loads((folder / mark).read_text(encoding="utf-8")))}
        except (OSError, ValueError, RecursionError):
            return {mark}

    return names


def none_later(folder: Path) -> Collection[str]:
    """Returns no names, for kinds of folders to which no other tool adds files."""
    return ()


@dataclasses.dataclass(frozen=True)
class FolderKind:
    """A kind of folder that a tool writes, and may replace if an earlier run wrote every file in it.

    Attributes:
        name: as in "a SavedModel".
        mark: the file that identifies the kind; each such folder holds it.
        doing: what the process does, for the message to a second process with the same output.
        before: maps a folder of an earlier version, which has no list of its files, to the names of the files that a
            run must have written.
        later: maps a folder to the names of the files that other tools may have added.
    """

    name: str
    mark: str
    doing: str
    before: Callable[[Path], Collection[str]]
    later: Callable[[Path], Collection[str]] = none_later


@contextlib.contextmanager
def whole_folder(
    output: Path, kind: FolderKind, made_for: dict | None = None, overwrite: bool = True
) -> Iterator[Path]:
    """Yields a hidden folder beside `output`; if the block succeeds, it gets a list of its files and replaces `output`.

    Args:
        output: the folder to write.
        kind: its kind.
        made_for: everything that determines the content, as JSON. If an interrupted run had the same value, the
            hidden folder still holds its files. None: the hidden folder starts empty; an interrupted run leaves
            nothing.
        overwrite: replace an existing folder that an earlier run wrote.

    Raises:
        InputError: as for `check_output`, or another process is writing it.
    """
    with _temporary_folder(output, kind.doing, lambda: check_output(output, kind, overwrite), made_for) as partial:
        yield partial
        (partial / _MADE_FOR).unlink(missing_ok=True)
        write_list(partial, kind.name)


@contextlib.contextmanager
def first_folder(output: Path, doing: str, check: Callable[[], None]) -> Iterator[Path]:
    """Works as `whole_folder` without replacing and without a list; `check` raises InputError if `output` exists."""
    with _temporary_folder(output, doing, check, None) as partial:
        yield partial


def check_output(output: Path, kind: FolderKind, overwrite: bool = True) -> None:
    """Raises InputError if `output` cannot become a folder of this kind.

    That is: no folder can be there; it holds a file that no run wrote or that was changed since; it is of another kind;
    or it exists and `overwrite` is false.
    """
    check_writable(output, folder=True)
    if output.is_symlink():
        raise InputError(f"{output}: not a folder but a link; name a new folder as {option('output')}")
    if not output.is_dir() or not any(output.iterdir()):
        return
    if not (output / kind.mark).is_file():
        raise InputError(f"{output}: holds other things (no {kind.mark}); name a new folder as {option('output')}")
    listed = read_list(output)
    if listed and listed[0] != kind.name:
        raise InputError(f"{output}: holds {listed[0]}, not {kind.name}; name a new folder as {option('output')}")
    wrong = foreign(output, kind.before(output), kind.later(output))
    if wrong:
        raise InputError(f"{output}: {wrong}; move it away, or name a new folder as {option('output')}")
    if not overwrite:
        raise InputError(
            f"{output}: {kind.name} is here already; pass {option('overwrite')} to replace it or name another folder"
        )


@contextlib.contextmanager
def _temporary_folder(output: Path, doing: str, check: Callable[[], None], made_for: dict | None) -> Iterator[Path]:
    check()
    output = output.absolute()
    partial = output.with_name(f".{output.name}.partial")
    with locked(partial, doing):
        note, text = partial / _MADE_FOR, json.dumps(made_for, indent=2, sort_keys=True) + "\n"
        if made_for is None or not note.is_file() or note.read_text(errors="replace") != text:
            for left_over in partial.iterdir():
                shutil.rmtree(left_over) if left_over.is_dir() and not left_over.is_symlink() else left_over.unlink()
        in_place = False
        try:
            if made_for is not None:
                write_text(note, text)
            yield partial
            check()  # Another process may have written there meanwhile.
            put_in_place(partial, output)
            in_place = True
        except KeyboardInterrupt:
            if made_for is None:
                raise
            raise KeyboardInterrupt("The finished part is kept: the same command resumes") from None
        finally:
            # Once the folder is renamed, another process may use the hidden name.
            if made_for is None and not in_place:
                shutil.rmtree(partial, ignore_errors=True)


def put_in_place(made: Path, output: Path) -> None:
    """Renames the folder `made` to its sibling `output`, and removes the old `output`, which stays if that fails."""
    # A folder cannot be renamed onto a folder that is not empty, so the old one is renamed first.
    old = output.with_name(f".{output.name}.old")
    if output.exists():
        shutil.rmtree(old, ignore_errors=True)
        output.rename(old)
    try:
        made.rename(output)
    except OSError:
        if old.exists():
            old.rename(output)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _texts(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for part in content.values() if isinstance(content, dict) else content:
            yield from _texts(part)
