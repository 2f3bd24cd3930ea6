"""Reads McAuley's dumps of Amazon, metadata and reviews, and keeps the items and users of a data set."""

import dataclasses
import sys
from collections import Counter
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.files.json_lines import JsonLines
from tfrecords.sources.amazon_categories import CategoryChoice, paths_of
from tfrecords.sources.amazon_vintage import find_files, photo_url, vintage_of
from tfrecords.sources.catalogue import Product
from tfrecords.sources.purchases import Purchases
from tfrecords.sources.shop import ShopOptions

_SHOWN_PATHS = 3
_ALL = f"an empty {option('category_path')}"


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
    """Reads the metadata, ``meta_*.json[l][.gz]``, and the reviews of a folder, line by line.

    Only the chosen items and their purchases are in memory, never a whole file.

    Args:
        folder: the folder with one file of each kind.
        choice: which items, and their categories.
        options: only seed, min_actions, core and split are used here.
        progress: whether to show progress bars.

    Raises:
        InputError: a file is missing, unreadable, there twice or of another dump than the other one; no item is
            chosen; no user has enough purchases.
    """
    metadata, reviews = (JsonLines(path, progress) for path in find_files(folder))
    vintage = vintage_of(metadata, reviews)
    products, repeated = read_products(metadata, choice)
    purchases = options.purchases(folder)
    others = 0
    for line, row in reviews.rows():
        user = reviews.key(line, row, vintage.user)
        item = None if user is None else reviews.key(line, row, vintage.item)
        if item is None:
            continue
        if item in products:
            time = vintage.seconds(row)
            if time is None and options.split.timed:
                reviews.reject(line, f"{vintage.time} is no time, which a split by time needs")
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
    field = vintage_of(metadata).item
    for line, row in metadata.rows():
        key = metadata.key(line, row, field)
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
        what = f"the commonest paths begin {common}" if common else f"no line has categories; {_ALL} takes all items"
        raise InputError(f"{metadata.path}: no item under {choice.label}; {what}")
    return products, repeated
