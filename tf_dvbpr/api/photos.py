"""Turns a caller's photos (paths, bytes or pixels) into style vectors."""

import io
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf
from PIL import Image

from tf_dvbpr.dvbpr.embedder import Embedder
from tf_dvbpr.photo_scoring.embed import size_on_entry
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.files.parallel_map import ordered_map
from tfrecords.photos.bad_photo import BadPhoto
from tfrecords.photos.check import check_photo
from tfrecords.photos.decode import decode_photo

Photo: TypeAlias = str | os.PathLike[str] | bytes | np.ndarray
Photos: TypeAlias = Photo | Sequence[Photo]

_BATCH = 64


def as_list(photos: Photos) -> tuple[list[Any], bool]:
    """Returns the photos, or keys, as a list, and whether a single one was given."""
    if isinstance(photos, np.ndarray):
        return (list(photos), False) if photos.ndim != 3 else ([photos], True)
    if isinstance(photos, str | bytes | os.PathLike):
        return [photos], True
    return list(photos), False


def embed(photos: Sequence[Photo], dim: int, embedder: Embedder, dataset: Dataset) -> np.ndarray:
    """Returns Phi of photos, which are treated like those of the data set: float32 [N, K].

    Pixels are only resized; a file is first checked, turned upright and, if the data set's photos were, encoded again.

    Raises:
        InputError: a photo cannot be read, or an array has no pixels.
    """
    network = tf.function(embedder.__call__)
    size, resize_filter, fit = embedder.image_size, embedder.resize_filter, embedder.fit
    on_entry = size_on_entry(dataset)

    def pixels(numbered: tuple[int, Photo]) -> np.ndarray:
        number, photo = numbered
        name = os.fspath(photo) if isinstance(photo, str | os.PathLike) else f"photo {number}"
        encoded = _png(name, photo) if isinstance(photo, np.ndarray) else _checked(name, photo, on_entry)
        try:
            decoded: np.ndarray = decode_photo(tf.constant(encoded), size, resize_filter, fit).numpy()
        except tf.errors.InvalidArgumentError:
            raise InputError(f"{name}: corrupt or cut short; a JPEG or PNG file expected") from None
        return decoded

    vectors, batch = [np.zeros([0, dim], np.float32)], []
    with warnings.catch_warnings():
        # Photos above the limit are refused by name; Pillow's warning would only repeat that.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        for photo in ordered_map(pixels, enumerate(photos)):
            batch.append(photo)
            if len(batch) == _BATCH:
                vectors.append(network(np.stack(batch)).numpy())
                batch.clear()
    if batch:
        vectors.append(network(np.stack(batch)).numpy())
    return np.concatenate(vectors)


def as_file_bytes(photo: bytes | np.ndarray) -> bytes:
    """Returns a photo in memory as the bytes of a file. Raises InputError if it is no array of pixels."""
    return photo if isinstance(photo, bytes) else _png("photo", photo)


def _checked(name: str, photo: str | os.PathLike[str] | bytes, image_size: int) -> bytes:
    try:
        return check_photo(photo if isinstance(photo, bytes) else Path(photo).read_bytes(), image_size).encoded
    except BadPhoto as bad:
        raise InputError(f"{name}: {bad}; a JPEG or PNG file expected") from None
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}; a JPEG or PNG file expected") from None


def _png(name: str, pixels: np.ndarray) -> bytes:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise InputError(f"{name}: {pixels.dtype} {list(pixels.shape)}; pixels uint8 [H, W, 3] expected")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=0)
    return buffer.getvalue()
