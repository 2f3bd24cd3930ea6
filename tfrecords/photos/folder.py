"""A folder of photos named by the key of their item."""

from pathlib import Path

from tfrecords.errors import InputError

SUFFIXES = (".jpg", ".jpeg", ".png")
_NEVER_IN_NAMES = set('/\\:*?"<>|')
_LONGEST = 200  # bytes, under every file system's limit with a suffix behind


class PhotoFolder:
    """KEY.jpg, KEY.jpeg or KEY.png for every item."""

    def __init__(self, folder: Path):
        """Takes the folder. Raises InputError where it is none."""
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder of images")
        self.path = folder

    def find(self, key: str) -> Path | None:
        """The photo of an item, None where there is none, or where the key can name no file of this folder."""
        if not is_file_name(key):
            return None
        return next((path for path in self._candidates(key) if path.is_file()), None)

    def path_of(self, key: str) -> Path | None:
        """The photo of an item, or where it should be; None where the key can name no file of this folder."""
        return self.find(key) or (self._candidates(key)[0] if is_file_name(key) else None)

    def _candidates(self, key: str) -> list[Path]:
        return [self.path / f"{key}{suffix}" for suffix in SUFFIXES]


def is_file_name(key: str) -> bool:
    """Whether a key can name a file: no path, no control characters, not hidden, not too long."""
    return (
        key.isprintable()
        and not set(key) & _NEVER_IN_NAMES
        and key[:1] not in ("", ".")
        and len(key.encode()) <= _LONGEST
    )
