"""Builds a dataset folder from a source."""

import array
import dataclasses
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from tfrecords import schema
from tfrecords.beam.new_folder import check_place, new_folder
from tfrecords.build_config import BuildConfig
from tfrecords.data_set_folder import DATA_SET
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.remote_path import RemotePath
from tfrecords.progress_bar import progress_bar
from tfrecords.records.example import item_example, user_example
from tfrecords.records.writer import Shard, ShardWriter, write_metadata
from tfrecords.sources.amazon import AmazonSource
from tfrecords.sources.base import Source, User
from tfrecords.sources.csv_files import CsvSource
from tfrecords.sources.release import ReleaseSource
from tfrecords.sources.shop import ShopOptions
from tfrecords.sources.tables import TableSource
from tfrecords.sources.tradesy import TradesySource
from tfrecords.sources.wardrobe.source import WardrobeSource
from tfrecords.text import is_text
from tfrecords.timestamps import write_timestamps


def build_dataset(
    config: BuildConfig, progress: bool = True, tell: Callable[[str], object] = lambda note: None
) -> Dataset:
    """Builds a dataset folder and opens it.

    The folder is written under a temporary name beside `config.output` and renamed when it is complete. After an error,
    nothing of it remains. With `config.beam`, Apache Beam reads the photos and writes the items; the folder is the same
    byte for byte.

    Args:
        config: the settings.
        progress: whether to show a progress bar.
        tell: is called with what the user should know about good input, a line each; settings are marked as in
            `InputError.marked`.

    Returns:
        The data set, open. Of one that is not on this machine, only the content of dataset.json can be read.

    Raises:
        InputError: the input is bad, or `config.output` is taken.
    """
    check_place(config.output, DATA_SET, config.overwrite, config.beam, config.pipeline)
    source = _open_source(config, progress)
    for note in getattr(source, "notes", ()):
        tell(note)
    _check_names(config, source)
    item_shards = min(4, source.expected_items) if config.shards is None else config.shards
    if item_shards > source.expected_items:
        raise InputError(
            f"{option('shards', item_shards)}: at most {source.expected_items}, the number of items, expected"
        )
    with new_folder(config.output, DATA_SET, config.overwrite) as new, warnings.catch_warnings():
        # Photos that are too large are refused by name, so Pillow's warning is not needed.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        if config.beam:
            from tfrecords.beam.write_items import write_items

            items, categories = write_items(new.large, source, item_shards, config.pipeline, tell)
        else:
            items, categories = _write_items(new.local, source, item_shards, progress)
        new.states = {shard.file: (shard.bytes, shard.sha256) for shard in items}
        shard, counts = _write_users(new.local, source.users())
        source.write_extras(new.local)
        metadata = _metadata(config, source, [*items, *shard], counts, categories)
        write_metadata(new.local, metadata)
    return Dataset(config.output, metadata) if isinstance(config.output, RemotePath) else Dataset.open(config.output)


def _check_names(config: BuildConfig, source: Source) -> None:
    if not is_text(config.name or source.name):
        raise InputError(
            f"{config.input}: its name, which the data set would take, is not UTF-8; pass {option('name')}"
        )
    for name in source.category_names:
        if not is_text(name):
            raise InputError(f"{config.input}: the category {name!r} has half a letter, which UTF-8 cannot hold")


def _open_source(config: BuildConfig, progress: bool) -> Source:
    if config.source == "csv":
        return CsvSource(config.input, config.images, _shop_options(config), config)
    if config.source == "table":
        return TableSource(config.input, config.images, _shop_options(config), config)
    if config.source == "amazon":
        options = _shop_options(config)
        return AmazonSource(config.input, config.images, config.choose(), config.features, options, progress)
    if config.source == "tradesy":
        return TradesySource(config.input, config.images, config.features, _shop_options(config), progress)
    if config.source == "release":
        return ReleaseSource(
            config.input,
            category_names=config.category_names,
            image_size=config.image_size or 0,
            skip_bad_images=config.skip_bad_images,
        )
    given = {name: getattr(config, name) for name in ("users", "items", "image_size")}
    return WardrobeSource(seed=config.seed or 0, **{name: value for name, value in given.items() if value is not None})


def _shop_options(config: BuildConfig) -> ShopOptions:
    min_actions = config.min_actions or config.minimum_purchases or 5
    photos = config.image_size or 0, config.skip_bad_images
    return ShopOptions(config.seed or 0, min_actions, *photos, config.split_choice(), config.minimum_purchases)


def _write_items(folder: Path, source: Source, shards: int, progress: bool) -> tuple[list[Shard], list[int]]:
    """Writes the item shards; returns them and the number of items per category, the last one for items without."""
    categories = [0] * (len(source.category_names) + 1)
    bar = progress_bar(source.items(), total=source.expected_items, desc="items", unit="photo", disable=not progress)
    with ShardWriter(folder, schema.ITEM_STEM, shards) as writer:
        for item_id, item in enumerate(bar):
            categories[item.category] += 1
            encoded, height, width = item.photo.encoded, item.photo.height, item.photo.width
            writer.write(item_example(item_id, item.key, item.category, encoded, height, width, item.features))
        return writer.finish(), categories


def _write_users(folder: Path, users: Sequence[User]) -> tuple[list[Shard], list[int]]:
    """Writes the users, and the times if all have them; returns the shard and the number of purchases of each part."""
    counts = [0, 0, 0]
    times = [array.array("q") for _ in counts] if users and users[0].times else None
    with ShardWriter(folder, schema.USER_STEM, 1) as writer:
        for user_id, user in enumerate(users):
            parts = user.train, user.validation, user.test
            writer.write(user_example(user_id, user.key, *parts))
            counts = [count + len(part) for count, part in zip(counts, parts, strict=True)]
            if times is not None and user.times is not None:
                for kept, part in zip(times, user.times, strict=True):
                    kept.extend(part)
        shards = writer.finish()
    if times is not None:
        write_timestamps(folder, times)
    return shards, counts


def _metadata(
    config: BuildConfig, source: Source, shards: list[Shard], purchases: list[int], categories: list[int]
) -> dict:
    train, validation, test = purchases
    default_filter = "nearest" if source.kind == "release" else "bicubic"
    return {
        "format_version": schema.FORMAT_VERSION,
        "name": config.name or source.name or source.kind,
        "source": source.kind,
        "counts": {
            "users": shards[-1].examples,
            "items": sum(categories),
            "interactions": sum(purchases),
            "categories": len(source.category_names),
            "train": train,
            "validation": validation,
            "test": test,
        },
        "category_names": list(source.category_names),
        "category_counts": dict(zip(source.category_names, categories, strict=False)),
        "fit": config.fit,
        "resize_filter": config.resize_filter or default_filter,
        "image_size": config.image_size or 0,
        **source.facts(),
        "shards": [dataclasses.asdict(shard) for shard in shards],
    }
