"""Photos to batches of one size, and batches to vectors: the same on one machine and on many."""

import dataclasses
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import tensorflow as tf
from PIL import Image

from tf_dvbpr.embedding.network import PhotoForm
from tfrecords.errors import InputError
from tfrecords.files.parallel_map import ordered_map
from tfrecords.photos.bad_photo import BadPhoto
from tfrecords.photos.check import read_photo
from tfrecords.photos.decode import decode_photo


@dataclasses.dataclass(frozen=True)
class Block:
    """Photos that go through the network together.

    Attributes:
        number: the block's; its first photo is number x B.
        photos: uint8 [B, S, S, 3]; the places of unusable photos, and those behind the last photo, are black.
        reasons: why a photo cannot be used, None for the others, one for each photo of the block.
    """

    number: int
    photos: np.ndarray
    reasons: tuple[str | None, ...]

    @property
    def good(self) -> np.ndarray:
        """Returns the places of the usable photos, int."""
        return np.flatnonzero([reason is None for reason in self.reasons])


def blocks(paths: Iterable[object], form: PhotoForm, first: int = 0, workers: int | None = None) -> Iterator[Block]:
    """Yields the blocks of photos, read in threads a little ahead.

    Args:
        paths: as `tfrecords.photos.check.read_photo` takes them; or `BadPhoto` for one that is not to be read.
        form: how photos become the network's input.
        first: the number of the first block.
        workers: number of threads, default one per core.
    """
    empty = np.zeros([form.image_size, form.image_size, 3], np.uint8)
    waiting: list[np.ndarray | BadPhoto] = []
    number = first

    def block() -> Block:
        pixels = [empty if isinstance(one, BadPhoto) else one for one in waiting]
        pixels += [empty] * (form.batch_size - len(waiting))
        reasons = tuple(str(one) if isinstance(one, BadPhoto) else None for one in waiting)
        return Block(number, np.stack(pixels), reasons)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # Such photos are refused by name.
        for pixels in ordered_map(lambda path: _pixels(path, form), paths, workers):
            waiting.append(pixels)
            if len(waiting) == form.batch_size:
                yield block()
                waiting.clear()
                number += 1
    if waiting:
        yield block()


def vectors(block: Block, network: Callable[[np.ndarray], np.ndarray]) -> Sequence[tuple[int, np.ndarray]]:
    """Returns (place in the block, vector float32 [F]) of each usable photo. InputError: one is not finite."""
    good = block.good
    if not len(good):
        return []
    rows = network(block.photos)
    if not np.isfinite(rows[good]).all():
        raise InputError(
            f"photos {block.number * len(block.photos)} and following: a vector has a value that is NaN or infinite; "
            "the network's weights are damaged"
        )
    return [(int(place), rows[place]) for place in good]


def _pixels(path: object, form: PhotoForm) -> np.ndarray | BadPhoto:
    if isinstance(path, BadPhoto):
        return path
    photo = read_photo(path, form.size_on_entry)
    if isinstance(photo, BadPhoto):
        return photo
    try:
        return decode_photo(tf.constant(photo.encoded), form.image_size, form.resize_filter, form.fit).numpy()
    except tf.errors.InvalidArgumentError:
        return BadPhoto("corrupt or cut short")
