"""Finds photos in a folder by the key of their item."""

from pathlib import Path

from tfrecords.errors import InputError

SUFFIXES = (".jpg", ".jpeg", ".png")
_NEVER_IN_NAMES = set('/\\:*?"<>|')
_LONGEST = 200  # bytes; with a suffix still below every file system's limit


class PhotoFolder:
    """A folder with KEY.jpg, KEY.jpeg or KEY.png for each item."""

    def __init__(self, folder: Path):
        """Takes the folder. Raises InputError if it does not exist."""
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder of images")
        self.path = folder

    def find(self, key: str) -> Path | None:
        """Returns the photo of an item; None if there is none, or if the key cannot be a file name."""
        return next((path for path in self.candidates(key) if path.is_file()), None)

    def candidates(self, key: str) -> tuple[Path, ...]:
        """Returns where an item's photo may be; () if the key cannot be a file name."""
        return tuple(self.path / f"{key}{suffix}" for suffix in SUFFIXES) if is_file_name(key) else ()


def is_file_name(key: str) -> bool:
    """Returns whether a key can be a file name: no path, no control characters, not hidden, not too long."""
    return (
        key.isprintable()
        and not set(key) & _NEVER_IN_NAMES
        and key[:1] not in ("", ".")
        and len(key.encode()) <= _LONGEST
    )
