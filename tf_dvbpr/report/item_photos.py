"""Finds photos of a data set's items by their key."""

import functools

from tf_dvbpr.report.embedded_picture import Picture, embed
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError

_MOST = 192  # pixels; two for each pixel of the page


class ItemPhotos:
    """Finds items by key; reads the keys at the first use."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._kept: dict[int, Picture] = {}

    def of_key(self, key: str, where: str) -> Picture:
        """Returns the photo of an item. Raises InputError, with `where` the key comes from, for an unknown key."""
        if key not in self._ids:
            raise InputError(f"{where}: the item {key!r} is not in the data set {self._dataset.path}; make it again")
        return self.of_id(self._ids[key])

    def of_id(self, item: int) -> Picture:
        """Returns the photo of an item, its longer side at most 192 pixels."""
        if item not in self._kept:
            (photo,) = self._dataset.encoded_photos([item])
            where = f"{self._dataset.path}, photo of item {self._dataset.item_keys[item]}"
            self._kept[item] = embed(photo, where, _MOST)
        return self._kept[item]

    @functools.cached_property
    def _ids(self) -> dict[str, int]:
        return {key: item for item, key in enumerate(self._dataset.item_keys.tolist())}
