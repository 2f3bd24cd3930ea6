"""Paths with a scheme, such as ``gs://bucket/photos``, which Apache Beam's FileSystems read and write."""

import re
from pathlib import Path
from typing import Any

from tfrecords.errors import InputError

_SCHEME = re.compile(r"[A-Za-z][-+.A-Za-z0-9]*://")


class RemotePath:
    """A path with a scheme; what is asked of photos' paths works as with `pathlib.Path`.

    Only a build with Apache Beam reaches such a path: Beam is imported when a file is asked for.
    """

    def __init__(self, text: str):
        self._text = text if text.endswith("://") else text.rstrip("/")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"RemotePath({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemotePath) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __truediv__(self, name: object) -> "Path | RemotePath":
        return as_path(str(name)) if is_remote(name) else RemotePath(f"{self._text}/{str(name).lstrip('/')}")

    @property
    def name(self) -> str:
        """Returns the last part."""
        return self._text.rsplit("/", 1)[-1]

    def with_name(self, name: str) -> "RemotePath":
        """Returns the path beside this one that has another last part."""
        return RemotePath(f"{self._text.rsplit('/', 1)[0]}/{name}")

    def absolute(self) -> "RemotePath":
        """Returns the path itself."""
        return self

    def is_file(self) -> bool:
        """Returns whether there is such a file."""
        return _file_systems().exists(self._text)

    def is_dir(self) -> bool:
        """Returns whether there is a file below the path. Raises InputError if Beam does not know its scheme."""
        return bool(self.files(1))

    def files(self, most: int | None = None) -> list[str]:
        """Returns the paths of at most so many files below the path. InputError if Beam does not know its scheme."""
        systems = _file_systems()
        try:
            systems.get_filesystem(self._text)
        except ValueError as error:
            raise InputError(
                f"{self}: Apache Beam knows no file system of this scheme; gs:// needs pip install "
                "'apache-beam[gcp]', s3:// 'apache-beam[aws]', abfs:// 'apache-beam[azure]'"
            ) from error
        (found,) = systems.match([f"{self._text}/**"], [most])
        return [one.path for one in found.metadata_list]

    def read_bytes(self) -> bytes:
        """Returns the content. Raises FileNotFoundError if there is no such file, OSError if it cannot be read."""
        systems = _file_systems()
        try:
            with systems.open(self._text, compression_type="uncompressed") as file:
                return file.read()
        # Each file system has errors of its own.
        except Exception as error:
            if not systems.exists(self._text):
                raise FileNotFoundError(self._text) from error
            raise OSError(" ".join(str(error).split())) from error


def is_remote(path: object) -> bool:
    """Returns whether a path has a scheme."""
    return isinstance(path, RemotePath) or _SCHEME.match(str(path)) is not None


def as_path(path: Any) -> Any:
    """Returns a text as a path: a `RemotePath` if it has a scheme, else a `pathlib.Path`."""
    return RemotePath(str(path)) if is_remote(path) else Path(path)


def _file_systems() -> Any:
    from apache_beam.io.filesystems import FileSystems

    return FileSystems
