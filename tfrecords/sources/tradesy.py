"""Reads a data set from McAuley's dump of Tradesy (second-hand clothing) and a folder of photos named by item."""

from pathlib import Path
from typing import Any

from tfrecords.errors import InputError
from tfrecords.files.json_lines import JsonLines, as_key
from tfrecords.photos.folder import PhotoFolder
from tfrecords.sources.catalogue import Product
from tfrecords.sources.mcauley_features import BinaryFeatures
from tfrecords.sources.purchases import Purchases
from tfrecords.sources.shop import ShopOptions, ShopSource

# The lists that VBPR uses as positive feedback: purchases and thumbs-up. The lists selling and sold are not used.
POSITIVE_LISTS = ("bought", "want")


class TradesySource(ShopSource):
    """One line per user: ``{'uid': ..., 'lists': {'bought': [item, ...], 'want': [...], ...}}``.

    Items are those that users with enough actions bought or wanted, in the order of the sorted keys; users are in the
    order of the sorted uids. There are no categories.

    Source of the lists' meaning: He and McAuley, "VBPR: Visual Bayesian Personalized Ranking from Implicit Feedback",
    AAAI 2016.
    """

    kind = "tradesy"

    def __init__(
        self,
        path: Path,
        images: Path,
        features: Path | None = None,
        options: ShopOptions | None = None,
        progress: bool = False,
    ):
        """Reads the file, and the keys of the features; `items` reads photos and features.

        Args:
            path: tradesy.json or tradesy.json.gz.
            images: the folder of photos named ITEM.jpg, .jpeg or .png.
            features: a `.b` file whose rows become the items' features.
            options: how purchases are split and photos are treated.
            progress: whether to show progress bars.

        Raises:
            InputError: a file is missing or unreadable, a split that needs timestamps, or no user has enough actions.
        """
        options = options or ShopOptions()
        if options.split.timed:
            raise InputError(f"{options.split.flag}: {path} has no timestamps; leave it out, the split is then random")
        self._images = PhotoFolder(images)
        self._lines = JsonLines(path, progress)
        opened = None if features is None else BinaryFeatures(features, progress=progress)
        purchases = self._read(options.purchases(path))
        products = [Product(key, 0) for key in sorted(purchases.items_of_kept_users())]
        self.name = path.name.partition(".")[0]
        self._set_up(products, (), purchases, options, opened)

    def facts(self) -> dict:
        """Returns the facts of every shop, the lists that were used, and the lines that were not."""
        facts = super().facts()
        facts["dropped"]["unreadable_lines"] = self._lines.bad
        return {**facts, "lists": list(POSITIVE_LISTS), "unreadable_lines": self._lines.told}

    def _photo(self, product: Product) -> tuple[Path, ...]:
        return self._images.candidates(product.key)

    def _where(self, product: Product) -> str:
        return str(self._lines.path)

    def _read(self, purchases: Purchases) -> Purchases:
        for line, row in self._lines.rows():
            user = self._lines.key(line, row, "uid")
            if user is None:
                continue
            items = _positive(row)
            if items is None:
                self._lines.reject(line, f"no lists of items {' and '.join(POSITIVE_LISTS)}")
                continue
            for item in items:
                purchases.add(user, item)
        return purchases


def _positive(row: dict[str, Any]) -> list[str] | None:
    lists = row.get("lists")
    if not isinstance(lists, dict) or not any(name in lists for name in POSITIVE_LISTS):
        return None
    found = [lists.get(name, []) for name in POSITIVE_LISTS]
    if not all(isinstance(values, list) for values in found):
        return None
    keys = [as_key(value) for values in found for value in values]
    return None if None in keys else keys
