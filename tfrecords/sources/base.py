"""What every source of a data set offers to the builder."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from tfrecords.photos.check import CheckedPhoto


@dataclasses.dataclass(frozen=True)
class Item:
    """One item: the owner's key, an index into the category names (-1: none), its photo, optional features."""

    key: str
    category: int
    photo: CheckedPhoto
    features: Sequence[float] | None = None


@dataclasses.dataclass(frozen=True)
class User:
    """One user: the owner's key and item ids; -1 where nothing is held out."""

    key: str
    train: Sequence[int]
    validation: int
    test: int


class Source(Protocol):
    """A catalogue and its purchases. Ids are the positions in `items` and `users`.

    Attributes:
        kind: the name ``--source`` knows it by.
        name: the data set's default name.
        category_names: one name a category.
        expected_items: how many items `items` yields at most, for the progress bar.
    """

    kind: str
    name: str
    category_names: Sequence[str]
    expected_items: int

    def items(self) -> Iterator[Item]:
        """Every item in the order of its id, streamed: photos are not kept."""
        ...

    def users(self) -> list[User]:
        """Every user in the order of its id. To be called when `items` has run out."""
        ...

    def facts(self) -> dict:
        """What dataset.json says beyond counts: "split" at least, "dropped" where something was left out."""
        ...

    def write_extras(self, folder: Path) -> None:
        """Writes further files into the new folder."""
        ...
