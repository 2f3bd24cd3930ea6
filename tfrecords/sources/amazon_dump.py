"""Reads McAuley's dumps of Amazon, metadata and reviews, and keeps the items and users of a data set."""

import dataclasses
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from tfrecords.errors import InputError
from tfrecords.files.json_lines import JsonLines
from tfrecords.sources.amazon_categories import CategoryChoice, paths_of
from tfrecords.sources.purchases import Purchases
from tfrecords.sources.shop import Product, ShopOptions
from tfrecords.timestamps import MOST

# The photo's address: a text in the dump of 2014, lists (large photos first) in that of 2018, a text in Tradesy's.
_URL_FIELDS = ("imUrl", "imageURLHighRes", "imageURL", "imageUrl")
_SHOWN_PATHS = 3


@dataclasses.dataclass(frozen=True)
class AmazonDump:
    """The used content of a folder's two files.

    Attributes:
        metadata: the file of the products.
        products: the chosen items that somebody with enough purchases bought, in the order of the metadata; `image`
            is the photo's URL.
        purchases: the purchases of all chosen items.
        dropped: counts of lines that were not used, for dataset.json.
        unreadable: the first unreadable lines, with file, line and reason.
    """

    metadata: Path
    products: list[Product]
    purchases: Purchases
    dropped: dict[str, int]
    unreadable: list[str]


def read_dump(folder: Path, choice: CategoryChoice, options: ShopOptions, progress: bool = False) -> AmazonDump:
    """Reads ``meta_*.json[.gz]`` and ``reviews_*.json[.gz]`` of a folder, line by line.

    Only the chosen items and their purchases are in memory, never a whole file.

    Args:
        folder: the folder with one file of each kind.
        choice: which items, and their categories.
        options: only seed, min_actions and split are used here.
        progress: whether to show progress bars.

    Raises:
        InputError: a file is missing, unreadable or there twice; no item is chosen; no user has enough purchases.
    """
    metadata = JsonLines(_find(folder, "meta"), progress)
    reviews = JsonLines(_find(folder, "reviews"), progress)
    products, repeated = read_products(metadata, choice)
    purchases = Purchases(folder, options.seed, options.min_actions, options.split)
    others = 0
    for line, row in reviews.rows():
        user = reviews.key(line, row, "reviewerID")
        item = None if user is None else reviews.key(line, row, "asin")
        if item is None:
            continue
        if item in products:
            time = _time(row.get("unixReviewTime"))
            if time is None and options.split.timed:
                reviews.reject(line, "unixReviewTime is no number of seconds, which a split by time needs")
                continue
            purchases.add(user, item, time)
        else:
            others += 1
    wanted = purchases.items_of_kept_users()
    return AmazonDump(
        metadata.path,
        [product for key, product in products.items() if key in wanted],
        purchases,
        {
            "reviews_of_other_items": others,
            "repeated_lines_of_metadata": repeated,
            "unreadable_lines": metadata.bad + reviews.bad,
        },
        metadata.told + reviews.told,
    )


def read_products(metadata: JsonLines, choice: CategoryChoice) -> tuple[dict[str, Product], int]:
    """Returns the chosen items of a file of metadata by key, and how many lines repeated an item.

    Raises:
        InputError: an unreadable file, or no item is chosen.
    """
    products: dict[str, Product] = {}
    repeated = 0
    heads: Counter[str] = Counter()
    for line, row in metadata.rows():
        key = metadata.key(line, row, "asin")
        if key is None:
            continue
        paths = paths_of(row)
        category = choice.category_of(paths)
        if category is None:
            if not products:
                heads.update(" > ".join(path[:2]) for path in paths)
        elif key in products:
            repeated += 1
        else:
            products[key] = Product(key, line, photo_url(row), sys.intern(category))
    if not products:
        common = ", ".join(repr(head) for head, _ in heads.most_common(_SHOWN_PATHS))
        what = f"the commonest paths begin {common}" if common else "no line has categories, so this is no metadata"
        raise InputError(f"{metadata.path}: no item under {choice.label}; {what}")
    return products, repeated


def photo_url(row: dict[str, Any]) -> str:
    """Returns the address of an item's photo from its line of metadata; "" if it has none."""
    for field in _URL_FIELDS:
        value = row.get(field)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _time(value: object) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < MOST else None


def _find(folder: Path, stem: str) -> Path:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one with meta_*.json.gz and reviews_*.json.gz")
    found = sorted(
        path for path in folder.glob(f"{stem}_*") if path.name.endswith((".json", ".json.gz")) and path.is_file()
    )
    if not found:
        raise InputError(f"{folder}: {stem}_*.json.gz (or .json) is missing")
    if len(found) > 1:
        raise InputError(f"{folder}: holds {' and '.join(path.name for path in found)}; keep only one of them")
    return found[0]
