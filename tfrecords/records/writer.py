"""Writes a dataset folder: shards under a temporary name, dataset.json last, one rename at the end."""

import concurrent.futures
import contextlib
import dataclasses
import json
import os
from pathlib import Path

import tensorflow as tf

from tfrecords import schema
from tfrecords.files.sha256 import file_sha256
from tfrecords.metadata import CHECKSUM, checksum


@dataclasses.dataclass(frozen=True)
class Shard:
    """A finished shard, as listed in dataset.json."""

    file: str
    examples: int
    bytes: int
    sha256: str


class ShardWriter:
    """Distributes serialised examples round-robin over `shards` files; reading them in turn restores the order.

    Use it as a context manager; `finish` closes the files and returns the list of shards.
    """

    def __init__(self, folder: Path, stem: str, shards: int):
        self._paths = [folder / schema.shard_name(stem, shard, shards) for shard in range(shards)]
        self._writers = [tf.io.TFRecordWriter(str(path)) for path in self._paths]
        self._written = 0

    def write(self, serialised: bytes) -> None:
        """Appends one example."""
        self._writers[self._written % len(self._writers)].write(serialised)
        self._written += 1

    def finish(self) -> list[Shard]:
        """Closes the files and reads them back for their checksums."""
        for writer in self._writers:
            writer.close()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            digests = list(pool.map(file_sha256, self._paths))
        shards = len(self._paths)
        return [
            Shard(path.name, (self._written - index + shards - 1) // shards, path.stat().st_size, digest)
            for index, (path, digest) in enumerate(zip(self._paths, digests, strict=True))
        ]

    def __enter__(self) -> "ShardWriter":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        for writer in self._writers:
            if kind is None:
                writer.close()
            else:
                # Report the first error; on a full disk this would fail again.
                with contextlib.suppress(tf.errors.OpError):
                    writer.close()


def write_metadata(folder: Path, metadata: dict) -> None:
    """Writes dataset.json with its checksum, as the last file: without it the folder is not a data set."""
    text = json.dumps({**metadata, CHECKSUM: checksum(metadata)}, indent=2, ensure_ascii=False)
    (folder / schema.METADATA_FILE).write_text(text + "\n", encoding="utf-8")
