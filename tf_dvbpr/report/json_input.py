"""Reads other tools' JSON files; reports anything wrong in one line."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tf_dvbpr.report.found_folder import found_in
from tfrecords.errors import InputError
from tfrecords.files.json_file import parse_json


def read_json(folder: Path, name: str, maker: str) -> dict:
    """Reads a JSON object from a file in a folder; `maker` is the tool that writes it.

    Raises InputError if the file is missing or is not a JSON object.
    """
    file = folder / name
    if not file.is_file():
        raise InputError(f"{folder}: no {name} here, {found_in(folder)}; {maker} writes it")
    try:
        content = parse_json(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{file}: damaged, not JSON ({error}); run {maker} again") from error
    if not isinstance(content, dict):
        raise InputError(f"{file}: a JSON object expected, not a {type(content).__name__}; run {maker} again")
    return content


@contextlib.contextmanager
def as_written_by(maker: str, file: Path) -> Iterator[None]:
    """Turns errors about the content of `file` in the block into an InputError."""
    try:
        yield
    except InputError:
        raise
    except KeyError as error:
        raise InputError(f"{file}: {error} is missing; run {maker} again") from error
    except (TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError, StopIteration) as error:
        raise InputError(f"{file}: not as {maker} writes it ({error}); run it again") from error


def file_beside(folder: Path, name: object, file: Path) -> Path:
    """Returns the path of the picture `name`, which `file` names, beside `file`. Raises InputError if it is missing."""
    if not isinstance(name, str) or Path(name).name != name or not name:
        raise InputError(f"{file}: {name!r} is not the name of a file in {folder}")
    path = folder / name
    if not path.is_file():
        raise InputError(f"{path}: this picture is missing; {file.name} speaks of it. Make both again")
    return path
