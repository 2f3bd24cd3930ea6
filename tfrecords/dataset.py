"""Reads a dataset folder: users, items, purchases and photos."""

import contextlib
import functools
import hashlib
import json
import os
import reprlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tfrecords import schema
from tfrecords.errors import InputError
from tfrecords.files.sha256 import file_sha256
from tfrecords.metadata import REBUILD, contradicted, read_metadata, shards_of
from tfrecords.records import validation
from tfrecords.records.example import Example
from tfrecords.records.framing import find_damage, read_record, record_offsets
from tfrecords.records.reader import read_examples
from tfrecords.timestamps import PARTS, read_timestamps

if TYPE_CHECKING:
    import tensorflow as tf

_FIELDS = dict(zip(PARTS, (schema.USER_TRAIN, schema.USER_VALIDATION, schema.USER_TEST), strict=True))
_HELD = ("validation", "test")


class Dataset:
    """The users, items and photos of one dataset folder; open it with `Dataset.open`.

    Each property is read at its first use and kept, except photos. Ids are row numbers: user u is row u of the user
    arrays, item i is row i of the item arrays, both counted from 0. Only `photos`, `damage_named` and `item_features`
    need TensorFlow, and import it.

    Attributes:
        path: the folder.
        meta: dataset.json.
        name: the data set's name.
        num_users: U.
        num_items: I.
        category_names: one name per category; () if items have no categories.
        fit: ``stretch`` or ``pad``, for `tfrecords.photos.decode.decode_photo`.
        resize_filter: one of `tfrecords.choices.FILTERS`, for the same.
        split_date: of a split by date, the last day before the test purchases, ``YYYY-MM-DD``; None for other splits.
        fingerprint: hex digest that changes with the shards, the split, the categories, `fit` or `resize_filter`, but
            not with the folder's path.
    """

    def __init__(self, path: Path, meta: dict):
        self.path = path
        self.meta = meta
        self.name: str = meta["name"]
        self.num_users: int = meta["counts"]["users"]
        self.num_items: int = meta["counts"]["items"]
        self.category_names: tuple[str, ...] = tuple(meta["category_names"])
        self.fit: str = meta["fit"]
        self.resize_filter: str = meta["resize_filter"]
        self.split_date: str | None = meta["split"].get("date")
        identity = {key: meta[key] for key in ("shards", "split", "category_names", "fit", "resize_filter")}
        self.fingerprint = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    @classmethod
    def open(cls, path: str | os.PathLike) -> "Dataset":
        """Opens a dataset folder: checks dataset.json, and that each shard exists with the stated length.

        The contents of the shards are compared with dataset.json when they are read; `verify` compares everything.

        Raises:
            InputError: there is no data set, it has another format version, dataset.json is damaged or contradicts
                itself, or a shard missing or cut short.
        """
        path = Path(path)
        dataset = cls(path, read_metadata(path))
        for shard in dataset.meta["shards"]:
            _check_size(path / shard["file"], shard["bytes"])
        return dataset

    @functools.cached_property
    def user_keys(self) -> np.ndarray:
        """Returns the users' external ids, unicode [U]."""
        return self._user_table[0]

    @functools.cached_property
    def train_indptr(self) -> np.ndarray:
        """Returns int64 [U+1]: user u's training items are ``train_items[train_indptr[u]:train_indptr[u + 1]]``."""
        return self._users["train"][0]

    @functools.cached_property
    def train_items(self) -> np.ndarray:
        """Returns all users' training items, int32 [nnz] item ids, ascending and distinct within each user."""
        return self._users["train"][1]

    def held_out(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns the items held out for ``validation`` or ``test``.

        A user has none or one; with a split by date also several.

        Returns:
            (indptr int64 [U+1], items int32), ascending and distinct within each user.

        Raises:
            ValueError: another `split`.
        """
        if split not in _HELD:
            raise ValueError(f"split must be one of {', '.join(_HELD)}; got {split!r}")
        return self._users[split]

    @functools.cached_property
    def validation(self) -> np.ndarray:
        """Returns each user's validation item, int32 [U]; -1: none. InputError for a split by date: use `held_out`."""
        return self._only("validation")

    @functools.cached_property
    def test(self) -> np.ndarray:
        """Returns each user's test item, int32 [U]; -1: none. InputError for a split by date: use `held_out`."""
        return self._only("test")

    @functools.cached_property
    def timestamps(self) -> dict[str, np.ndarray] | None:
        """Returns when each item was bought, in seconds since 1970; None if the source did not say.

        The arrays are int64: ``train`` in the order of `train_items`, ``validation`` and ``test`` in that of
        `held_out`. Raises InputError if the file is damaged.
        """
        return read_timestamps(self.path, self.meta["counts"])

    @functools.cached_property
    def item_keys(self) -> np.ndarray:
        """Returns the items' external ids, unicode [I]."""
        return self._items["keys"]

    @functools.cached_property
    def item_categories(self) -> np.ndarray:
        """Returns each item's category, int32 [I], an index into `category_names`; -1: none."""
        return self._items["categories"]

    @functools.cached_property
    def photo_sizes(self) -> np.ndarray:
        """Returns each stored photo's height and width in pixels, int32 [I, 2]."""
        return self._items["sizes"]

    @functools.cached_property
    def item_counts(self) -> np.ndarray:
        """Returns the number of training purchases of each item, int32 [I]."""
        return np.bincount(self.train_items, minlength=self.num_items).astype(np.int32)

    @property
    def has_item_features(self) -> bool:
        """Returns whether features are stored with the items; reads only the first item."""
        return self.item_features_dim > 0

    @functools.cached_property
    def item_features_dim(self) -> int:
        """Returns the number of features stored with the first item; 0: none."""
        return len(self._item_example(0).floats(schema.ITEM_FEATURES))

    @functools.cached_property
    def item_features(self) -> np.ndarray | None:
        """Returns the features stored with the items, float32 [I, F], or None if there are none."""
        from tfrecords.records import stream

        with self.damage_named():
            parts = [(ids.numpy(), rows) for ids, rows in stream.features(self.path, self.meta)]
        ids = np.concatenate([ids for ids, _ in parts])
        if not np.array_equal(ids, np.arange(self.num_items)):
            raise self._not_in_order(schema.ITEM_STEM)
        lengths = np.concatenate([rows.row_lengths().numpy() for _, rows in parts])
        if len(set(lengths.tolist())) != 1 or lengths[0] == 0:
            return None
        return np.concatenate([rows.flat_values.numpy().reshape(-1, lengths[0]) for _, rows in parts])

    def train_of(self, user: int) -> np.ndarray:
        """Returns the user's training items, int32, ascending."""
        return self.train_items[self.train_indptr[user] : self.train_indptr[user + 1]]

    def own_items(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns the training, validation and test items of every user together.

        Returns:
            (indptr int64 [U+1], items int32), ascending and distinct within each user.
        """
        parts = [self._users[part] for part in PARTS]
        users = np.concatenate([np.repeat(np.arange(self.num_users), np.diff(indptr)) for indptr, _ in parts])
        items = np.concatenate([items for _, items in parts])
        pairs = np.unique(users.astype(np.int64) * self.num_items + items)
        indptr = np.searchsorted(pairs, np.arange(self.num_users + 1, dtype=np.int64) * self.num_items)
        return indptr.astype(np.int64), (pairs % self.num_items).astype(np.int32)

    def photos(self) -> "tf.data.Dataset":
        """Returns each item once, in item order, as (id int64, encoded photo string); shards are read in parallel.

        Iterate inside `damage_named`: a damaged shard then raises an InputError.
        """
        from tfrecords.records import stream

        return stream.photos(self.path, self.meta)

    def encoded_photos(self, ids: Sequence[int]) -> list[bytes]:
        """Yields the stored photos of a few items, in the order asked for."""
        return [self._item_example(int(item)).text(schema.IMAGE_ENCODED) for item in ids]

    def verify(self) -> None:
        """Compares every shard with its checksum in dataset.json, and the shards' contents with its figures.

        Raises InputError, which names the shard and the offset, or the wrong statement of dataset.json.
        """
        for shard in self.meta["shards"]:
            path = self.path / shard["file"]
            if file_sha256(path) != shard["sha256"]:
                offset = find_damage(path)
                where = "its records are whole but not those written" if offset is None else f"damaged at byte {offset}"
                raise InputError(f"{path}: the checksum differs from dataset.json's, {where}; {REBUILD}")
        _ = self._users, self._items, self.timestamps

    @contextlib.contextmanager
    def damage_named(self) -> Iterator[None]:
        """Turns TensorFlow's errors about damaged or unreadable records into an InputError with shard and byte offset.

        Also turns its error about shards whose number of examples differs from dataset.json.
        """
        from tfrecords.records import stream

        with stream.damage_named(self.path, self.meta):
            yield

    @property
    def _users(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return self._user_table[1]

    @functools.cached_property
    def _user_table(self) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]]]:
        """Returns the keys, and (indptr, items) of each part of the split."""
        keys: list[bytes] = []
        lengths: dict[str, list[int]] = {name: [] for name in _FIELDS.values()}
        flat: dict[str, list[int]] = {name: [] for name in _FIELDS.values()}

        def add(example: Example) -> None:
            self._check_next(schema.USER_STEM, example.integer(schema.USER_ID), len(keys))
            keys.append(example.text(schema.USER_KEY))
            for name in _FIELDS.values():
                items = example.integers(name)
                lengths[name].append(len(items))
                flat[name].extend(items)

        self._read_all(schema.USER_STEM, add, keys)
        items = {name: (np.array(lengths[name], np.int64), np.array(flat[name], np.int64)) for name in lengths}
        several = self.split_date is not None
        texts = validation.user_keys(keys, items, self.path, self.num_items, several)
        validation.check_distinct(self.path, "user", texts)
        table = {}
        users = np.arange(self.num_users + 1, dtype=np.int64)
        for part, name in _FIELDS.items():
            pairs = np.unique(np.repeat(users[:-1], items[name][0]) * self.num_items + items[name][1])
            indptr = np.searchsorted(pairs, users * self.num_items).astype(np.int64)
            table[part] = indptr, (pairs % self.num_items).astype(np.int32)
            if indptr[-1] != self.meta["counts"][part]:
                raise self._contradiction(f"counts.{part} is {self.meta['counts'][part]}", indptr[-1])
        return np.array(texts, np.str_), table

    def _only(self, split: str) -> np.ndarray:
        if self.split_date is not None:
            raise InputError(f"{self.path}: split by date, so a user may hold out several items; take held_out")
        indptr, items = self.held_out(split)
        held = np.full(self.num_users, schema.NO_ITEM, np.int32)
        held[np.diff(indptr) > 0] = items
        return held

    @functools.cached_property
    def _items(self) -> dict[str, np.ndarray]:
        keys: list[bytes] = []
        values: dict[str, list[int]] = {
            name: [] for name in (schema.ITEM_CATEGORY, schema.IMAGE_HEIGHT, schema.IMAGE_WIDTH)
        }

        def add(example: Example) -> None:
            self._check_next(schema.ITEM_STEM, example.integer(schema.ITEM_ID), len(keys))
            keys.append(example.text(schema.ITEM_KEY))
            for name, column in values.items():
                column.append(example.integer(name))

        self._read_all(schema.ITEM_STEM, add, keys)
        columns = {name: np.array(column, np.int64) for name, column in values.items()}
        texts = validation.item_keys(keys, columns, self.path, len(self.category_names))
        validation.check_distinct(self.path, "item", texts)
        categories, *sizes = (column.astype(np.int32) for column in columns.values())
        stated = [*self.meta["category_counts"].values()]
        found = np.bincount(categories - schema.NO_CATEGORY, minlength=len(stated) + 1)[1:].tolist()
        if found != stated:
            raise self._contradiction(f"category_counts are {reprlib.repr(stated)}", reprlib.repr(found))
        return {"keys": np.array(texts, np.str_), "categories": categories, "sizes": np.stack(sizes, axis=1)}

    @functools.cached_property
    def _item_shards(self) -> list[tuple[Path, list[int]]]:
        shards = []
        for shard in shards_of(self.meta, schema.ITEM_STEM):
            path = self.path / shard["file"]
            offsets, broken = record_offsets(path)
            if broken is not None:
                raise InputError(f"{path}: damaged at byte {broken}; {REBUILD}")
            if len(offsets) != shard["examples"]:
                raise self._contradiction(f"{path.name} holds {shard['examples']} examples", len(offsets))
            shards.append((path, offsets))
        return shards

    def _item_example(self, item: int) -> Example:
        if not 0 <= item < self.num_items:
            raise IndexError(f"item {item}: ids run from 0 to {self.num_items - 1}")
        # The writer distributes items round-robin over the shards.
        path, offsets = self._item_shards[item % len(self._item_shards)]
        offset = offsets[item // len(self._item_shards)]
        data = read_record(path, offset)
        if data is None:
            raise InputError(f"{path}: damaged at byte {offset}; {REBUILD}")
        return validation.item_example(self.path, item, data)

    def _read_all(self, stem: str, add: Callable[[Example], None], read: Sequence) -> None:
        """Passes every record to `add`, which adds one entry to `read`, and checks their number."""
        for _ in read_examples(self.path, self.meta, stem, add):
            pass
        if len(read) != self.meta["counts"][stem]:
            raise self._contradiction(f"counts.{stem} is {self.meta['counts'][stem]}", len(read))

    def _check_next(self, stem: str, found: int, expected: int) -> None:
        if found != expected:
            raise self._not_in_order(stem)

    def _not_in_order(self, stem: str) -> InputError:
        return self._contradiction(f"{stem} have the ids 0 to {self.meta['counts'][stem] - 1} in order", "others")

    def _contradiction(self, said: str, found: object) -> InputError:
        return contradicted(self.path, said, found)


def _check_size(path: Path, size: int) -> None:
    if not path.is_file():
        raise InputError(f"{path}: this shard is missing; {REBUILD}")
    found = path.stat().st_size
    if found != size:
        offset = find_damage(path)
        where = found if offset is None else offset
        raise InputError(
            f"{path}: {found} bytes, {schema.METADATA_FILE} says {size}; damaged at byte {where}; {REBUILD}"
        )
