"""Style vectors of the photos of a folder, treated as those of the data set were."""

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
    """The photos that can be read, by name, and why the other files cannot.

    Attributes:
        paths: P files.
        vectors: float32 [P, K], Phi of each.
        bad: file name to reason.
    """

    paths: list[Path]
    vectors: np.ndarray
    bad: dict[str, str]


def files_of(folder: Path) -> list[Path]:
    """The files of a folder by name, hidden ones and folders left out. Raises InputError where there are none."""
    if not folder.is_dir():
        found = "a file, not a folder" if folder.exists() else "no such folder"
        raise InputError(f"{option('photos', folder)}: {found}; expected one with photos")
    files = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and not path.is_dir())
    if not files:
        raise InputError(f"{option('photos', folder)}: no files in it; put the photos right into this folder")
    return files


def shown_name(path: Path) -> str:
    """A file's name, characters that no terminal can show escaped."""
    return path.name if path.name.isprintable() else ascii(path.name)[1:-1]


def embed_photos(paths: list[Path], embedder: Embedder, dataset: Dataset, progress: bool = True) -> EmbeddedPhotos:
    """Phi of photo files, checked, turned upright and brought to a square as those of the data set.

    A batch of decoded photos is in memory at a time, and a few files a core ahead of it.

    Args:
        paths: the files.
        embedder: of a run on `dataset`.
        dataset: whose way of treating photos is followed.
        progress: whether to show a progress bar.

    Raises:
        InputError: not one of the files is a photo that can be read.
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
        # Photos over the bound are refused by name; the warning would only repeat it.
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
    """The size that build_dataset encoded photos anew at, 0 where it kept them; the wardrobe's is that it drew at."""
    return 0 if dataset.meta["source"] == "wardrobe" else dataset.meta.get("image_size", 0)
