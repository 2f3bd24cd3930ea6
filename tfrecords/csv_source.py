"""A data set from two CSV files and a folder of photos."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from tfrecords import schema, split
from tfrecords.csv_table import CsvTable
from tfrecords.errors import InputError
from tfrecords.photo_check import BadPhoto, check_photos
from tfrecords.source import Item, User


@dataclasses.dataclass(frozen=True)
class _Row:
    line: int
    key: str
    image: str
    category: str


class CsvSource:
    """Purchases from interactions.csv (user_id, item_id), the catalogue from items.csv (item_id, image, category).

    Item ids follow the order of items.csv, user ids the sorted user keys. Items stay whether bought or not; duplicate
    purchases count once; users with fewer than `min_actions` purchases are left out.
    """

    kind = "csv"

    def __init__(
        self,
        folder: Path,
        images: Path | None = None,
        seed: int = 0,
        min_actions: int = 5,
        image_size: int = 0,
        skip_bad_images: bool = False,
    ):
        """Reads both tables; photos are read by `items`.

        Args:
            folder: where the CSV files lie.
            images: the folder that the column image is relative to, default `folder`.
            seed: of the split.
            min_actions: fewest distinct purchases of a user who stays, at least 3.
            image_size: as `tfrecords.photo_check.check_photo`.
            skip_bad_images: leave items with an unusable photo out instead of stopping at the first.

        Raises:
            InputError: a file, column or value is missing, or an interaction names an unknown item.
        """
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; expected one with interactions.csv and items.csv")
        if images is not None and not images.is_dir():
            raise InputError(f"{images}: no such folder of images")
        self.name = folder.resolve().name
        self._images = folder if images is None else images
        self._seed = seed
        self._min_actions = min_actions
        self._image_size = image_size
        self._skip_bad_images = skip_bad_images
        self._table = CsvTable(folder, "items")
        self._rows = self._read_items()
        names = sorted({row.category for row in self._rows.values() if row.category})
        self._categories = {name: index for index, name in enumerate(names)}
        self._bought, self._duplicates = self._read_interactions(CsvTable(folder, "interactions"))
        self._ids: dict[str, int] = {}
        self._skipped: list[tuple[str, str]] = []
        self._dropped_users = 0
        self._dropped_actions = 0
        self.category_names = names
        self.expected_items = len(self._rows)

    def items(self) -> Iterator[Item]:
        """Every item whose photo is usable, in the order of items.csv. Raises InputError at a photo that is not."""
        self._ids, self._skipped = {}, []
        paths = (self._images / row.image if row.image else None for row in self._rows.values())
        for row, photo in zip(self._rows.values(), check_photos(paths, self._image_size), strict=True):
            if isinstance(photo, BadPhoto):
                if not self._skip_bad_images:
                    raise self._photo_error(row, photo)
                self._skipped.append((row.key, str(photo)))
                continue
            self._ids[row.key] = len(self._ids)
            yield Item(row.key, self._categories.get(row.category, schema.NO_CATEGORY), photo)

    def users(self) -> list[User]:
        """Every user with enough purchases, split. Raises InputError where none has."""
        users = []
        most = 0
        self._dropped_users = self._dropped_actions = 0
        for user_key in sorted(self._bought):
            keys = sorted(key for key in self._bought[user_key] if key in self._ids)
            most = max(most, len(keys))
            if len(keys) < self._min_actions:
                self._dropped_users += 1
                self._dropped_actions += len(keys)
                continue
            held = split.hold_out(self._seed, user_key, keys)
            validation, test = (self._ids[keys[position]] for position in held)
            train = sorted(self._ids[key] for position, key in enumerate(keys) if position not in held)
            users.append(User(user_key, train, validation, test))
        if not users:
            raise InputError(
                f"{self._table.path.parent}: no user has {self._min_actions} purchases, the most is {most}; "
                "lower --min_actions (at least 3) or bring more purchases"
            )
        return users

    def facts(self) -> dict:
        """The split's seed and rule, and what was left out and why."""
        return {
            "split": {"seed": self._seed, "rule": split.RULE, "min_actions": self._min_actions},
            "dropped": {
                "duplicate_interactions": self._duplicates,
                "users_under_min_actions": self._dropped_users,
                "interactions_of_those_users": self._dropped_actions,
                "items_with_bad_images": len(self._skipped),
            },
            "bad_images": [{"item": key, "reason": reason} for key, reason in self._skipped],
        }

    def write_extras(self, folder: Path) -> None:
        """Nothing further."""

    def _read_items(self) -> dict[str, _Row]:
        rows: dict[str, _Row] = {}
        for line, (key, image, category) in self._table.rows(("item_id", "image"), ("category",)):
            self._table.check_key(line, "item_id", key)
            if key in rows:
                raise self._table.error(line, f"item {key!r} again, first on line {rows[key].line}")
            rows[key] = _Row(line, key, image.strip(), category.strip())
        return rows

    def _read_interactions(self, table: CsvTable) -> tuple[dict[str, set[str]], int]:
        bought: dict[str, set[str]] = {}
        total = 0
        for line, (user_key, item_key) in table.rows(("user_id", "item_id")):
            table.check_key(line, "user_id", user_key)
            if item_key not in self._rows:
                raise table.error(line, f"item {item_key!r} is not in {self._table.path.name}")
            bought.setdefault(user_key, set()).add(item_key)
            total += 1
        return bought, total - sum(map(len, bought.values()))

    def _photo_error(self, row: _Row, photo: BadPhoto) -> InputError:
        where = f" ({self._images / row.image})" if row.image else ""
        return InputError(
            f"{self._table.path}, line {row.line}: photo of item {row.key!r}{where}: {photo}; "
            "mend it, or pass --skip_bad_images to leave such items out"
        )
