"""Paths that TensorFlow would take as patterns, under a name that it takes as it stands.

It reads checkpoints, and deletes old ones, by patterns: a folder called ``run[1]`` would be looked for as ``run1``, and
``run*`` would stand for its neighbours too. Nothing quotes such a name, so a link with a plain one stands in for it.
"""

import contextlib
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path

_SPECIAL = re.compile(r"[][*?\\]")
# What a pattern never matches itself: a class of characters, and a backslash, which quotes what follows.
_LOST = re.compile(r"\\|\[.*\]")


@contextlib.contextmanager
def plain_path(folder: Path) -> Iterator[Path]:
    """Yields `folder`, or, where its path would be a pattern, a link to it that goes when the block ends."""
    if not _SPECIAL.search(str(folder)):
        yield folder
        return
    with tempfile.TemporaryDirectory() as links:
        link = Path(links) / "folder"
        link.symlink_to(folder.absolute(), target_is_directory=True)
        yield link


class PlainFiles:
    """Files with a common beginning of their paths, under names that are no patterns, as long as this lives.

    Args:
        prefix: the common beginning.
        endings: of the files' names after it.

    Attributes:
        prefix: the common beginning that TensorFlow takes as it stands.
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
    """Whether TensorFlow cannot load what lies at `path`, since as a pattern the path does not match itself."""
    return bool(_LOST.search(str(path)))
