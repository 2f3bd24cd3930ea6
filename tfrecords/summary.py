"""Computes the figures of a data set: sizes, the long tail, the split."""

import dataclasses
from collections import Counter

import numpy as np

from tfrecords.dataset import Dataset

QUANTILES = (0.0, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)
COLD = 5  # an item is cold with fewer purchases in training than this
_TOP = 0.1


@dataclasses.dataclass(frozen=True)
class Category:
    """One category's name, number of items, and number of training purchases."""

    name: str
    items: int
    purchases: int


@dataclasses.dataclass(frozen=True)
class Summary:
    """The result of `summarise`.

    Attributes:
        per_user: quantiles (`QUANTILES`) of the purchases of a user, all splits together.
        per_item: quantiles (`QUANTILES`) of the training purchases of an item.
        never_bought: number of items without a training purchase.
        cold_items: number of items with fewer than `COLD` training purchases, including those with none.
        top_share: share of the training purchases that belongs to the most bought tenth of the items.
        held_out: numbers of users with a purchase held out for (validation, test).
        cold_users: how many of these hold out a cold item.
        categories: in the order of their index; items that have none come last, as "(none)".
        photo_sizes: (height, width) and number of photos, the most frequent first.
    """

    per_user: tuple[float, ...]
    per_item: tuple[float, ...]
    never_bought: int
    cold_items: int
    top_share: float
    held_out: tuple[int, int]
    cold_users: tuple[int, int]
    categories: tuple[Category, ...]
    photo_sizes: tuple[tuple[tuple[int, int], int], ...]


def summarise(dataset: Dataset) -> Summary:
    """Counts; reads all shards once, decodes no photo. Raises InputError if a shard is damaged."""
    counts = dataset.item_counts
    indptr, _ = dataset.own_items()
    held = [dataset.held_out(split) for split in ("validation", "test")]
    top = max(1, round(_TOP * dataset.num_items))
    sizes = Counter(map(tuple, dataset.photo_sizes.tolist()))
    return Summary(
        per_user=tuple(np.quantile(np.diff(indptr), QUANTILES).tolist()),
        per_item=tuple(np.quantile(counts, QUANTILES).tolist()),
        never_bought=int((counts == 0).sum()),
        cold_items=int((counts < COLD).sum()),
        top_share=float(np.sort(counts)[-top:].sum() / max(1, counts.sum())),
        held_out=tuple(int((np.diff(indptr) > 0).sum()) for indptr, _ in held),
        cold_users=tuple(_users_with(indptr, counts[items] < COLD) for indptr, items in held),
        categories=_categories(dataset),
        photo_sizes=tuple(sizes.most_common()),
    )


def sample_items(dataset: Dataset, per_category: int, seed: int = 0) -> list[tuple[str, list[int]]]:
    """Draws a few items of each category for a picture.

    Returns:
        (category name, up to `per_category` item ids, ascending), without categories that have no items. One entry with
        the data set's name if there are no categories.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for index, name in [*enumerate(dataset.category_names), (-1, "(none)" if dataset.category_names else dataset.name)]:
        items = np.flatnonzero(dataset.item_categories == index)
        if len(items):
            rows.append((name, np.sort(rng.permutation(items)[:per_category]).tolist()))
    return rows


def _users_with(indptr: np.ndarray, marked: np.ndarray) -> int:
    return len(np.unique(np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))[marked]))


def _categories(dataset: Dataset) -> tuple[Category, ...]:
    names = [*dataset.category_names, "(none)"]
    # Index -1 (none) becomes the last.
    index = dataset.item_categories % len(names)
    items = np.bincount(index, minlength=len(names))
    purchases = np.bincount(index, weights=dataset.item_counts, minlength=len(names)).astype(int)
    found = [Category(*row) for row in zip(names, items.tolist(), purchases.tolist(), strict=True)]
    return tuple(found if found[-1].items else found[:-1])
