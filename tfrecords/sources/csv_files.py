"""Reads a data set from two CSV files and a folder of photos."""

import csv
from pathlib import Path

from tfrecords.errors import InputError
from tfrecords.files.csv_table import CsvTable
from tfrecords.schema import ATTRIBUTES_FILE
from tfrecords.sources.csv_time import parse_time
from tfrecords.sources.purchases import Purchases
from tfrecords.sources.shop import Product, ShopOptions, ShopSource
from tfrecords.split import SplitChoice

_TIME = "timestamp"

_COLUMNS = ("item_id", "image", "category")


class CsvSource(ShopSource):
    """Purchases from interactions.csv (user_id, item_id), and the catalogue from items.csv (item_id, image, category).

    Item ids follow the order of items.csv, user ids the sorted user keys. Items without purchases stay; duplicate
    purchases count once; users with fewer than `min_actions` purchases are left out. The column timestamp of
    interactions.csv is kept; the splits by time need it. Further columns of items.csv are kept beside the shards, in
    `ATTRIBUTES_FILE`.
    """

    kind = "csv"

    def __init__(self, folder: Path, images: Path | None = None, options: ShopOptions | None = None):
        """Reads both tables; `items` reads the photos.

        Args:
            folder: the folder of the CSV files.
            images: the folder that the column image is relative to, default `folder`.
            options: how purchases are split and photos are treated.

        Raises:
            InputError: a file, column or value is missing, an interaction names an unknown item, or the split needs a
                timestamp that is missing or malformed.
        """
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; expected one with interactions.csv and items.csv")
        if images is not None and not images.is_dir():
            raise InputError(f"{images}: no such folder of images")
        self.name = folder.resolve().name
        self._images = folder if images is None else images
        self._table = CsvTable(folder, "items")
        options = options or ShopOptions()
        products = self._read_items()
        purchases = Purchases(folder, options.seed, options.min_actions, options.split)
        self._read_interactions(CsvTable(folder, "interactions"), products, purchases, options.split)
        names = sorted({product.category for product in products.values() if product.category})
        self._set_up(list(products.values()), names, purchases, options)

    def _photo(self, product: Product) -> Path | None:
        return self._images / product.image if product.image else None

    def _where(self, product: Product) -> str:
        return f"{self._table.path}, line {product.line}"

    def write_extras(self, folder: Path) -> None:
        """Writes the further columns of items.csv, of the items that are in the data set."""
        header = self._table.header()
        names = [name for name in header if name and name not in _COLUMNS and header.count(name) == 1]
        if not names:
            return
        with (folder / ATTRIBUTES_FILE).open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow([_COLUMNS[0], *names])
            table.writerows(row for _, row in self._table.rows((_COLUMNS[0], *names)) if row[0] in self._ids)

    def _read_items(self) -> dict[str, Product]:
        products: dict[str, Product] = {}
        for line, (key, image, category) in self._table.rows(("item_id", "image"), ("category",)):
            self._table.check_key(line, "item_id", key)
            if key in products:
                raise self._table.error(line, f"item {key!r} again, first on line {products[key].line}")
            products[key] = Product(key, line, image.strip(), category.strip())
        return products

    def _read_interactions(
        self, table: CsvTable, products: dict[str, Product], purchases: Purchases, choice: SplitChoice
    ) -> None:
        timed = table.header().count(_TIME) == 1
        if choice.timed and not timed:
            raise InputError(f"{choice.flag}: {table.path} needs a column {_TIME}, once; the random split needs none")
        for line, (user_key, item_key, *time) in table.rows(("user_id", "item_id", *([_TIME] if timed else []))):
            table.check_key(line, "user_id", user_key)
            table.check_key(line, "item_id", item_key)
            if item_key not in products:
                raise table.error(line, f"item {item_key!r} is not in {self._table.path.name}")
            try:
                seconds = parse_time(time[0]) if timed else None
            except ValueError as error:
                if choice.timed:
                    raise table.error(line, f"{_TIME} {time[0]!r:.40}: {error}") from error
                timed, seconds = False, None  # The random split needs none.
            purchases.add(user_key, item_key, seconds)
