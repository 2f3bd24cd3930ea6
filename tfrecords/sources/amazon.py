"""Reads a data set from McAuley's dumps of Amazon and a folder of photos named by ASIN."""

from pathlib import Path

from tfrecords.photos.folder import PhotoFolder
from tfrecords.sources.amazon_categories import CategoryChoice
from tfrecords.sources.amazon_dump import read_dump
from tfrecords.sources.catalogue import Product
from tfrecords.sources.mcauley_features import BinaryFeatures
from tfrecords.sources.shop import ShopOptions, ShopSource


class AmazonSource(ShopSource):
    """Amazon's reviews as purchases, and its metadata as the catalogue.

    Items are those of the chosen categories that somebody with enough purchases bought, in the order of the metadata;
    users are in the order of the sorted reviewerIDs. Times are each review's `unixReviewTime`; stars are not used.
    """

    kind = "amazon"

    def __init__(
        self,
        folder: Path,
        images: Path,
        choice: CategoryChoice,
        features: Path | None = None,
        options: ShopOptions | None = None,
        progress: bool = False,
    ):
        """Reads both files, and the keys of the features; `items` reads photos and features.

        Args:
            folder: the folder with meta_*.json[.gz] and reviews_*.json[.gz].
            images: the folder of photos named ASIN.jpg, .jpeg or .png.
            choice: which items, and their categories.
            features: a `.b` file whose rows become the items' features.
            options: how purchases are split and photos are treated.
            progress: whether to show progress bars.

        Raises:
            InputError: as for `tfrecords.sources.amazon_dump.read_dump` and `BinaryFeatures`.
        """
        options = options or ShopOptions()
        self._images = PhotoFolder(images)
        self._choice = choice
        opened = None if features is None else BinaryFeatures(features, progress=progress)
        self._dump = read_dump(folder, choice, options, progress)
        products = self._dump.products
        names = choice.names or sorted({product.category for product in products if product.category})
        self.name = choice.data_set
        self._set_up(products, names, self._dump.purchases, options, opened)

    def facts(self) -> dict:
        """Returns the facts of every shop, the choice of categories, and the lines that were not used."""
        facts = super().facts()
        facts["dropped"] |= self._dump.dropped
        return {**facts, "subset": self._choice.label, "unreadable_lines": self._dump.unreadable}

    def _photo(self, product: Product) -> tuple[Path, ...]:
        return self._images.candidates(product.key)

    def _where(self, product: Product) -> str:
        return f"{self._dump.metadata}, line {product.line}"
