"""Draws the wardrobe: synthetic garments, users with known tastes, and the purchases that follow from them."""

import csv
import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from tfrecords import split
from tfrecords.errors import InputError, option
from tfrecords.photos.check import CheckedPhoto
from tfrecords.schema import ATTRIBUTES_FILE
from tfrecords.sources.base import Draft, Source, User
from tfrecords.sources.wardrobe import tastes
from tfrecords.sources.wardrobe.drawing import Garment, encode_garment

ORACLE_FILE = "oracle.npz"
TRUTH_FILE = "wardrobe.json"
SHOWN = ("colour", "length", "pattern", "neckline")
# Separate streams of random numbers: more draws from one do not change another.
_GARMENTS, _TASTES, _PURCHASES, _DRAWINGS = range(4)


class WardrobeSource(Source):
    """A data set drawn from a seed: by default 2400 users and 3600 items.

    It writes two files beside the shards: the oracle, which is the true tastes and attributes as two matrices
    (`ORACLE_FILE`), and in words and numbers what each user likes and what each garment is (`TRUTH_FILE`). What each
    garment shows, as a shop would list it, is in `ATTRIBUTES_FILE`: colour, length, pattern, and the neckline of tops.
    """

    kind = "wardrobe"
    name = "wardrobe"

    def __init__(self, users: int = 2400, items: int = 3600, seed: int = 0, image_size: int = 128):
        """Draws tastes, attributes and purchases; `reader` draws the garments.

        Args:
            users: number of users, 1 to 10 million.
            items: number of items, 100 to 10 million.
            seed: seed of all random draws.
            image_size: side of the drawings in pixels, 32 to 1024.

        Raises:
            InputError: a number is out of its range.
        """
        for name, value, least, most in (
            ("users", users, 1, 10_000_000),
            ("items", items, 100, 10_000_000),
            ("image_size", image_size, 32, 1024),
        ):
            if not least <= value <= most:
                raise InputError(f"{option(name, value)}: the wardrobe takes from {least} to {most}")
        self._seed = seed
        self._image_size = image_size
        self._garments = tastes.draw_garments(self._rng(_GARMENTS), items)
        self._features = self._garments.features()
        self._tastes = tastes.draw_tastes(self._rng(_TASTES), users)
        self._item_keys = [f"w{item:05d}" for item in range(items)]
        self._user_keys = [f"u{user:05d}" for user in range(users)]
        self._users = self._split(tastes.draw_purchases(self._rng(_PURCHASES), self._tastes, self._features))
        self.category_names = tastes.CATEGORIES
        self.expected_items = items

    def drafts(self) -> Iterator[Draft]:
        """Yields every garment as its number and its attributes."""
        for item, (key, category) in enumerate(zip(self._item_keys, self._garments.category.tolist(), strict=True)):
            shown = {name: value for name, value in self._garments.describe(item).items() if name != "colour"}
            yield Draft(key, category, (item, Garment(**shown)), self._features[item])

    def reader(self) -> Callable[[object], CheckedPhoto]:
        """Returns the function that draws a garment."""
        return functools.partial(_draw, seed=self._seed, image_size=self._image_size)

    def refuse(self, position: int, reason: str) -> None:
        """Is never called: every garment can be drawn."""
        raise ValueError(f"garment {position}: {reason}")

    def users(self) -> list[User]:
        """Yields every user, with one purchase each held out for validation and test."""
        return self._users

    def facts(self) -> dict:
        """Returns the split, the names of the features, and the test AUC of the oracle and of PopRank."""
        targets = np.array([user.test[0] for user in self._users])
        own = [np.array([*user.train, *user.validation, *user.test]) for user in self._users]
        trained = np.concatenate([user.train for user in self._users])
        counts = np.bincount(trained, minlength=len(self._item_keys)).astype(np.float32)
        popularity = np.ones((len(self._users), 1), np.float32)
        return {
            "split": {"seed": self._seed, "rule": split.RULE},
            "feature_names": list(tastes.ATTRIBUTES),
            "auc": {
                "oracle_test": tastes.mean_auc(self._tastes, self._features, targets, own),
                "poprank_test": tastes.mean_auc(popularity, counts[:, None], targets, own),
            },
        }

    def write_extras(self, folder: Path) -> None:
        """Writes the oracle and the truth in words."""
        with (folder / ORACLE_FILE).open("wb") as file:
            np.savez(
                file,
                step=np.int64(0),
                user_factors=self._tastes,
                item_factors=self._features,
                user_keys=np.array(self._user_keys),
                item_keys=np.array(self._item_keys),
            )
        described = map(tastes.describe_taste, self._tastes)
        truth = {
            "users": [{"key": key, **taste} for key, taste in zip(self._user_keys, described, strict=True)],
            "items": [{"key": key, **self._garments.describe(item)} for item, key in enumerate(self._item_keys)],
        }
        (folder / TRUTH_FILE).write_text(_json_text(truth), encoding="utf-8")
        write_attributes(folder / ATTRIBUTES_FILE, truth["items"])

    def _rng(self, *stream: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *stream])

    def _split(self, purchases: list[np.ndarray]) -> list[User]:
        users = []
        for key, bought in zip(self._user_keys, purchases, strict=True):
            held = split.hold_out(self._seed, key, [self._item_keys[item] for item in bought])
            train = np.delete(bought, held)
            users.append(User(key, train.tolist(), *([int(bought[position])] for position in held)))
        return users


def _draw(numbered: tuple[int, Garment], seed: int, image_size: int) -> CheckedPhoto:
    item, garment = numbered
    # Each garment has its own stream, so it does not matter where and in which order they are drawn.
    encoded = encode_garment(garment, image_size, np.random.default_rng([seed, _DRAWINGS, item]))
    return CheckedPhoto(encoded, image_size, image_size)


def write_attributes(path: Path, items: Iterable[Mapping[str, object]]) -> None:
    """Writes a garment a line, from what `TRUTH_FILE` has of each."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["item_id", *SHOWN])
        for item in items:
            hidden = () if str(item["category"]).endswith("tops") else ("neckline",)
            table.writerow([item["key"], *("" if name in hidden else item[name] for name in SHOWN)])


def _json_text(tables: dict[str, list[dict]]) -> str:
    rows = {name: ",\n".join(json.dumps(row) for row in table) for name, table in tables.items()}
    return "{\n" + ",\n".join(f'"{name}": [\n{text}\n]' for name, text in rows.items()) + "\n}\n"
