"""Recommends to a user the best items that the user does not own, with a picture."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tf_dvbpr.pictures import grid
from tf_dvbpr.ranking.score_checks import factors_for
from tf_dvbpr.ranking.topk import top_k
from tf_dvbpr.recommender.config import DEFAULT_K, RecommendConfig
from tf_dvbpr.recommender.keys import find_item, find_user, items_of, split_keys
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option

_COLUMNS = 10
_MOST_PURCHASES = 2 * _COLUMNS  # purchases shown in a picture


class Recommendation(NamedTuple):
    """One recommended item: its place in the list from 1, key, category name ('' for none) and score."""

    rank: int
    item: str
    category: str
    score: float


def recommend(config: RecommendConfig) -> dict[str, list[Recommendation]]:
    """Returns the k best items of each user, without those that the user owns (training, validation and test).

    Returns:
        A list for each user key, best first; shorter than k if fewer items are left.

    Raises:
        InputError: unknown user or category (similar ones are named), `k` out of range, no trained workdir.
    """
    if config.picture is not None:
        grid.check_name(config.picture)
    workdir = Workdir.open(config.workdir, config.dataset)
    dataset = workdir.dataset()
    factors = factors_for(workdir.factors(), dataset)
    keys = split_keys(config.user, dataset)
    own = dataset.own_items()
    result = best_items(factors, dataset, own, keys, config.k, config.category)
    if config.picture is not None:
        rows = []
        for key, best in result.items():
            user = find_user(key, dataset)
            purchases = own[1][own[0][user] : own[0][user + 1]]
            rows += [_purchases(key, purchases, dataset), _best(config.category, best, dataset)]
        grid.save(grid.draw(rows, _COLUMNS), config.picture)
    return result


def best_items(
    factors: tuple[np.ndarray, np.ndarray],
    dataset: Dataset,
    own: tuple[np.ndarray, np.ndarray],
    keys: Sequence[str],
    k: int | None = None,
    category: str | None = None,
) -> dict[str, list[Recommendation]]:
    """Returns the k best items of each user that the user does not own, by user key, best first.

    Args:
        factors: float32 [U, D] and [I, D].
        dataset: their data set.
        own: the result of `Dataset.own_items`.
        keys: the users' keys.
        k: items per user, fewer if fewer are left; None: 10, or all if there are fewer.
        category: the category of the items; None: any.

    Raises:
        InputError: an unknown user or category, `k` out of range.
    """
    k = min(DEFAULT_K, dataset.num_items) if k is None else k
    if not 1 <= k <= dataset.num_items:
        raise InputError(f"{option('k', k)}: from 1 to {dataset.num_items}, the number of items, expected")
    users = np.array([find_user(key, dataset) for key in keys])
    allowed = None if category is None else items_of(category, dataset)
    items, scores = top_k(*factors, users, k, *own, allowed)
    return {
        key: [
            Recommendation(rank, str(dataset.item_keys[item]), _category(dataset, item), float(score))
            for rank, (item, score) in enumerate(zip(*row, strict=True), 1)
            if item >= 0
        ]
        for key, row in zip(keys, zip(items, scores, strict=True), strict=True)
    }


def _category(dataset: Dataset, item: int) -> str:
    index = dataset.item_categories[item]
    return dataset.category_names[index] if index >= 0 else ""


def _purchases(key: str, purchases: np.ndarray, dataset: Dataset) -> grid.Row:
    shown = purchases[:_MOST_PURCHASES]
    number = f"{len(purchases)} items" if len(purchases) != 1 else "1 item"
    if len(shown) < len(purchases):
        number = f"the first {len(shown)} of {number}"
    captions = [f"{dataset.item_keys[item]}\n{_category(dataset, item)}" for item in shown]
    return grid.Row(f"{key} bought ({number})", dataset.encoded_photos(shown), captions)


def _best(category: str | None, best: list[Recommendation], dataset: Dataset) -> grid.Row:
    items = [find_item(one.item, dataset) for one in best]
    captions = [f"{one.rank}. {one.item}\n{one.score:.4g}\n{one.category}" for one in best]
    heading = "recommended" if category is None else f"recommended from {category}"
    return grid.Row(heading if best else f"{heading}: nothing is left", dataset.encoded_photos(items), captions)
