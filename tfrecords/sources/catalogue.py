"""Keeps millions of products as columns: an object each would take several times the memory."""

import array
import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import overload

import numpy as np

from tfrecords.keys import Keys
from tfrecords.texts import Texts

_BLOCK = 1 << 12


@dataclasses.dataclass(frozen=True, slots=True)
class Product:
    """One item before its photo was checked: `line` and `image` as in the table."""

    key: str
    line: int
    image: str = ""
    category: str = ""


class Catalogue(Sequence[Product]):
    """Products with different keys; each `Product` is made when it is asked for.

    Attributes:
        keys: the key of each product.
    """

    def __init__(self, products: Iterable[Product] = ()) -> None:
        """Takes products with different keys."""
        self.keys = Keys()
        self._lines = array.array("q")
        self._images = Texts()
        self._categories = array.array("i")
        self._codes: dict[str, int] = {}  # of the categories
        self._names: list[str] = []
        products = iter(products)
        while block := list(itertools.islice(products, _BLOCK)):
            self.keys.number([product.key for product in block])
            for product in block:
                self._add(product.line, product.image, product.category)

    def add_block(
        self, keys: Sequence[str], items: np.ndarray, lines: Sequence[int], images: Sequence[str], names: Sequence[str]
    ) -> Iterator[tuple[Product, Product]]:
        """Adds rows, of each key the first; yields every other one as a product, with the product of the same key.

        Args:
            keys: keys, each of which stands in a row.
            items: int [rows], indices into `keys`.
            lines: of each row.
            images: of each row.
            names: the category of each row.
        """
        known = len(self)
        # Values may stand in another order than their first rows.
        values, firsts = np.unique(items, return_index=True)
        values = values[np.argsort(firsts)]
        numbers = np.zeros(len(keys), np.int64)
        numbers[values] = self.keys.number([keys[value] for value in values.tolist()])
        for item, number, line, image, name in zip(
            items.tolist(), numbers[items].tolist(), lines, images, names, strict=True
        ):
            if number == known:
                self._add(line, image, name)
                known += 1
            else:
                yield Product(keys[item], line, image, name), self[number]

    def category_names(self) -> list[str]:
        """Returns the categories of all products, sorted."""
        return sorted(filter(None, self._names))

    def _add(self, line: int, image: str, category: str) -> None:
        self._lines.append(line)
        self._images.extend([image])
        code = self._codes.setdefault(category, len(self._codes))
        if code == len(self._names):
            self._names.append(category)
        self._categories.append(code)

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, place: int) -> Product: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Product]: ...
    def __getitem__(self, place: int | slice) -> Product | Sequence[Product]:
        if isinstance(place, slice):
            return [self[number] for number in range(*place.indices(len(self)))]
        name = self._names[self._categories[place]]
        return Product(self.keys[place], self._lines[place], self._images[place], name)
