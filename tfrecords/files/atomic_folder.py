"""Folders that are there whole or not at all: made under a temporary name, then renamed."""

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from tfrecords.errors import InputError
from tfrecords.files.atomic_file import write_text
from tfrecords.files.folder_lock import held
from tfrecords.files.output_check import check_place

_MADE_FOR = ".made_for.json"


@contextlib.contextmanager
def whole_folder(output: Path, mark: str, doing: str, made_for: dict | None = None) -> Iterator[Path]:
    """Yields a hidden folder beside `output`, which takes its place when the block ends well.

    Args:
        output: the folder to make. One that an earlier run made is replaced.
        mark: file that each such folder holds.
        doing: for the message to a second process that would make the same.
        made_for: as JSON, all that decides the content. What an interrupted run left in the hidden folder is there
            again for the same; None: the hidden folder starts empty, and an interrupted run leaves nothing.

    Raises:
        InputError: `output` holds other things or cannot be a folder, or another process is making it.
    """
    output = output.absolute()
    check_replaceable(output, mark)
    partial = output.with_name(f".{output.name}.partial")
    with held(partial, doing):
        note, text = partial / _MADE_FOR, json.dumps(made_for, indent=2, sort_keys=True) + "\n"
        if made_for is None or not note.is_file() or note.read_text(errors="replace") != text:
            for left_over in partial.iterdir():
                shutil.rmtree(left_over) if left_over.is_dir() and not left_over.is_symlink() else left_over.unlink()
        in_place = False
        try:
            if made_for is not None:
                write_text(note, text)
            yield partial
            note.unlink(missing_ok=True)
            put_in_place(partial, output)
            in_place = True
        except KeyboardInterrupt:
            if made_for is None:
                raise
            raise KeyboardInterrupt("What was done is kept: the same command goes on from there") from None
        finally:
            # Once it is in its place, the hidden name is free for another process.
            if made_for is None and not in_place:
                shutil.rmtree(partial, ignore_errors=True)


def check_replaceable(output: Path, mark: str) -> None:
    """Raises InputError where no folder can be, or one that holds things but not the file `mark`."""
    check_place(output, folder=True)
    if output.exists() and any(output.iterdir()) and not (output / mark).exists():
        raise InputError(f"{output}: holds other things (no {mark}); name a new folder as --output")


def put_in_place(made: Path, output: Path) -> None:
    """Renames the folder `made` to its sibling `output`; what is at `output` goes, or stays where that fails."""
    # A folder cannot be renamed onto a full one: the old one steps aside for the moment in between.
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
