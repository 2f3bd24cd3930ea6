"""Embeds photos with Apache Beam: RunInference over batches, the vectors in the same shards as on one machine."""

import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.ml.inference.base import ModelHandler, RunInference

from tf_dvbpr.embedding.blocks import Block, blocks, vectors
from tf_dvbpr.embedding.network import Network, PhotoForm, load_network
from tfrecords.beam import places
from tfrecords.beam.options import pipeline_options
from tfrecords.beam.running import counter, run, told
from tfrecords.beam.sharded import Collected, Row, ShardForm, WriteShards
from tfrecords.features.vector_shards import npy_head, vectors_name
from tfrecords.records.writer import Shard

_PART = 4096  # vectors in a part of a shard
_THREADS = 4  # in which a worker reads photos
_BAD = "bad"

Run = Callable[[np.ndarray], np.ndarray]


def embed_with_beam(
    folder: object,
    photos: Sequence[object],
    starts: Sequence[int],
    network: Network,
    flags: Sequence[str],
    tell: Callable[[str], object],
) -> tuple[list[Shard], list[tuple[int, str]]]:
    """Writes the shards of vectors.

    Args:
        folder: where, at any path that Beam's FileSystems know.
        photos: the paths, or `BadPhoto` for those that are not to be read.
        starts: the first photo of each shard, and the number of photos.
        network: the network; its file is in `folder` while the pipeline runs.
        flags: the pipeline options, ``--name=value`` each.
        tell: called with a line of counters.

    Returns:
        The shards, and the place and reason of each photo that cannot be used.

    Raises:
        InputError: bad options, or the pipeline failed.
    """
    options = pipeline_options(flags)
    work = places.join(folder, ".work")
    places.remove(work)  # what a killed run left
    form, shards = network.form, len(starts) - 1
    numbers = -(-len(photos) // form.batch_size)
    for number in range(numbers):
        block = photos[number * form.batch_size : (number + 1) * form.batch_size]
        places.write_work(_block_path(work, number), [places.anywhere(photo) for photo in block])
    model = places.join(work, "network.zip")
    with places.written(model) as file:
        file.write(network.saved)
    names = tuple(vectors_name(shard, shards) for shard in range(shards))
    written = ShardForm(str(folder), work, names, _PART, b"".join, _Head(network.dim))
    found, bad = places.join(work, "shards.json"), places.join(work, "bad.json")

    def build(pipeline: beam.Pipeline) -> None:
        read = (
            pipeline
            | "Plan" >> beam.Create([numbers])
            | "Numbers" >> beam.FlatMap(_numbers)
            | "Spread" >> beam.Reshuffle()
            | "Read photos" >> beam.ParDo(_ReadBlock(work, form)).with_outputs(_BAD, main="good")
        )
        read[_BAD] | "Unusable photos" >> Collected(bad)
        left_out = (
            read[_BAD]
            | "Positions" >> beam.Map(lambda one: one[0])
            | "All positions" >> beam.combiners.ToList()
            | "In order" >> beam.Map(sorted)
        )
        (
            read["good"]
            | "Network" >> RunInference(NetworkHandler(model))
            | "Rows" >> beam.ParDo(_Rows(form.batch_size, starts), bad=beam.pvalue.AsSingleton(left_out))
            | "Shards" >> WriteShards(written)
            | "Written shards" >> Collected(found)
        )

    counts = run(options, build)
    refused = [(place, reason) for place, reason in places.read_json(bad)]
    result = [Shard(*shard) for shard in places.read_json(found)]
    places.remove(work)
    tell(told(options, counts))
    return result, refused


class NetworkHandler(ModelHandler[Block, list[tuple[int, np.ndarray]], Run]):
    """Runs a saved network. RunInference loads it once in each worker process.

    Each element is a whole batch already: batches that Beam makes have varying sizes, and a batch's size changes the
    last bits of a vector.

    Args:
        path: the file of `Network.saved`, at any path that Beam's FileSystems know.
    """

    def __init__(self, path: str):
        super().__init__()
        self._path = path

    def load_model(self) -> Run:
        """Loads the network."""
        with places.open_to_read(self._path) as file:
            return load_network(file.read())

    def batch_elements_kwargs(self) -> dict[str, Any]:
        """Returns the sizes of the lists that `run_inference` gets: each has one block."""
        return {"min_batch_size": 1, "max_batch_size": 1}

    def run_inference(
        self, batch: Sequence[Block], model: Run, inference_args: dict[str, Any] | None = None
    ) -> Iterable[tuple[int, list[tuple[int, np.ndarray]]]]:
        """Returns (number of the block, its vectors) for each block."""
        return [(block.number, list(vectors(block, model))) for block in batch]


class _Head:
    """Maps a number of rows to the head of their .npy file; a worker can unpickle it."""

    def __init__(self, dim: int):
        self._dim = dim

    def __call__(self, rows: int) -> bytes:
        return npy_head(rows, self._dim)


class _ReadBlock(beam.DoFn):
    """Number of a block -> the block; tagged as bad: (position, reason)."""

    def __init__(self, work: str, form: PhotoForm):
        self._work, self._form = work, form

    def process(self, number: int) -> Iterator[Any]:  # Beam takes it for the type of both outputs.
        paths = places.read_work(_block_path(self._work, number))
        (block,) = blocks(paths, self._form, number, _THREADS)
        counter("photos_checked").inc(len(paths))
        for place, reason in enumerate(block.reasons):
            if reason is not None:
                counter("photos_unusable").inc()
                yield beam.pvalue.TaggedOutput(_BAD, (number * self._form.batch_size + place, reason))
        if len(block.good):
            yield block


class _Rows(beam.DoFn):
    """Vectors of a block -> (shard, (place in the shard, bytes))."""

    def __init__(self, batch_size: int, starts: Sequence[int]):
        self._size, self._starts = batch_size, list(starts)

    def process(
        self, element: tuple[int, list[tuple[int, np.ndarray]]], bad: Sequence[int]
    ) -> Iterator[tuple[int, Row]]:
        number, found = element
        for place, vector in found:
            position = number * self._size + place
            shard = bisect.bisect_right(self._starts, position) - 1
            start = self._starts[shard]
            before = bisect.bisect_left(bad, position) - bisect.bisect_left(bad, start)
            yield shard, (position - start - before, vector.astype("<f4").tobytes())


def _numbers(count: int) -> Iterable[int]:
    return range(count)


def _block_path(work: str, number: int) -> str:
    return places.join(work, f"plan-{number:07d}")
