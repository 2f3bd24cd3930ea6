"""Reads what all sources of purchases and photo files have in common."""

import abc
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tfrecords import schema
from tfrecords.errors import InputError, option
from tfrecords.photos.check import BadPhoto, CheckedPhoto, first_file, read_photo
from tfrecords.sources.base import Draft, Source, User
from tfrecords.sources.catalogue import Catalogue, Product
from tfrecords.sources.mcauley_features import BinaryFeatures
from tfrecords.sources.purchases import Purchases
from tfrecords.split import BY_CHANCE, SplitChoice


@dataclasses.dataclass(frozen=True)
class ShopOptions:
    """How a source treats its purchases and photo files.

    Attributes:
        seed: seed of the split.
        min_actions: fewest distinct purchases of a user who stays, at least 3.
        core: fewest distinct purchases of every user and every item that stays, at least 3; None: no such rule.
        image_size: as in `tfrecords.photos.check.check_photo`.
        skip_bad_images: leave out items with an unusable photo, or without features, instead of stopping at the first.
        split: which purchases are held out.
    """

    seed: int = 0
    min_actions: int = 5
    image_size: int = 0
    skip_bad_images: bool = False
    split: SplitChoice = BY_CHANCE
    core: int | None = None

    def purchases(self, where: Path) -> Purchases:
        """Returns an empty collection of purchases; `where` is the source, as errors name it."""
        return Purchases(where, self.seed, self.min_actions, self.split, self.core)


class ShopSource(Source):
    """Items with a usable photo in the order of their table, and users with enough purchases of them, split.

    A subclass reads its tables and calls `_set_up`.

    Attributes:
        notes: what the user should know about the input though it is good, a line each.
    """

    notes: Sequence[str] = ()

    def _set_up(
        self,
        products: Iterable[Product],
        category_names: Sequence[str],
        purchases: Purchases,
        options: ShopOptions,
        features: BinaryFeatures | None = None,
    ) -> None:
        purchases.check_split()  # Before the photos are read, which takes its time.
        if options.core is not None:
            bought = purchases.items_of_kept_users()
            products = Catalogue(product for product in products if product.key in bought)
        self.category_names = category_names
        self._products = products if isinstance(products, Catalogue) else Catalogue(products)
        self.expected_items = len(self._products)
        self._categories = {name: index for index, name in enumerate(category_names)}
        self._purchases = purchases
        self._options = options
        self._features = features
        self._skipped: dict[str, str] = {}
        self.skips = options.skip_bad_images

    @abc.abstractmethod
    def _photo(self, product: Product) -> tuple[Path, ...]:
        """Returns where the photo of an item may be: the first of these that is a file. () if it has none."""

    @abc.abstractmethod
    def _where(self, product: Product) -> str:
        """Returns the file, and the line if known, that an error about an item names."""

    def drafts(self) -> Iterator[Draft]:
        """Yields every item in the order of its table."""
        self._skipped = {}
        for product in self._products:
            features, fault = None, None
            if self._features is not None:
                if product.key in self._features:
                    features = self._features.row(product.key)
                else:
                    fault = f"no features in {self._features.path.name}"
            category = self._categories.get(product.category, schema.NO_CATEGORY)
            yield Draft(product.key, category, self._photo(product), features, fault)

    def reader(self) -> Callable[[object], CheckedPhoto | BadPhoto]:
        """Returns `read_photo`, which takes the paths of a draft."""
        return functools.partial(read_photo, image_size=self._options.image_size)

    def refuse(self, position: int, reason: str) -> None:
        """Leaves an item out. Raises InputError without `skip_bad_images`."""
        product = self._products[position]
        if not self.skips:
            raise self._item_error(product, reason)
        self._skipped[product.key] = reason

    def users(self) -> Sequence[User]:
        """Returns every user with enough purchases, split. Raises InputError if there is none."""
        return self._purchases.users(self._kept_ids(), self._skipped)

    def _kept_ids(self) -> Callable[[Sequence[str]], np.ndarray]:
        """Returns the function that finds the id of each of some items by key; -1: not in the data set."""
        keys = self._products.keys
        ids = np.zeros(len(keys) + 1, np.int32)
        ids[[*keys.find(list(self._skipped)), -1]] = -1  # The last one is for keys that are not there.
        kept = ids == 0
        ids[kept] = np.arange(np.count_nonzero(kept))
        return lambda wanted: ids[keys.find(wanted)]

    def facts(self) -> dict:
        """Returns the split's seed and rule, and what was left out and why."""
        return {
            "split": self._purchases.facts(),
            "dropped": {
                "duplicate_interactions": self._purchases.duplicates,
                "users_under_min_actions": self._purchases.dropped_users,
                "interactions_of_those_users": self._purchases.dropped_purchases,
                **self._purchases.outside_core,
                "items_with_bad_images": len(self._skipped),
            },
            "bad_images": [{"item": key, "reason": reason} for key, reason in self._skipped.items()],
        }

    def _item_error(self, product: Product, reason: str) -> InputError:
        path = first_file(self._photo(product))
        where = f" ({path})" if path is not None else ""
        return InputError(
            f"{self._where(product)}: photo of item {product.key!r}{where}: {reason}; "
            f"mend it, or pass {option('skip_bad_images')} to leave such items out"
        )
