"""Reads a dataset folder: users, items, purchases and photos."""

import contextlib
import functools
import hashlib
import json
import os
import reprlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfrecords import record_check, schema
from tfrecords.errors import InputError
from tfrecords.metadata import REBUILD, read_metadata, shards_of
from tfrecords.record_file import find_damage, read_record, record_offsets
from tfrecords.timestamps import PARTS, read_timestamps
from tfrecords.writer import file_sha256

_PARSE_BATCH = 64
_CARDINALITY = "expected to contain"  # from TensorFlow's error about a dataset with another number of elements
_HELD = ("validation", "test")


class Dataset:
    """The users, items and photos of one dataset folder; open it with `Dataset.open`.

    Each property is read at its first use and kept, except photos. Ids are row numbers: user u is row u of the user
    arrays, item i is row i of the item arrays, both counted from 0.

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

    @functools.cached_property
    def has_item_features(self) -> bool:
        """Returns whether features are stored with the items; reads only the first item."""
        return bool(self._item_example(0).features.feature[schema.ITEM_FEATURES].float_list.value)

    @functools.cached_property
    def item_features(self) -> np.ndarray | None:
        """Returns the features stored with the items, float32 [I, F], or None if there are none."""
        read = self._read(schema.ITEM_STEM, schema.ITEM_ID, schema.parse_features)
        parts = [(ids, batch[schema.ITEM_FEATURES]) for ids, batch in read]
        ids = np.concatenate([ids for ids, _ in parts])
        lengths = np.concatenate([features.row_lengths().numpy() for _, features in parts])
        if len(set(lengths.tolist())) != 1 or lengths[0] == 0:
            return None
        features = np.empty((self.num_items, lengths[0]), np.float32)
        features[ids] = np.concatenate([features.flat_values.numpy().reshape(-1, lengths[0]) for _, features in parts])
        return features

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

    def photos(self) -> tf.data.Dataset:
        """Returns each item once, in item order, as (id int64, encoded photo string); shards are read in parallel.

        Iterate inside `damage_named`: a damaged shard then raises an InputError.
        """
        records = self._records(schema.ITEM_STEM)
        return (
            records.map(schema.parse_photos, num_parallel_calls=tf.data.AUTOTUNE).unbatch().prefetch(tf.data.AUTOTUNE)
        )

    def encoded_photos(self, ids: Sequence[int]) -> list[bytes]:
        """Yields the stored photos of a few items, in the order asked for."""
        return [
            self._item_example(int(item)).features.feature[schema.IMAGE_ENCODED].bytes_list.value[0] for item in ids
        ]

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

        Also turns its error about a shard whose number of examples differs from dataset.json.
        """
        try:
            yield
        except tf.errors.FailedPreconditionError as error:
            if _CARDINALITY not in str(error):
                raise
            stated = f"counts are {self.num_users} users and {self.num_items} items"
            raise self._contradiction(stated, "more or fewer") from error
        except tf.errors.DataLossError as error:
            for shard in self.meta["shards"]:
                path = self.path / shard["file"]
                offset = find_damage(path)
                if offset is not None:
                    raise InputError(f"{path}: damaged at byte {offset}; {REBUILD}") from error
            raise
        except record_check.UNREADABLE as error:
            for shard in self.meta["shards"]:
                path = self.path / shard["file"]
                offset = record_check.find_unreadable(path)
                if offset is not None:
                    raise InputError(
                        f"{path}: the record at byte {offset} lacks a field, or its photo cannot be decoded; {REBUILD}"
                    ) from error
            raise

    @property
    def _users(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        return self._user_table[1]

    @functools.cached_property
    def _user_table(self) -> tuple[np.ndarray, dict[str, tuple[np.ndarray, np.ndarray]]]:
        """Returns the keys, and (indptr, items) of each part of the split."""
        keys = np.empty(self.num_users, object)
        lists = {part: [np.empty(0, np.int32)] * self.num_users for part in PARTS}
        for ids, batch in self._read(schema.USER_STEM, schema.USER_ID, schema.parse_users):
            keys[ids] = record_check.user_keys(
                batch, self.path, self.num_users, self.num_items, several=self.split_date is not None
            )
            for part, name in zip(PARTS, (schema.USER_TRAIN, schema.USER_VALIDATION, schema.USER_TEST), strict=True):
                rows = batch[name]
                of_users = np.split(rows.flat_values.numpy(), rows.row_splits.numpy()[1:-1])
                for user, items in zip(ids, of_users, strict=True):
                    lists[part][user] = np.unique(items).astype(np.int32)
        record_check.check_distinct(self.path, "user", keys)
        table = {}
        for part, rows in lists.items():
            indptr = np.concatenate([[0], np.cumsum([len(items) for items in rows])]).astype(np.int64)
            table[part] = indptr, np.concatenate(rows)
            if indptr[-1] != self.meta["counts"][part]:
                raise self._contradiction(f"counts.{part} is {self.meta['counts'][part]}", indptr[-1])
        return keys.astype(np.str_), table

    def _only(self, split: str) -> np.ndarray:
        if self.split_date is not None:
            raise InputError(f"{self.path}: split by date, so a user may hold out several items; take held_out")
        indptr, items = self.held_out(split)
        held = np.full(self.num_users, schema.NO_ITEM, np.int32)
        held[np.diff(indptr) > 0] = items
        return held

    @functools.cached_property
    def _items(self) -> dict[str, np.ndarray]:
        keys = np.empty(self.num_items, object)
        categories = np.empty(self.num_items, np.int32)
        sizes = np.empty((self.num_items, 2), np.int32)
        for ids, batch in self._read(schema.ITEM_STEM, schema.ITEM_ID, schema.parse_labels):
            keys[ids] = record_check.item_keys(batch, self.path, self.num_items, len(self.category_names))
            categories[ids] = batch[schema.ITEM_CATEGORY].numpy()
            sizes[ids] = np.stack([batch[schema.IMAGE_HEIGHT], batch[schema.IMAGE_WIDTH]], axis=1)
        record_check.check_distinct(self.path, "item", keys)
        stated = [*self.meta["category_counts"].values()]
        found = np.bincount(categories - schema.NO_CATEGORY, minlength=len(stated) + 1)[1:].tolist()
        if found != stated:
            raise self._contradiction(f"category_counts are {reprlib.repr(stated)}", reprlib.repr(found))
        return {"keys": keys.astype(np.str_), "categories": categories, "sizes": sizes}

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

    def _item_example(self, item: int) -> tf.train.Example:
        if not 0 <= item < self.num_items:
            raise IndexError(f"item {item}: ids run from 0 to {self.num_items - 1}")
        # The writer distributes items round-robin over the shards.
        path, offsets = self._item_shards[item % len(self._item_shards)]
        offset = offsets[item // len(self._item_shards)]
        data = read_record(path, offset)
        if data is None:
            raise InputError(f"{path}: damaged at byte {offset}; {REBUILD}")
        return record_check.item_example(self.path, item, data)

    def _records(self, stem: str) -> tf.data.Dataset:
        paths = [str(self.path / shard["file"]) for shard in shards_of(self.meta, stem)]
        records = tf.data.Dataset.from_tensor_slices(paths).interleave(
            tf.data.TFRecordDataset,
            cycle_length=len(paths),
            block_length=1,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        counted = records.apply(tf.data.experimental.assert_cardinality(self.meta["counts"][stem]))
        return counted.batch(_PARSE_BATCH)

    def _read(self, stem: str, key: str, parse: Callable[[tf.Tensor], dict]) -> Iterator[tuple[np.ndarray, dict]]:
        """Returns (ids int64 [B], parsed examples) of all records, sorted by id."""
        read = 0
        with self.damage_named():
            for batch in self._records(stem).map(parse, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE):
                ids = batch[key].numpy()
                if not np.array_equal(ids, np.arange(read, read + len(ids))):
                    raise self._contradiction(f"{stem} have the ids {read} to {read + len(ids) - 1} next", "others")
                read += len(ids)
                yield ids, batch

    def _contradiction(self, said: str, found: object) -> InputError:
        return InputError(
            f"{self.path / schema.METADATA_FILE}: {said}, the shards hold {found}; undo the change, or {REBUILD}"
        )


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
