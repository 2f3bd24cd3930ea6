"""Loads the garment to explain: an item of the catalogue, or any photo."""

import dataclasses
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_dvbpr.dvbpr.embedder import Embedder
from tf_dvbpr.explanation.visual_factors import VisualFactors
from tf_dvbpr.photo_scoring.embed import size_on_entry
from tf_dvbpr.recommender.keys import find_item
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.photos.bad_photo import BadPhoto
from tfrecords.photos.check import check_photos
from tfrecords.photos.decode import decode_photo, normalise


@dataclasses.dataclass(frozen=True)
class Garment:
    """A garment's photo and its style vector.

    Attributes:
        name: the item's external id, or the photo's file name.
        item: its number in the catalogue; None for a photo.
        encoded: bytes of a JPEG or PNG file.
        pixels: uint8 [S, S, 3], the network's input.
        style: Phi, float32 [K].
    """

    name: str
    item: int | None
    encoded: bytes
    pixels: np.ndarray
    style: np.ndarray

    @property
    def image(self) -> tf.Tensor:
        """Returns the pixels as float32 [S, S, 3] in [-1, 1]."""
        return normalise(tf.constant(self.pixels))


def item_garment(key: str, dataset: Dataset, embedder: Embedder, factors: VisualFactors) -> Garment:
    """Loads an item with the style vector that it is ranked by. Raises InputError if there is no item `key`."""
    item = find_item(key, dataset)
    encoded = dataset.encoded_photos([item])[0]
    return Garment(key, item, encoded, _pixels(encoded, embedder, option("item", key)), factors.styles[item])


def photo_garment(photo: str | Path | bytes, dataset: Dataset, embedder: Embedder) -> Garment:
    """Loads a photo, a file or its bytes, with the data set's processing. Raises InputError if it cannot be read."""
    path = photo if isinstance(photo, bytes) else Path(photo)
    name = "photo" if isinstance(photo, bytes) else Path(photo).name
    checked = next(iter(check_photos([path], size_on_entry(dataset))))
    where = option("photo") if isinstance(photo, bytes) else option("photo", photo)
    if isinstance(checked, BadPhoto):
        raise InputError(f"{where}: {checked}; give another photo, as a JPEG or PNG file")
    pixels = _pixels(checked.encoded, embedder, where)
    return Garment(name, None, checked.encoded, pixels, embedder(pixels[None]).numpy()[0])


def _pixels(encoded: bytes, embedder: Embedder, where: str) -> np.ndarray:
    try:
        return decode_photo(tf.constant(encoded), embedder.image_size, embedder.resize_filter, embedder.fit).numpy()
    except tf.errors.InvalidArgumentError:
        raise InputError(f"{where}: corrupt or cut short; give another photo, as a JPEG or PNG file") from None
