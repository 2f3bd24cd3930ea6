"""Writes files atomically: under a temporary name, renamed when complete."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a hidden temporary path beside `path`; if the block succeeds, the file written there is renamed to `path`.

    On any error the temporary file is removed and an existing `path` stays. The folder must exist.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name.lstrip('.')}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes a UTF-8 file atomically."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
