"""Reads a data set from two tables, interactions and items, and a folder of photos."""

import csv
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tfrecords.errors import InputError, option
from tfrecords.files.find_table import FORMS, find_table, is_database, open_database, open_table
from tfrecords.files.table import Block, Column, Table, key_fault
from tfrecords.photos.folder import PhotoFolder
from tfrecords.schema import ATTRIBUTES_FILE
from tfrecords.sources.catalogue import Catalogue, Product
from tfrecords.sources.csv_time import parse_times
from tfrecords.sources.purchases import Purchases
from tfrecords.sources.shop import ShopOptions, ShopSource
from tfrecords.sources.table_columns import TableColumns

_KEY = "item_id"  # of ATTRIBUTES_FILE
_ADDRESS = ("http://", "https://", "gs://", "s3://")
_DEFAULTS = TableColumns()
_ROWS = 1 << 12  # of further columns, in memory at once


class TableSource(ShopSource):
    """Purchases from the table interactions (user, item, time), and the catalogue from items (item, image, category).

    Item ids follow the order of items, user ids the sorted user keys. Items without purchases stay; duplicate purchases
    count once; users with fewer than `min_actions` purchases are left out. Times are kept, if all rows have one; the
    splits by time need them. Further columns of items are kept beside the shards, in `ATTRIBUTES_FILE`.
    """

    kind = "table"

    def __init__(
        self,
        path: Path,
        images: Path | None = None,
        options: ShopOptions | None = None,
        columns: TableColumns = _DEFAULTS,
    ):
        """Reads both tables; `items` reads the photos.

        Args:
            path: a folder with interactions and items, each as CSV, JSON lines or Parquet; a SQLite database; or one
                file whose rows are purchases that also have the item's image.
            images: the folder that the column image is relative to; by default the folder of the tables.
            options: how purchases are split and photos are treated.
            columns: the names of the columns, the queries, and the width of item ids.

        Raises:
            InputError: a file, column or value is missing, an interaction names an unknown item, or the split needs a
                timestamp that is missing or malformed.
        """
        self.notes: list[str] = []
        self._columns = columns
        self._one = False
        interactions, self._table = self._open(path)
        if images is not None and not images.is_dir():
            raise InputError(f"{images}: no such folder of images")
        folder = path if path.is_dir() else path.parent
        self.name = path.resolve().name if path.is_dir() else path.name.partition(".")[0]
        self._images = folder if images is None else images
        self._by_key = PhotoFolder(self._images) if self._image_name == self._item_name else None
        options = options or ShopOptions()
        products = self._read_items()
        purchases = options.purchases(path)
        self._read_interactions(interactions, products, purchases, options)
        self._set_up(products, products.category_names(), purchases, options)

    def _open(self, path: Path) -> tuple[Table, Table]:
        """Returns the tables interactions and items."""
        columns = self._columns
        if is_database(path):
            return (
                open_database(path, "interactions", columns.interactions_query),
                open_database(path, "items", columns.items_query),
            )
        for name in ("interactions_query", "items_query"):
            if getattr(columns, name) is not None:
                raise InputError(f"{option(name)} has no effect on {path}, which is no database; leave it out")
        if path.is_dir():
            return find_table(path, "interactions"), find_table(path, "items")
        if not path.is_file():
            raise InputError(
                f"{path}: no such file or folder; a folder with interactions and items ({FORMS}), or a database, "
                "expected"
            )
        self._one = True
        return open_table(path), open_table(path)

    @property
    def _item_name(self) -> str:
        return self._columns.item_column or "item_id"

    @property
    def _image_name(self) -> str:
        return self._columns.image_column or "image"

    def _photo(self, product: Product) -> tuple[Path, ...]:
        if self._by_key is not None:
            return self._by_key.candidates(product.key)
        return (self._images / product.image,) if product.image else ()

    def _where(self, product: Product) -> str:
        return self._table.where(product.line)

    def write_extras(self, folder: Path) -> None:
        """Writes the further columns of items, of the items that are in the data set."""
        header = self._table.header()
        used = (self._item_name, self._image_name, self._columns.category_column or "category")
        names = [name for name in header if name and name not in used and header.count(name) == 1]
        if not names or self._one:
            return
        kept = self._kept_ids()
        with (folder / ATTRIBUTES_FILE).open("w", newline="", encoding="utf-8", errors="replace") as file:
            table = csv.writer(file)
            table.writerow([_KEY, *names])
            rows = self._table.rows((self._item_name, *names))
            while block := list(itertools.islice(rows, _ROWS)):
                keys = self._padded([row[0] for _, row in block])
                for key, item, (_, row) in zip(keys, kept(keys).tolist(), block, strict=True):
                    if item >= 0:
                        table.writerow([key, *(_on_one_line(value) for value in row[1:])])

    def _read_items(self) -> Catalogue:
        table, products = self._table, Catalogue()
        names = (self._item_name, self._image_name)
        category = self._columns.category_column
        needed, optional = ((*names, category), ()) if category else (names, ("category",))
        for block in table.blocks(needed, optional):
            for name in (*needed, *optional):
                table.check_kind(name)
            keys = self._keys(table, block, block.columns[0], self._item_name, pad=True)
            images, categories = ([(value or "").strip() for value in column.values] for column in block.columns[1:])
            self._check_images(block, images)
            rows = _first_rows(block.columns) if self._one else range(len(block.numbers))
            items, shown, named = (column.codes[rows] for column in block.columns)
            lines = [block.numbers[row] for row in rows]
            cells = [images[image] for image in shown.tolist()], [categories[name] for name in named.tolist()]
            for repeated, first in products.add_block(keys, items, lines, *cells):
                self._check_repeated(repeated, first)
        self._note_numbers(table)
        return products

    def _check_repeated(self, product: Product, known: Product) -> None:
        first = f"first on {self._table.unit} {known.line}"
        if not self._one:
            raise self._table.error(product.line, f"item {product.key!r} again, {first}")
        if (product.image, product.category) != (known.image, known.category):
            raise self._table.error(product.line, f"item {product.key!r} with another image or category, {first}")

    def _check_images(self, block: Block, images: Sequence[str]) -> None:
        if self._by_key is not None:
            return
        for place, image in enumerate(images):
            if image.lower().startswith(_ADDRESS):
                raise self._table.error(
                    block.numbers[block.columns[1].row_of(place)],
                    f"{self._image_name} is an address ({image:.80}), the path of a file expected; fetch the photos "
                    f"with tools.download_photos, then pass {option('images', 'FOLDER')} and "
                    f"{option('image_column', self._item_name)}",
                )

    def _read_interactions(self, table: Table, products: Catalogue, purchases: Purchases, options: ShopOptions) -> None:
        choice, time_name = options.split, self._columns.time_column or "timestamp"
        user_name = self._columns.user_column or "user_id"
        timed = table.header().count(time_name) == 1
        if not timed and choice.timed:
            raise InputError(
                f"{choice.flag}: {table.what()} needs a column {time_name}, once; the random split needs none"
            )
        names = [user_name, self._item_name]
        if timed or self._columns.time_column:
            names.append(time_name)
        for block in table.blocks(names):
            table.check_kind(user_name)
            table.check_kind(self._item_name)
            user, item, *time = block.columns
            users = self._keys(table, block, user, user_name)
            items = self._keys(table, block, item, self._item_name, pad=True)
            known = products.keys.find(items) >= 0
            if not known.all():
                unknown = int(np.argmin(known))
                raise table.error(block.numbers[item.row_of(unknown)], self._unknown(items[unknown], products))
            times = None
            if timed:
                try:
                    times = parse_times(time[0].values)[time[0].codes]
                except ValueError as error:
                    if choice.timed:
                        raise _time_error(table, block, time_name, time[0]) from error
                    timed = False  # The random split needs none.
            purchases.add_block(users, user.codes, items, item.codes, times)
        self._note_numbers(table)

    def _keys(self, table: Table, block: Block, column: Column, name: str, pad: bool = False) -> list[str]:
        """Returns the different keys of a column, after a check."""
        joined = None if None in column.values else "\n".join(column.values)
        if joined is None or key_fault(joined) or not all(map(str.strip, column.values)):
            for place, key in enumerate(column.values):
                table.check_key(block.numbers[column.row_of(place)], name, key)
        return self._padded(column.values) if pad else list(column.values)

    def _padded(self, keys: Sequence[str]) -> list[str]:
        width = self._columns.item_width or 0
        return [key.zfill(width) if key.isdecimal() else key for key in keys] if width else list(keys)

    def _unknown(self, key: str, products: Catalogue) -> str:
        told = f"item {key!r} is not in {self._table.path.name}"
        meant = key.lstrip("0")
        alike = next((other for other in products.keys if key.isdecimal() and other.lstrip("0") == meant), None)
        if alike is None:
            return told
        width = max(len(key), len(alike))
        return f"{told}, which has {alike!r}: a column of numbers lost its zeros; pass {option('item_width', width)}"

    def _note_numbers(self, table: Table) -> None:
        numbers = self._item_name in table.kinds and self._columns.item_width is None
        if numbers and not (self._one and self.notes):
            self.notes.append(
                f"{table.what()}: {self._item_name} is a column of numbers, which keep no leading zeros; if the ids "
                f"have them, pass {option('item_width')} with their length"
            )


def _first_rows(columns: Sequence[Column]) -> np.ndarray:
    """Returns the first row of each combination of values, in order."""
    combined = np.zeros(len(columns[0].codes), np.int64)
    for column in columns:
        combined = combined * len(column.values) + column.codes
    return np.sort(np.unique(combined, return_index=True)[1])


def _time_error(table: Table, block: Block, name: str, column: Column) -> InputError:
    """Returns the error of the first value that is no time."""
    for place, value in enumerate(column.values):
        try:
            parse_times([value])
        except ValueError as error:
            shown = "NULL" if value is None else repr(value)[:40]
            return table.error(block.numbers[column.row_of(place)], f"{name} {shown}: {error}")
    raise ValueError("all values are times")


def _on_one_line(value: str | None) -> str:
    return " ".join((value or "").splitlines())
