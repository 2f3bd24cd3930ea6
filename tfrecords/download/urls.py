"""Finds the addresses of a catalogue's photos, by item key, in a dump or a table."""

from pathlib import Path

from tfrecords.download.config import is_table
from tfrecords.errors import InputError, option
from tfrecords.files.find_table import open_table
from tfrecords.files.json_lines import JsonLines, as_key
from tfrecords.files.table import Table
from tfrecords.sources.amazon_categories import CategoryChoice
from tfrecords.sources.amazon_dump import read_dump, read_products
from tfrecords.sources.amazon_vintage import photo_url
from tfrecords.sources.shop import ShopOptions

# Fields of Amazon's metadata of 2023 and before, of Tradesy's list of addresses, and of tables.
_KEY_FIELDS = ("parent_asin", "asin", "itemID", "item_id")
_COLUMNS = ("url", "imUrl", "image")  # of tables; image may hold paths instead


def photo_urls(
    path: Path,
    choice: CategoryChoice | None = None,
    min_actions: int = 5,
    core: int | None = None,
    progress: bool = False,
) -> dict[str, str]:
    """Returns the address of each item by its key, in the order of the file; "" for an item without an address.

    Args:
        path: a folder of Amazon's dump (the photos that a data set of it needs), a file of metadata, one record per
            line (all chosen items), or a table (CSV or Parquet) with the columns item_id and url, imUrl or image (all
            items).
        choice: which of Amazon's items; required for a folder; for a file, None means all items.
        min_actions: with a folder: only items of users with at least so many purchases count.
        core: with a folder: only items of this k-core count; None: of all.
        progress: whether to show progress bars.

    Raises:
        InputError: a file that is missing, unreadable, or without addresses.
    """
    if path.is_dir():
        if choice is None:
            raise InputError(
                f"{path}: a folder needs {option('subset')} or {option('category_path')}; name a file for all of its "
                "items"
            )
        products = read_dump(path, choice, ShopOptions(min_actions=min_actions, core=core), progress).products
        return {product.key: product.image for product in products}
    if is_table(path):
        return _from_table(open_table(path))
    lines = JsonLines(path, progress)
    if choice is not None:
        return {key: product.image for key, product in read_products(lines, choice)[0].items()}
    return _from_lines(lines)


def _from_lines(lines: JsonLines) -> dict[str, str]:
    urls: dict[str, str] = {}
    for line, row in lines.rows():
        key = next(filter(None, (as_key(row.get(field)) for field in _KEY_FIELDS)), None)
        if key is None:
            lines.reject(line, f"{' or '.join(_KEY_FIELDS)} is missing or no text")
        else:
            urls.setdefault(key, photo_url(row))
    return urls


def _from_table(table: Table) -> dict[str, str]:
    urls: dict[str, str] = {}
    for row, (key, *found) in table.rows(("item_id",), _COLUMNS):
        table.check_key(row, "item_id", key)
        *addresses, image = [(cell or "").strip() for cell in found]
        addresses.append(image if "://" in image else "")
        urls.setdefault(key, next(filter(None, addresses), ""))
    if not any(urls.values()):
        raise InputError(f"{table.path}: no item has an address; expected a column {' or '.join(_COLUMNS)}")
    return urls
