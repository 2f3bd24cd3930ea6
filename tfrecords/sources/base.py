"""Defines what every source of a data set offers to the builder."""

import abc
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tfrecords.files.parallel_map import ordered_map
from tfrecords.photos.bad_photo import BadPhoto
from tfrecords.photos.check import CheckedPhoto


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """One item before its photo was read.

    Attributes:
        key: the item's key.
        category: an index into the category names; -1: none.
        photo: what the source's reader turns into the photo, such as the paths at which it may lie.
        features: the item's features; None: there are none.
        fault: why the item cannot be used even if its photo can; None: nothing is wrong.
    """

    key: str
    category: int
    photo: object
    features: Sequence[float] | None = None
    fault: str | None = None


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


class Source(abc.ABC):
    """A catalogue and its purchases. Ids are positions among the usable items, and in `users`.

    The work has two parts. The plan is small and made in one process: `drafts` and `users`. Reading the photos is what
    takes long: `reader` needs nothing of the source, so it may run on any number of machines. Between the two stands
    the list of drafts whose photo is unusable, which the source hears of through `refuse`.

    Attributes:
        kind: its name as a value of ``--source``.
        name: the data set's default name.
        category_names: one name per category.
        expected_items: the number of drafts.
        replacement: the photo of items whose own is unusable; None: they are left out.
        skips: whether unusable items are left out or get the replacement; if not, the first one is an error.
    """

    kind: str
    name: str
    category_names: Sequence[str]
    expected_items: int
    replacement: CheckedPhoto | None = None
    skips: bool = False

    @abc.abstractmethod
    def drafts(self) -> Iterator[Draft]:
        """Yields every item in order, before its photo was read. It also forgets what `refuse` was told."""

    @abc.abstractmethod
    def reader(self) -> Callable[[object], CheckedPhoto | BadPhoto]:
        """Returns the function that makes the photo from `Draft.photo`. It can be pickled, and runs in any thread."""

    @abc.abstractmethod
    def refuse(self, position: int, reason: str) -> None:
        """Notes that a draft is unusable; positions ascend. Raises InputError if the source leaves none out."""

    @abc.abstractmethod
    def users(self) -> Sequence[User]:
        """Returns every user in id order. Call it after all unusable drafts were refused."""

    @abc.abstractmethod
    def facts(self) -> dict:
        """Returns what dataset.json says besides counts: at least "split", and "dropped" if anything was left out."""

    def write_extras(self, folder: Path) -> None:
        """Writes further files into the new folder."""

    def items(self) -> Iterator[Item]:
        """Yields every usable item in id order; photos are read in threads and not kept. InputError as of `refuse`."""
        read = self.reader()
        drafts = ((position, draft) for position, draft in enumerate(self.drafts()))
        for position, draft, photo in ordered_map(lambda one: (*one, read_draft(one[1], read)), drafts):
            if isinstance(photo, BadPhoto):
                self.refuse(position, str(photo))
                if self.replacement is None:
                    continue
                photo = self.replacement
            yield Item(draft.key, draft.category, photo, draft.features)


def read_draft(draft: Draft, read: Callable[[object], CheckedPhoto | BadPhoto]) -> CheckedPhoto | BadPhoto:
    """Returns a draft's photo, or why the item cannot be used."""
    photo = read(draft.photo)
    return photo if isinstance(photo, BadPhoto) or draft.fault is None else BadPhoto(draft.fault)
