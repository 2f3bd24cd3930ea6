"""Reads the examples of all shards of a data set in their order, without TensorFlow."""

import contextlib
import itertools
import mmap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from tfrecords.errors import InputError
from tfrecords.files.sha256 import file_sha256
from tfrecords.metadata import REBUILD, shards_of
from tfrecords.records.example import Example, FieldError
from tfrecords.records.framing import data_at, find_damage, record_offsets

_Row = TypeVar("_Row")


def read_examples(folder: Path, meta: dict, stem: str, parse: Callable[[Example], _Row]) -> Iterator[_Row]:
    """Yields what `parse` makes of each example of the shards with this stem, in the order in which they were written.

    Each shard is first compared with its SHA-256 in dataset.json. Only if it differs is the checksum of each record
    compared, which takes longer: whole records that another program wrote are read too.

    Raises:
        InputError: a record is cut short or altered, or `parse` raises `FieldError`; names the shard and the offset.
    """
    shards = shards_of(meta, stem)
    paths = [folder / shard["file"] for shard in shards]
    for path, shard in zip(paths, shards, strict=True):
        if file_sha256(path) != shard["sha256"]:
            damage = find_damage(path)
            if damage is not None:
                raise InputError(f"{path}: damaged at byte {damage}; {REBUILD}")
    with contextlib.ExitStack() as opened:
        records = [_records(path, opened) for path in paths]
        # The writer distributes examples round-robin over the shards.
        for row in itertools.zip_longest(*records):
            for path, record in zip(paths, row, strict=True):
                if record is None:
                    continue
                offset, data = record
                try:
                    yield parse(Example(data))
                except FieldError as error:
                    raise InputError(
                        f"{path}: the record at byte {offset} lacks a field, or its photo cannot be decoded; {REBUILD}"
                    ) from error


def _records(path: Path, opened: contextlib.ExitStack) -> Iterator[tuple[int, bytes]]:
    """Yields the offset and the data of each record."""
    offsets, _ = record_offsets(path)
    if offsets:  # an empty file cannot be mapped
        file = opened.enter_context(path.open("rb"))
        view = opened.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
        for offset in offsets:
            yield offset, data_at(view, offset)
