"""Returns the category of each photo for the GAN."""

import numpy as np

from tfrecords.dataset import Dataset
from tfrecords.errors import InputError

ONE_CLASS = "garment"  # The category of all photos in a data set without categories.


def labelled(dataset: Dataset) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns each photo's category as int32 [I], -1: none, and the names; one category if the data set has none.

    Raises InputError if there are categories but no item has one.
    """
    if not dataset.category_names:
        return np.zeros(dataset.num_items, np.int32), (ONE_CLASS,)
    if not np.any(dataset.item_categories >= 0):
        raise InputError(f"{dataset.path}: no item has one of its categories; build the data set again with them")
    return dataset.item_categories, dataset.category_names
