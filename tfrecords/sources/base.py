"""Defines what every source of a data set offers to the builder."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from tfrecords.photos.check import CheckedPhoto


@dataclasses.dataclass(frozen=True)
class Item:
    """One item: its key, an index into the category names (-1: none), its photo, optional features."""

    key: str
    category: int
    photo: CheckedPhoto
    features: Sequence[float] | None = None


@dataclasses.dataclass(frozen=True)
class User:
    """One user: the key, ascending item ids of each part of the split, and when they were bought.

    `validation` and `test` have one item or none; with a split by date also several. `times` has, for train, validation
    and test, seconds since 1970 of each item; None if they are unknown, for all users.
    """

    key: str
    train: Sequence[int]
    validation: Sequence[int]
    test: Sequence[int]
    times: tuple[Sequence[int], Sequence[int], Sequence[int]] | None = None


class Source(Protocol):
    """A catalogue and its purchases. Ids are positions in `items` and `users`.

    Attributes:
        kind: its name as a value of ``--source``.
        name: the data set's default name.
        category_names: one name per category.
        expected_items: the largest number of items that `items` can yield, for the progress bar.
    """

    kind: str
    name: str
    category_names: Sequence[str]
    expected_items: int

    def items(self) -> Iterator[Item]:
        """Yields every item in id order; photos are not kept in memory."""
        ...

    def users(self) -> Sequence[User]:
        """Returns every user in id order. Call it after `items` is exhausted."""
        ...

    def facts(self) -> dict:
        """Returns what dataset.json says besides counts: at least "split", and "dropped" if anything was left out."""
        ...

    def write_extras(self, folder: Path) -> None:
        """Writes further files into the new folder."""
        ...
