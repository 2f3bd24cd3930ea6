"""A dataset folder as everything else reads it."""

import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from tfrecords import record_check, schema
from tfrecords.errors import InputError
from tfrecords.record_file import find_damage, read_record, record_offsets
from tfrecords.writer import file_sha256

_PARSE_BATCH = 64
_REBUILD = record_check.REBUILD


class Dataset:
    """Users, items and photos of one dataset folder; use `open`.

    Everything is read when first asked for and kept, photos apart. Ids are row numbers: user u is row u of the user
    arrays, item i row i of the item arrays; user 0 and item 0 are as good as any other.

    Attributes:
        path: the folder.
        meta: dataset.json.
        name: the data set's name.
        num_users: U.
        num_items: I.
        category_names: one name a category, () where items have none.
        fit: ``stretch`` or ``pad``, for `tfrecords.photos.decode.decode_photo`.
        resize_filter: one of `tfrecords.photos.decode.FILTERS`, for the same.
        fingerprint: hex digest that changes with the shards, the split, the categories, `fit` or `resize_filter`, but
            not with the folder's place.
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
        identity = {key: meta[key] for key in ("shards", "split", "category_names", "fit", "resize_filter")}
        self.fingerprint = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    @classmethod
    def open(cls, path: str | os.PathLike) -> "Dataset":
        """Reads dataset.json and checks that every shard is there and as long as stated.

        Raises:
            InputError: no data set here, one of another format version, or a shard missing or cut short.
        """
        path = Path(path)
        metadata = path / schema.METADATA_FILE
        if not metadata.is_file():
            raise InputError(
                f"{path}: no data set here ({schema.METADATA_FILE} is missing); tools.build_dataset makes one"
            )
        try:
            meta = json.loads(metadata.read_text(encoding="utf-8"))
            version = meta["format_version"]
            if version == schema.FORMAT_VERSION:
                dataset = cls(path, meta)
                sizes = {shard["file"]: shard["bytes"] for shard in meta["shards"]}
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{metadata}: not a whole {schema.METADATA_FILE} ({error!r}); {_REBUILD}") from error
        if version != schema.FORMAT_VERSION:
            raise InputError(f"{metadata}: format version {version}, expected {schema.FORMAT_VERSION}; {_REBUILD}")
        for file, size in sizes.items():
            _check_size(path / file, size)
        return dataset

    @functools.cached_property
    def user_keys(self) -> np.ndarray:
        """Unicode [U], the owner's ids."""
        return self._users["keys"]

    @functools.cached_property
    def train_indptr(self) -> np.ndarray:
        """int64 [U+1]: the training items of user u are ``train_items[train_indptr[u]:train_indptr[u + 1]]``."""
        return self._users["indptr"]

    @functools.cached_property
    def train_items(self) -> np.ndarray:
        """int32 [nnz], item ids, ascending and distinct within each user."""
        return self._users["items"]

    @functools.cached_property
    def validation(self) -> np.ndarray:
        """int32 [U], the item held out for validation, -1: none."""
        return self._users["validation"]

    @functools.cached_property
    def test(self) -> np.ndarray:
        """int32 [U], the item held out for test, -1: none."""
        return self._users["test"]

    @functools.cached_property
    def item_keys(self) -> np.ndarray:
        """Unicode [I], the owner's ids."""
        return self._items["keys"]

    @functools.cached_property
    def item_categories(self) -> np.ndarray:
        """int32 [I], index into `category_names`, -1: none."""
        return self._items["categories"]

    @functools.cached_property
    def photo_sizes(self) -> np.ndarray:
        """int32 [I, 2], height and width in pixels of the photo as stored."""
        return self._items["sizes"]

    @functools.cached_property
    def item_counts(self) -> np.ndarray:
        """int32 [I], purchases of each item in training."""
        return np.bincount(self.train_items, minlength=self.num_items).astype(np.int32)

    @functools.cached_property
    def has_item_features(self) -> bool:
        """Whether features are stored with the items; reads the first item alone."""
        return bool(self._item_example(0).features.feature[schema.ITEM_FEATURES].float_list.value)

    @functools.cached_property
    def item_features(self) -> np.ndarray | None:
        """float32 [I, F], the features stored with the items, None where there are none."""
        parts = [
            (batch[schema.ITEM_ID], batch[schema.ITEM_FEATURES]) for batch in self._read("items", schema.parse_features)
        ]
        ids = np.concatenate([ids.numpy() for ids, _ in parts])
        lengths = np.concatenate([features.row_lengths().numpy() for _, features in parts])
        if len(set(lengths.tolist())) != 1 or lengths[0] == 0:
            return None
        features = np.empty((self.num_items, lengths[0]), np.float32)
        features[ids] = np.concatenate([features.flat_values.numpy().reshape(-1, lengths[0]) for _, features in parts])
        return features

    def train_of(self, user: int) -> np.ndarray:
        """int32, the user's training items, ascending."""
        return self.train_items[self.train_indptr[user] : self.train_indptr[user + 1]]

    def own_items(self) -> tuple[np.ndarray, np.ndarray]:
        """Training, validation and test items of every user together.

        Returns:
            (indptr int64 [U+1], items int32), ascending and distinct within each user.
        """
        users = np.repeat(np.arange(self.num_users), np.diff(self.train_indptr))
        held = [(np.flatnonzero(items >= 0), items[items >= 0]) for items in (self.validation, self.test)]
        users = np.concatenate([users, *(rows for rows, _ in held)])
        items = np.concatenate([self.train_items, *(items for _, items in held)])
        pairs = np.unique(users.astype(np.int64) * self.num_items + items)
        indptr = np.searchsorted(pairs, np.arange(self.num_users + 1, dtype=np.int64) * self.num_items)
        return indptr.astype(np.int64), (pairs % self.num_items).astype(np.int32)

    def photos(self) -> tf.data.Dataset:
        """(item id int64, encoded photo string) of every item once, in item order, read in parallel.

        Iterate inside `damage_named` to have a damaged shard told as an InputError.
        """
        records = self._records("items")
        return (
            records.map(schema.parse_photos, num_parallel_calls=tf.data.AUTOTUNE).unbatch().prefetch(tf.data.AUTOTUNE)
        )

    def encoded_photos(self, ids: Sequence[int]) -> list[bytes]:
        """The photos of a few items as stored, in the order asked for."""
        return [
            self._item_example(int(item)).features.feature[schema.IMAGE_ENCODED].bytes_list.value[0] for item in ids
        ]

    def verify(self) -> None:
        """Compares every shard with its checksum in dataset.json. Raises InputError naming the shard and the offset."""
        for shard in self.meta["shards"]:
            path = self.path / shard["file"]
            if file_sha256(path) != shard["sha256"]:
                offset = find_damage(path)
                where = "its records are whole but not those written" if offset is None else f"damaged at byte {offset}"
                raise InputError(f"{path}: the checksum differs from dataset.json's, {where}; {_REBUILD}")

    @contextlib.contextmanager
    def damage_named(self) -> Iterator[None]:
        """Turns what TensorFlow says of damaged or unreadable records into an InputError with shard and byte offset."""
        try:
            yield
        except tf.errors.DataLossError as error:
            for shard in self.meta["shards"]:
                path = self.path / shard["file"]
                offset = find_damage(path)
                if offset is not None:
                    raise InputError(f"{path}: damaged at byte {offset}; {_REBUILD}") from error
            raise
        except tf.errors.InvalidArgumentError as error:
            for shard in self.meta["shards"]:
                path = self.path / shard["file"]
                offset = record_check.find_unreadable(path)
                if offset is not None:
                    raise InputError(
                        f"{path}: the record at byte {offset} lacks a field, or its photo cannot be decoded; {_REBUILD}"
                    ) from error
            raise

    @functools.cached_property
    def _users(self) -> dict[str, np.ndarray]:
        keys = np.empty(self.num_users, object)
        train: list[np.ndarray] = [np.empty(0, np.int32)] * self.num_users
        held = np.full((2, self.num_users), schema.NO_ITEM, np.int32)
        for batch in self._read("users", schema.parse_users):
            ids = batch[schema.USER_ID].numpy()
            keys[ids] = record_check.user_keys(batch, self.path, self.num_users, self.num_items)
            rows = batch[schema.USER_TRAIN]
            for user, items in zip(ids, np.split(rows.flat_values.numpy(), rows.row_splits.numpy()[1:-1]), strict=True):
                train[user] = np.unique(items).astype(np.int32)
            for split, name in enumerate((schema.USER_VALIDATION, schema.USER_TEST)):
                lengths = batch[name].row_lengths().numpy()
                held[split, ids[lengths > 0]] = batch[name].flat_values.numpy()
        record_check.check_distinct(self.path, "user", keys)
        indptr = np.concatenate([[0], np.cumsum([len(items) for items in train])]).astype(np.int64)
        return {
            "keys": keys.astype(np.str_),
            "indptr": indptr,
            "items": np.concatenate(train),
            "validation": held[0],
            "test": held[1],
        }

    @functools.cached_property
    def _items(self) -> dict[str, np.ndarray]:
        keys = np.empty(self.num_items, object)
        categories = np.empty(self.num_items, np.int32)
        sizes = np.empty((self.num_items, 2), np.int32)
        for batch in self._read("items", schema.parse_labels):
            ids = batch[schema.ITEM_ID].numpy()
            keys[ids] = record_check.item_keys(batch, self.path, self.num_items, len(self.category_names))
            categories[ids] = batch[schema.ITEM_CATEGORY].numpy()
            sizes[ids] = np.stack([batch[schema.IMAGE_HEIGHT], batch[schema.IMAGE_WIDTH]], axis=1)
        record_check.check_distinct(self.path, "item", keys)
        return {"keys": keys.astype(np.str_), "categories": categories, "sizes": sizes}

    @functools.cached_property
    def _item_shards(self) -> list[tuple[Path, list[int]]]:
        shards = []
        for path in self._shard_paths("items"):
            offsets, broken = record_offsets(path)
            if broken is not None:
                raise InputError(f"{path}: damaged at byte {broken}; {_REBUILD}")
            shards.append((path, offsets))
        return shards

    def _item_example(self, item: int) -> tf.train.Example:
        if not 0 <= item < self.num_items:
            raise IndexError(f"item {item}: ids run from 0 to {self.num_items - 1}")
        # The writer deals items round-robin over the shards.
        path, offsets = self._item_shards[item % len(self._item_shards)]
        offset = offsets[item // len(self._item_shards)]
        data = read_record(path, offset)
        if data is None:
            raise InputError(f"{path}: damaged at byte {offset}; {_REBUILD}")
        return record_check.item_example(self.path, item, data)

    def _shard_paths(self, stem: str) -> list[Path]:
        return [self.path / shard["file"] for shard in self.meta["shards"] if shard["file"].startswith(f"{stem}.")]

    def _records(self, stem: str) -> tf.data.Dataset:
        paths = [str(path) for path in self._shard_paths(stem)]
        records = tf.data.Dataset.from_tensor_slices(paths).interleave(
            tf.data.TFRecordDataset,
            cycle_length=len(paths),
            block_length=1,
            num_parallel_calls=tf.data.AUTOTUNE,
            deterministic=True,
        )
        return records.batch(_PARSE_BATCH)

    def _read(self, stem: str, parse: Callable[[tf.Tensor], dict]) -> Iterator[dict]:
        with self.damage_named():
            yield from self._records(stem).map(parse, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def _check_size(path: Path, size: int) -> None:
    if not path.is_file():
        raise InputError(f"{path}: this shard is missing; {_REBUILD}")
    found = path.stat().st_size
    if found != size:
        offset = find_damage(path)
        where = found if offset is None else offset
        raise InputError(
            f"{path}: {found} bytes, {schema.METADATA_FILE} says {size}; damaged at byte {where}; {_REBUILD}"
        )
