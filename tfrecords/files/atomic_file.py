"""Files that are there whole or not at all: written under a temporary name, renamed when done."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a hidden temporary name beside `path`; the file written there is renamed when the block ends well.

    On any error it goes, and what was at `path` stays. The folder must be there.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name.lstrip('.')}.part")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | os.PathLike, text: str) -> None:
    """Writes a whole file of UTF-8."""
    with whole_file(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
