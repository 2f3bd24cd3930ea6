"""Gives TensorFlow paths that it does not read as patterns.

TensorFlow finds checkpoints, and deletes old ones, by patterns: for a folder ``run[1]`` it looks for ``run1``, and
``run*`` also matches other folders. Such names cannot be quoted, so a link with a plain name replaces them.
"""

import contextlib
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

_SPECIAL = re.compile(r"[][*?\\]")
# A pattern never matches itself if it has a class of characters, or a backslash, which quotes the next character.
_LOST = re.compile(r"\\|\[.*\]")


@contextlib.contextmanager
def plain_path(folder: Path) -> Iterator[Path]:
    """Yields `folder`, or, if its path is a pattern, a link to it that is removed when the block ends."""
    if not _SPECIAL.search(str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory() as links:
        link = Path(links) / "folder"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link


class PlainFiles:
    """Files with a common prefix, under names that are no patterns, as long as this object lives.

    Args:
        prefix: the files' common prefix.
        endings: the rest of each file's name.

    Attributes:
        prefix: a prefix that is no pattern.
    """

    def __init__(self, prefix: Path, endings: list[str]) -> None:
        self.prefix = prefix
        if not _SPECIAL.search(str(prefix)):
            return
        links = Path(tempfile.mkdtemp())
        weakref.finalize(self, shutil.rmtree, links, ignore_errors=True)
        self.prefix = links / "checkpoint"
        for ending in endings:
            Path(f"{self.prefix}{ending}").symlink_to(Path(f"{prefix}{ending}").absolute())


def is_lost(path: Path) -> bool:
    """Returns whether TensorFlow cannot load from `path`, because the path as a pattern does not match itself."""
    return bool(_LOST.search(str(path)))
