"""Computes style vectors of a folder's photos, which are treated like those of the data set."""

import dataclasses
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from tf_dvbpr.dvbpr.embedder import Embedder
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.parallel_map import ordered_map
from tfrecords.photos.check import BadPhoto, CheckedPhoto, check_photos
from tfrecords.photos.decode import decode_photo
from tfrecords.progress_bar import progress_bar

_BATCH = 64


@dataclasses.dataclass(frozen=True)
class EmbeddedPhotos:
    """The readable photos by name, and why the other files cannot be read.

    Attributes:
        paths: P files.
        vectors: float32 [P, K], Phi of each.
        bad: reason by file name.
    """

    paths: list[Path]
    vectors: np.ndarray
    bad: dict[str, str]


def files_of(folder: Path) -> list[Path]:
    """Returns a folder's files by name, without hidden files and folders. Raises InputError if there are none."""
    if not folder.is_dir():
        found = "a file, not a folder" if folder.exists() else "no such folder"
        raise InputError(f"{option('photos', folder)}: {found}; expected one with photos")
    files = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_dir())
    if not files:
        raise InputError(f"{option('photos', folder)}: no files in it; put the photos right into this folder")
    return files


def shown_name(path: Path) -> str:
    """Returns a file's name with unprintable characters escaped."""
    return path.name if path.name.isprintable() else ascii(path.name)[1:-1]


def embed_photos(paths: list[Path], embedder: Embedder, dataset: Dataset, progress: bool = True) -> EmbeddedPhotos:
    """Returns Phi of photo files, which are checked, turned upright and made square like those of the data set.

    Memory holds one batch of decoded photos, and a few files per core that are read ahead.

    Args:
        paths: the files.
        embedder: the network of a run on `dataset`.
        dataset: the data set whose treatment of photos is used.
        progress: whether to show a progress bar.

    Raises:
        InputError: none of the files is a readable photo.
    """
    embed = tf.function(embedder.__call__)
    good: list[Path] = []
    bad: dict[str, str] = {}
    batch: list[np.ndarray] = []
    vectors: list[np.ndarray] = []

    def decode(checked: CheckedPhoto | BadPhoto) -> np.ndarray | BadPhoto:
        if isinstance(checked, BadPhoto):
            return checked
        try:
            size, resize_filter, fit = embedder.image_size, embedder.resize_filter, embedder.fit
            return decode_photo(tf.constant(checked.encoded), size, resize_filter, fit).numpy()
        except tf.errors.InvalidArgumentError:
            return BadPhoto("corrupt or cut short")

    with (
        warnings.catch_warnings(),
        progress_bar(total=len(paths), desc="photos", unit="photo", disable=not progress) as bar,
    ):
        # Photos above the limit are refused by name; Pillow's warning would only repeat that.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        for path, pixels in zip(paths, ordered_map(decode, check_photos(paths, size_on_entry(dataset))), strict=True):
            if isinstance(pixels, BadPhoto):
                bad[shown_name(path)] = str(pixels)
            else:
                good.append(path)
                batch.append(pixels)
            if len(batch) == _BATCH:
                vectors.append(embed(np.stack(batch)).numpy())
                batch.clear()
            bar.update()
        if batch:
            vectors.append(embed(np.stack(batch)).numpy())
    if not good:
        name, reason = next(iter(bad.items()))
        raise InputError(
            f"{option('photos', paths[0].parent)}: none of its {len(paths)} files is a photo that can be read (the "
            f"first, {name}: {reason}); JPEG or PNG files expected"
        )
    return EmbeddedPhotos(good, np.concatenate(vectors), bad)


def size_on_entry(dataset: Dataset) -> int:
    """Returns the size at which build_dataset encoded photos again; 0 if it kept them, and for the wardrobe."""
    return 0 if dataset.meta["source"] == "wardrobe" else dataset.meta.get("image_size", 0)
