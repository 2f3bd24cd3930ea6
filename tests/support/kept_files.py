"""A file system of Apache Beam for tests: ``kept:///folder/file`` is a file of this machine, as in an object store.

There are no folders of its own: a file's name is all there is, and a folder exists while a file is in it.
"""

import posixpath
from pathlib import Path

from apache_beam.io.filesystem import FileMetadata
from apache_beam.io.localfilesystem import LocalFileSystem

SCHEME = "kept"


class KeptFiles(LocalFileSystem):
    @classmethod
    def scheme(cls):
        return SCHEME

    def has_dirs(self):
        return False

    def join(self, basepath, *paths):
        return posixpath.join(basepath, *paths)

    def split(self, path):
        return posixpath.split(path)

    def _list(self, dir_or_prefix):
        start = str(local(dir_or_prefix)) + "/" * dir_or_prefix.endswith("/")
        for path in Path(posixpath.dirname(start)).rglob("*"):
            if str(path).startswith(start) and path.is_file():
                yield FileMetadata(f"{SCHEME}://{path}", path.stat().st_size, 0.0)

    def _path_open(self, path, mode, *options):
        return super()._path_open(str(local(path)), mode, *options)

    def create(self, path, *options, **more):
        local(path).parent.mkdir(parents=True, exist_ok=True)
        return local(path).open("wb")

    def exists(self, path):
        return local(path).is_file()

    def delete(self, paths):
        for path in paths:
            local(path).unlink()

    def rename(self, source_file_names, destination_file_names):
        for source, target in zip(source_file_names, destination_file_names, strict=True):
            local(target).parent.mkdir(parents=True, exist_ok=True)
            local(source).rename(local(target))


def local(path):
    return Path(path.removeprefix(f"{SCHEME}://"))
