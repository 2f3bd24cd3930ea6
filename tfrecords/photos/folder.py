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
        if not is_file_name(key):
            return None
        return next((path for path in self._candidates(key) if path.is_file()), None)

    def path_of(self, key: str) -> Path | None:
        """Returns the path of an item's photo, or where it should be; None if the key cannot be a file name."""
        return self.find(key) or (self._candidates(key)[0] if is_file_name(key) else None)

    def _candidates(self, key: str) -> list[Path]:
        return [self.path / f"{key}{suffix}" for suffix in SUFFIXES]


def is_file_name(key: str) -> bool:
    """Returns whether a key can be a file name: no path, no control characters, not hidden, not too long."""
    return (
        key.isprintable()
        and not set(key) & _NEVER_IN_NAMES
        and key[:1] not in ("", ".")
        and len(key.encode()) <= _LONGEST
    )
