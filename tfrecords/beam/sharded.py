"""Writes numbered rows into sharded files, the same bytes on any runner.

Beam promises no order, and its own file sinks number shards as they come. Here a row's number decides its shard and its
place there. Rows are grouped into parts of a shard, and sorted within; a part is small enough for a worker's memory.
The parts of a shard are then joined in their order.
"""

import dataclasses
import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator

import apache_beam as beam

from tfrecords.beam import places
from tfrecords.beam.running import counter

Row = tuple[int, bytes]  # its place in the shard, and its bytes


@dataclasses.dataclass(frozen=True)
class ShardForm:
    """The form of a group of shards.

    Attributes:
        folder: where they are written.
        work: the folder for parts.
        names: the shards' names.
        part: rows of a part.
        encode: maps the rows of a part to its bytes.
        head: maps the number of a shard's rows to the bytes before the first part.
    """

    folder: str
    work: str
    names: tuple[str, ...]
    part: int
    encode: Callable[[list[bytes]], bytes]
    head: Callable[[int], bytes] = lambda rows: b""


@beam.typehints.with_input_types(tuple[int, Row])
class WriteShards(beam.PTransform):
    """Writes rows (shard, (place, bytes)); the places of a shard are 0, 1, 2...

    The result has the fields of a `tfrecords.records.writer.Shard` for each shard.
    """

    def __init__(self, form: ShardForm):
        super().__init__()
        self._form = form

    def expand(self, rows: beam.PCollection) -> beam.PCollection:  # noqa: D102
        form = self._form
        parts = (
            rows
            | "Key by part" >> beam.Map(_keyed, form.part)
            | "Group a part" >> beam.GroupByKey()
            | "Write a part" >> beam.ParDo(_WritePart(form))
        )
        # A shard without rows is a file too.
        every = rows.pipeline | "Shards" >> beam.Create([(shard, ("", 0, 0)) for shard in range(len(form.names))])
        return (
            (parts, every)
            | "With shards of no rows" >> beam.Flatten()
            | "Group a shard" >> beam.GroupByKey()
            | "Join a shard" >> beam.ParDo(_JoinShard(form))
        )


def _keyed(row: tuple[int, Row], size: int) -> tuple[tuple[int, int], Row]:
    shard, (place, data) = row
    return (shard, place // size), (place, data)


class _WritePart(beam.DoFn):
    def __init__(self, form: ShardForm):
        self._form = form

    def process(self, element: tuple[tuple[int, int], Iterable[Row]]) -> Iterator[tuple[int, tuple[str, int, int]]]:
        (shard, part), rows = element
        rows = sorted(rows)
        # A runner may do the work twice; each time has a file of its own, and only one goes on.
        path = places.join(self._form.work, f"part-{shard:05d}-{part:07d}-{uuid.uuid4().hex}")
        with places.written(path) as file:
            file.write(self._form.encode([data for _, data in rows]))
        counter("parts_written").inc()
        yield shard, (path, part, len(rows))


class _JoinShard(beam.DoFn):
    def __init__(self, form: ShardForm):
        self._form = form

    def process(self, element: tuple[int, Iterable[tuple[str, int, int]]]) -> Iterator[tuple[str, int, int, str]]:
        shard, parts = element
        parts = sorted((part for part in parts if part[0]), key=lambda part: part[1])
        rows = sum(count for _, _, count in parts)
        name, digest, size = self._form.names[shard], hashlib.sha256(), 0
        with places.written(places.join(self._form.folder, name)) as file:
            for block in self._blocks(rows, [path for path, _, _ in parts]):
                file.write(block)
                digest.update(block)
                size += len(block)
        counter("rows_written").inc(rows)
        counter("shards_written").inc()
        yield name, rows, size, digest.hexdigest()  # the fields of `tfrecords.records.writer.Shard`

    def _blocks(self, rows: int, paths: list[str]) -> Iterator[bytes]:
        yield self._form.head(rows)
        for path in paths:
            with places.open_to_read(path) as file:
                while block := file.read(places.BLOCK):
                    yield block


class Collected(beam.PTransform):
    """Writes everything of a small PCollection, sorted, into one JSON file that the starting process reads."""

    def __init__(self, path: str):
        super().__init__()
        self._path = path

    def expand(self, values: beam.PCollection) -> beam.PCollection:  # noqa: D102
        return values | beam.combiners.ToList() | beam.Map(_write_sorted, self._path)


def _write_sorted(values: list, path: str) -> None:
    places.write_json(path, sorted(values))
