"""Reads the photos of a source and writes its item shards with Apache Beam."""

import bisect
import dataclasses
import itertools
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
import tensorflow as tf
from PIL import Image

from tfrecords import schema
from tfrecords.beam import places
from tfrecords.beam.options import pipeline_options
from tfrecords.beam.running import counter, run, told
from tfrecords.beam.sharded import Collected, Row, ShardForm, WriteShards
from tfrecords.files.parallel_map import ordered_map
from tfrecords.photos.bad_photo import BadPhoto
from tfrecords.photos.check import CheckedPhoto
from tfrecords.records.example import item_example
from tfrecords.records.writer import Shard
from tfrecords.sources.base import Draft, Source, read_draft

_CHUNK = 256  # drafts in a file of the plan
_PART = 256  # records in a part of a shard
_THREADS = 4  # in which a worker reads photos: some of them wait for the disk
_BAD = "bad"

Fields = tuple[str, int, bytes, int, int, list[float] | None]  # of an example, after the id


def write_items(
    folder: object, source: Source, shards: int, flags: Sequence[str], tell: Callable[[str], object]
) -> tuple[list[Shard], list[int]]:
    """Writes the item shards of a source, byte for byte as without Beam.

    The plan, which is every draft, goes to files in `folder`. Workers read it, check the photos, and send the usable
    ones on; the positions of the unusable ones are a side input of the next step, which numbers the items.

    Args:
        folder: the new data set's folder, at any path that Beam's FileSystems know.
        source: the source, which hears of the unusable photos.
        shards: number of shards.
        flags: the pipeline options, ``--name=value`` each.
        tell: called with a line that has the counters.

    Returns:
        The shards, and the number of items per category, the last one for items without.

    Raises:
        InputError: bad options, a failed pipeline, or an unusable photo that the source does not leave out.
    """
    options = pipeline_options(flags)
    work = places.join(folder, ".work")
    categories = _write_plan(work, source.drafts())
    chunks = -(-len(categories) // _CHUNK)
    names = tuple(schema.shard_name(schema.ITEM_STEM, shard, shards) for shard in range(shards))
    form = ShardForm(str(folder), work, names, _PART, _records)
    found, bad = places.join(work, "shards.json"), places.join(work, "bad.json")

    def build(pipeline: beam.Pipeline) -> None:
        photos = (
            pipeline
            | "Plan" >> beam.Create([chunks])
            | "Chunks" >> beam.FlatMap(_chunk_numbers)
            | "Spread" >> beam.Reshuffle()
            | "Read photos"
            >> beam.ParDo(_ReadPhotos(work, source.reader(), source.replacement)).with_outputs(_BAD, main="good")
        )
        photos[_BAD] | "Unusable photos" >> Collected(bad)
        left_out = (
            photos[_BAD]
            | "Positions" >> beam.Map(lambda one: one[0])
            | "All positions" >> beam.combiners.ToList()
            | "In order" >> beam.Map(sorted)
        )
        number = _Number(shards, replaced=source.replacement is not None, goes_on=source.skips)
        (
            photos["good"]
            | "Number" >> beam.ParDo(number, bad=beam.pvalue.AsSingleton(left_out))
            | "Shards" >> WriteShards(form)
            | "Written shards" >> Collected(found)
        )

    counts = run(options, build)
    refused = [(position, reason) for position, reason in places.read_json(bad)]
    for position, reason in refused:
        source.refuse(position, reason)
    kept = np.ones(len(categories), bool)
    if source.replacement is None:
        kept[[position for position, _ in refused]] = False
    tell(told(options, counts))
    written = [Shard(*shard) for shard in places.read_json(found)]
    places.remove(work)
    bins = len(source.category_names) + 1
    return written, np.bincount(categories[kept] % bins, minlength=bins).tolist()  # -1 is the last


def _write_plan(work: str, drafts: Iterator[Draft]) -> np.ndarray:
    """Writes all drafts in chunks; returns their categories, int32 [N]."""
    places.remove(work)  # what a killed run left
    categories: list[np.ndarray] = [np.zeros(0, np.int32)]
    for number in itertools.count():
        chunk = [
            dataclasses.replace(draft, photo=places.anywhere(draft.photo)) for draft in itertools.islice(drafts, _CHUNK)
        ]
        if not chunk:
            return np.concatenate(categories)
        places.write_work(_chunk_path(work, number), chunk)
        categories.append(np.array([draft.category for draft in chunk], np.int32))
    raise AssertionError  # count() has no end


def _chunk_numbers(chunks: int) -> Iterable[int]:
    return range(chunks)


def _chunk_path(work: str, number: int) -> str:
    return places.join(work, f"plan-{number:07d}")


class _ReadPhotos(beam.DoFn):
    """Number of a chunk -> (position, fields) of each usable item; tagged as bad: (position, reason)."""

    def __init__(
        self, work: str, read: Callable[[object], CheckedPhoto | BadPhoto], replacement: CheckedPhoto | None
    ) -> None:
        self._work, self._read, self._replacement = work, read, replacement

    def process(self, number: int) -> Iterator[Any]:  # Beam takes it for the type of both outputs.
        drafts: list[Draft] = places.read_work(_chunk_path(self._work, number))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # Such photos are refused by name.
            photos = list(ordered_map(lambda draft: read_draft(draft, self._read), drafts, _THREADS))
        counter("photos_checked").inc(len(drafts))
        for position, (draft, photo) in enumerate(zip(drafts, photos, strict=True), number * _CHUNK):
            if isinstance(photo, BadPhoto):
                counter("photos_unusable").inc()
                yield beam.pvalue.TaggedOutput(_BAD, (position, str(photo)))
                photo = self._replacement
                if photo is None:
                    continue
            features = None if draft.features is None else np.asarray(draft.features, np.float32).tolist()
            yield position, (draft.key, draft.category, photo.encoded, photo.height, photo.width, features)


class _Number(beam.DoFn):
    """Turns a position into the item's id, its position among the usable items, and that into shard and place."""

    def __init__(self, shards: int, replaced: bool, goes_on: bool):
        self._shards, self._replaced, self._goes_on = shards, replaced, goes_on

    def process(self, element: tuple[int, Fields], bad: Sequence[int]) -> Iterable[tuple[int, Row]]:
        position, fields = element
        if bad and not self._goes_on:
            return  # The build ends with an error anyway.
        item = position if self._replaced else position - bisect.bisect_left(bad, position)
        yield item % self._shards, (item // self._shards, item_example(item, *fields))


def _records(examples: list[bytes]) -> bytes:
    """Returns examples as TFRecords; TensorFlow computes the checksums."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for example in examples:
                writer.write(example)
        return path.read_bytes()
