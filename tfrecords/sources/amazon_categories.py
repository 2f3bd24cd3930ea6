"""Chooses Amazon's items, and their categories, by the paths of Amazon's category tree."""

import dataclasses
import html
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from tfrecords.errors import InputError, option
from tfrecords.settings import Bounds, at_least, check_settings, one_of, setting

FASHION_CATEGORIES = ("men_bottoms", "men_shoes", "men_tops", "women_bottoms", "women_shoes", "women_tops")
SUBSETS = ("fashion", "women", "men")
ROOT = "Clothing, Shoes & Jewelry"
# Names under Clothing that make up a category of the paper. Where there are two spellings, the dumps differ.
_GARMENTS = {
    "women_tops": ("Tops & Tees", "Tops, Tees & Blouses", "Sweaters", "Fashion Hoodies & Sweatshirts"),
    "women_bottoms": ("Pants", "Pants & Capris", "Jeans", "Leggings", "Shorts", "Skirts"),
    "men_tops": ("Shirts", "Sweaters", "Fashion Hoodies & Sweatshirts"),
    "men_bottoms": ("Pants", "Jeans", "Shorts"),
}
_DEPARTMENTS = {"women": "Women", "men": "Men"}
_BETWEEN = " > "

Path = tuple[str, ...]


class CategoryChoice(Protocol):
    """A choice of items and categories from the tree.

    Attributes:
        names: the categories in order if the order is fixed, otherwise None.
        label: the text for the choice in dataset.json.
        data_set: the default name of such a data set.
    """

    names: Sequence[str] | None
    label: str
    data_set: str

    def category_of(self, paths: Iterable[Path]) -> str | None:
        """Returns an item's category by its first path that has one; "": no category; None: not chosen."""
        ...


class FashionSix:
    """The six categories of the paper's Amazon Fashion: tops, bottoms and shoes of women and of men."""

    names: Sequence[str] | None = FASHION_CATEGORIES
    label = "fashion"
    data_set = "amazon_fashion"

    def __init__(self) -> None:
        self._table = {(ROOT, name, "Shoes"): f"{who}_shoes" for who, name in _DEPARTMENTS.items()}
        for category, garments in _GARMENTS.items():
            department = _DEPARTMENTS[category.partition("_")[0]]
            self._table |= {(ROOT, department, "Clothing", garment): category for garment in garments}

    def category_of(self, paths: Iterable[Path]) -> str | None:
        """Returns an item's category, as `CategoryChoice.category_of`; a chosen item always has one."""
        found = (self._table.get(path[:3]) or self._table.get(path[:4]) for path in paths)
        return next(filter(None, found), None)


@dataclasses.dataclass(frozen=True)
class Below:
    """All items whose path starts with `prefix`; the next `levels` names are the category.

    If `prefix` is empty, these are all items, also those without a path; if `levels` is 0, none has a category.
    """

    prefix: Path
    levels: int
    names: Sequence[str] | None = None

    @property
    def label(self) -> str:
        """Returns the path and the number of levels."""
        if not self.prefix:
            return f"all items, {self.levels} level{'s' * (self.levels > 1)}" if self.levels else "all items"
        return f"{_BETWEEN.join(self.prefix)}, {self.levels} level{'s' * (self.levels > 1)} below"

    @property
    def data_set(self) -> str:
        """Returns a name made from the last name of the path."""
        if not self.prefix:
            return "amazon"
        return f"amazon_{self.prefix[-1].lower().replace(' ', '_')}"

    def category_of(self, paths: Iterable[Path]) -> str | None:
        """Returns an item's category, as `CategoryChoice.category_of`."""
        depth = len(self.prefix)
        tails = [path[depth : depth + self.levels] for path in paths if path[:depth] == self.prefix]
        if not tails:
            return None if depth else ""
        return _BETWEEN.join(next(filter(None, tails), ()))


@dataclasses.dataclass(frozen=True, kw_only=True)
class AmazonItems:
    """The choice of Amazon's items: a subset, or everything under a path of its category tree."""

    subset: str | None = setting(
        None,
        "amazon: the paper's items: six kinds of garment, or everything for women or for men",
        one_of(*SUBSETS),
    )
    category_path: str | None = setting(
        None,
        f"amazon: instead of a subset, everything under this path, for example '{ROOT}>Women'; empty: all items, also "
        "those without a category",
        Bounds(lambda path: not path.strip() or all(_names(path)), f"names with > between, as in '{ROOT}>Women'"),
        empty=True,
    )
    category_levels: int | None = setting(
        None,
        "amazon: number of names below the category path that make a category; 1 if not given, or none with an empty "
        "path: then items have no categories",
        at_least(1),
    )

    def __post_init__(self) -> None:
        check_settings(self)

    def choose(self) -> CategoryChoice:
        """Returns the choice; women and men are everything below that department, with two levels per category.

        Raises:
            InputError: both subset and path are given, or neither; or levels are given with a subset.
        """
        if (self.subset is None) == (self.category_path is None):
            raise InputError(f"{option('subset')} or {option('category_path')} chooses the items; pass one of the two")
        if self.category_path is not None and not self.category_path.strip():
            return Below((), self.category_levels or 0)
        if self.category_path is not None:
            return Below(_names(self.category_path), self.category_levels or 1)
        if self.category_levels is not None:
            raise InputError(
                f"{option('category_levels')} has no effect with {option('subset', self.subset)}; leave it out"
            )
        return FashionSix() if self.subset == "fashion" else Below((ROOT, _DEPARTMENTS[self.subset]), 2)


def _names(path: str) -> Path:
    return tuple(name.strip() for name in path.split(">"))


def paths_of(row: dict[str, Any]) -> list[Path]:
    """Returns the category paths of a line of metadata, from a list of lists (`categories`) or a list (`category`)."""
    value = row.get("categories") or row.get("category") or []
    if not isinstance(value, list):
        return []
    paths = value if all(isinstance(path, list) for path in value) else [value]
    return [tuple(html.unescape(str(name)).strip() for name in path) for path in paths]
