"""Embeds a folder of photos into sharded vectors, on this machine or with Apache Beam."""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tf_dvbpr.compat import check_versions
from tf_dvbpr.embedding.blocks import blocks, vectors
from tf_dvbpr.embedding.config import EmbedConfig
from tf_dvbpr.embedding.network import Network, load_network, open_network
from tf_dvbpr.embedding.photo_list import key_fault, list_photos
from tfrecords.beam.new_folder import NewFolder, check_place, new_folder
from tfrecords.errors import InputError, option
from tfrecords.features.vector_shards import EMBEDDED, FORMAT_VERSION, RECORD, keys_name, npy_head, vectors_name
from tfrecords.files.json_file import write_json
from tfrecords.files.sha256 import file_sha256
from tfrecords.photos.bad_photo import BadPhoto
from tfrecords.progress_bar import progress_bar
from tfrecords.records.writer import Shard

_ROWS = 65_536  # of a shard, unless the number of shards is given


@dataclasses.dataclass(frozen=True)
class Embedded:
    """The result of `embed_folder`: embedded.json, and the output as the config names it."""

    output: object
    record: dict


def embed_folder(
    config: EmbedConfig, progress: bool = True, tell: Callable[[str], object] = lambda note: None
) -> Embedded:
    """Embeds the photos; every batch has the same size, so that the vectors do not depend on how the work is divided.

    Args:
        config: what to embed, and how.
        progress: whether to show a progress bar.
        tell: called with a line of Beam's counters.

    Raises:
        InputError: no photos, none that can be read, no run or network, a vector that is not finite, or `output` is
            taken.
    """
    check_versions()
    check_place(config.output, EMBEDDED, config.overwrite, config.beam, config.pipeline)
    paths, keys = list_photos(config.photos, config.keys)
    photos = [_place(config, path, key) for path, key in zip(paths, keys, strict=True)]
    count = -(-len(paths) // _ROWS) if config.shards is None else config.shards
    if count > len(paths):
        raise InputError(f"{option('shards', count)}: at most {len(paths)}, the number of files, expected")
    starts = [shard * len(paths) // count for shard in range(count + 1)]
    network = open_network(config)
    with new_folder(config.output, EMBEDDED, config.overwrite) as new:
        if config.beam:
            from tf_dvbpr.embedding.beam_embed import embed_with_beam

            shards, bad = embed_with_beam(new.large, photos, starts, network, config.pipeline, tell)
        else:
            shards, bad = _embed_here(new, photos, starts, network, progress)
        if len(bad) == len(paths):
            raise InputError(
                f"{option('photos', config.photos)}: none of its {len(paths)} files is a photo that can be read (the "
                f"first, {paths[0]}: {bad[0][1]})"
            )
        new.states = {shard.file: (shard.bytes, shard.sha256) for shard in shards}
        left_out = dict(bad)
        for shard in range(count):
            kept = [keys[place] for place in range(starts[shard], starts[shard + 1]) if place not in left_out]
            text = "".join(f"{key}\n" for key in kept)
            (new.local / keys_name(shard, count)).write_text(text, encoding="utf-8", newline="\n")
        record = {
            "format_version": FORMAT_VERSION,
            "photos": str(config.photos),
            "rows": len(paths) - len(bad),
            "dim": network.dim,
            "keys": config.keys,
            "made_by": network.made_by,
            "shards": [_described(shard, place, count) for place, shard in enumerate(shards)],
            "bad_photos": [{"photo": paths[place], "reason": reason} for place, reason in bad],
        }
        write_json(new.local / RECORD, record)
    return Embedded(config.output, record)


def _place(config: EmbedConfig, path: str, key: str) -> object:
    fault = key_fault(key)
    return config.photos / path if fault is None else BadPhoto(fault)


def _described(shard: Shard, place: int, count: int) -> dict:
    keys = {"vectors": shard.file, "keys": keys_name(place, count)}
    return {**keys, "rows": shard.examples, "bytes": shard.bytes, "sha256": shard.sha256}


def _embed_here(
    new: NewFolder, photos: Sequence[object], starts: Sequence[int], network: Network, progress: bool
) -> tuple[list[Shard], list[tuple[int, str]]]:
    """Returns the shards, and the place and reason of each photo that cannot be used."""
    run, size = load_network(network.saved), network.form.batch_size
    writer = _ShardWriter(new, starts, network.dim)
    bad: list[tuple[int, str]] = []
    with progress_bar(total=len(photos), desc="photos", unit="photo", disable=not progress) as bar:
        for block in blocks(photos, network.form):
            found = dict(vectors(block, run))
            for place, reason in enumerate(block.reasons):
                position = block.number * size + place
                if reason is None:
                    writer.write(position, found[place])
                else:
                    bad.append((position, reason))
            bar.update(len(block.reasons))
    return writer.finish(), bad


class _ShardWriter:
    """Writes vectors, which come in the order of their photos, into the shards that begin at `starts`."""

    def __init__(self, new: NewFolder, starts: Sequence[int], dim: int):
        self._folder, self._starts, self._dim = new.local, starts, dim
        self._shards: list[Shard] = []
        self._open()

    def write(self, position: int, vector: np.ndarray) -> None:
        """Appends the vector of a photo."""
        while position >= self._starts[len(self._shards) + 1]:
            self._next()
        self._file.write(vector.astype("<f4").tobytes())
        self._rows += 1

    def finish(self) -> list[Shard]:
        """Closes the last shard, and returns all."""
        while len(self._shards) < len(self._starts) - 1:
            self._next()
        return self._shards

    def _open(self) -> None:
        name = vectors_name(len(self._shards), len(self._starts) - 1)
        self._path, self._rows = self._folder / name, 0
        self._file = self._path.open("wb")
        self._file.write(npy_head(0, self._dim))

    def _next(self) -> None:
        head = npy_head(self._rows, self._dim)
        if len(head) != len(npy_head(0, self._dim)):
            raise ValueError("heads of one length expected")
        self._file.seek(0)
        self._file.write(head)
        self._file.close()
        size = self._path.stat().st_size
        self._shards.append(Shard(self._path.name, self._rows, size, file_sha256(self._path)))
        if len(self._shards) < len(self._starts) - 1:
            self._open()
