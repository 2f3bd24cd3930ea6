"""From a source to a dataset folder."""

import dataclasses
import warnings
from pathlib import Path

from PIL import Image

from tfrecords import schema, split
from tfrecords.data_set_folder import DATA_SET
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.files.atomic_folder import check_output, whole_folder
from tfrecords.photos.check import MIN_SIDE
from tfrecords.progress_bar import progress_bar
from tfrecords.sources.amazon import AmazonSource
from tfrecords.sources.amazon_categories import choose
from tfrecords.sources.base import Source, User
from tfrecords.sources.csv_files import CsvSource
from tfrecords.sources.release import ReleaseSource
from tfrecords.sources.shop import ShopOptions
from tfrecords.sources.tradesy import TradesySource
from tfrecords.sources.wardrobe.source import WardrobeSource
from tfrecords.text import is_text
from tfrecords.writer import Shard, ShardWriter, write_metadata

SOURCES = schema.SOURCES
# Which options speak to which source; any other that is given contradicts it.
_OPTIONS = {
    "csv": {"input", "images", "seed", "min_actions", "image_size", "skip_bad_images"},
    "release": {"input", "category_names", "image_size", "skip_bad_images"},
    "wardrobe": {"seed", "users", "items", "image_size"},
    "amazon": {"input", "images", "seed", "min_actions", "image_size", "skip_bad_images", "features"}
    | {"subset", "category_path", "category_levels"},
    "tradesy": {"input", "images", "seed", "min_actions", "image_size", "skip_bad_images", "features"},
}
_INPUTS = {
    "csv": "the folder with interactions.csv and items.csv",
    "release": "the .npy file",
    "amazon": "the folder with meta_*.json.gz and reviews_*.json.gz",
    "tradesy": "the file tradesy.json.gz",
}
_PHOTO_FOLDERS = ("amazon", "tradesy")
_SOME = frozenset().union(*_OPTIONS.values())


@dataclasses.dataclass(frozen=True)
class BuildConfig:
    """What to build; None is "not given": the source's default.

    Attributes:
        source: one of `SOURCES`.
        output: the dataset folder to make.
        input: csv: the folder with interactions.csv and items.csv; release: the .npy file; amazon: the folder with
            meta_*.json.gz and reviews_*.json.gz; tradesy: the file tradesy.json.gz.
        images: csv: the folder that the column image is relative to (default: input); amazon, tradesy: the folder of
            photos named by item.
        name: the data set's name (default: the input's).
        seed: of the split, and of everything drawn in the wardrobe (default 0); not for release.
        min_actions: csv, amazon, tradesy: users with fewer purchases are left out (default 5).
        resize_filter: one of `tfrecords.schema.FILTERS` (default: nearest for release, bicubic otherwise).
        fit: one of `tfrecords.schema.FITS`.
        image_size: wardrobe: side of the drawings; others: encode photos anew, shorter side at most this; 0: do not.
        shards: files the items are spread over (default 4, or as many as there are items).
        category_names: release: names of its categories in their order.
        skip_bad_images: release: give items with an unusable photo a white one; others: leave them out.
        overwrite: replace a data set that is already at `output`.
        users: wardrobe: number of users.
        items: wardrobe: number of items.
        features: amazon, tradesy: a `.b` file of image features to store with the items.
        subset, category_path, category_levels: amazon: as `tfrecords.sources.amazon_categories.choose`.
    """

    source: str
    output: Path
    input: Path | None = None
    images: Path | None = None
    name: str | None = None
    seed: int | None = None
    min_actions: int | None = None
    resize_filter: str | None = None
    fit: str = "stretch"
    image_size: int | None = None
    shards: int | None = None
    category_names: tuple[str, ...] | None = None
    skip_bad_images: bool = False
    overwrite: bool = False
    users: int | None = None
    items: int | None = None
    features: Path | None = None
    subset: str | None = None
    category_path: str | None = None
    category_levels: int | None = None

    def __post_init__(self) -> None:
        _check_choice("source", self.source, SOURCES)
        _check_choice("fit", self.fit, schema.FITS)
        if self.resize_filter is not None:
            _check_choice("resize_filter", self.resize_filter, schema.FILTERS)
        for name in sorted(_SOME - _OPTIONS[self.source]):
            value = getattr(self, name)
            if value is not None and value is not False:
                raise InputError(f"--{name} has no effect with --source={self.source}; leave it out")
        if self.name is not None and not (self.name.isprintable() and self.name.strip()):
            raise InputError(f"--name={self.name!r}: text on one line expected")
        if self.input is None and self.source in _INPUTS:
            raise InputError(f"--source={self.source} needs --input, {_INPUTS[self.source]}")
        if self.images is None and self.source in _PHOTO_FOLDERS:
            raise InputError(f"--source={self.source} needs --images, the folder of photos named by item")
        if self.source == "amazon":
            choose(self.subset, self.category_path, self.category_levels)
        for name, least, most in (
            ("min_actions", split.MIN_ACTIONS, 1_000_000),
            ("shards", 1, 1000),
            ("seed", 0, 2**63 - 1),
        ):
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise InputError(f"--{name}={value}: from {least} to {most} expected")
        if self.image_size is not None and self.image_size != 0 and self.image_size < MIN_SIDE:
            raise InputError(f"--image_size={self.image_size}: 0 or at least {MIN_SIDE} expected")


def build_dataset(config: BuildConfig, progress: bool = True) -> Dataset:
    """Builds a dataset folder and opens it.

    The folder is written under a temporary name next to its own and renamed when whole; on any error nothing is left.

    Args:
        config: what to build.
        progress: whether to show a progress bar.

    Raises:
        InputError: bad input, or `config.output` is taken.
    """
    check_output(config.output, DATA_SET, config.overwrite)
    source = _open_source(config, progress)
    _check_names(config, source)
    item_shards = min(4, source.expected_items) if config.shards is None else config.shards
    if item_shards > source.expected_items:
        raise InputError(f"--shards={item_shards}: at most {source.expected_items}, the number of items, expected")
    with whole_folder(config.output, DATA_SET, overwrite=config.overwrite) as folder, warnings.catch_warnings():
        # Photos over the bound are refused by name; the warning would only repeat it.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        items, categories = _write_items(folder, source, item_shards, progress)
        users = source.users()
        shards = items + _write_users(folder, users)
        source.write_extras(folder)
        write_metadata(folder, _metadata(config, source, shards, users, categories))
    return Dataset.open(config.output)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InputError(f"--{name}={value}: one of {', '.join(choices)} expected")


def _check_names(config: BuildConfig, source: Source) -> None:
    if not is_text(config.name or source.name):
        raise InputError(f"{config.input}: its name, which the data set would take, is not UTF-8; pass --name")
    for name in source.category_names:
        if not is_text(name):
            raise InputError(f"{config.input}: the category {name!r} has half a letter, which UTF-8 cannot hold")


def _open_source(config: BuildConfig, progress: bool) -> Source:
    if config.source == "csv":
        return CsvSource(config.input, config.images, _shop_options(config))
    if config.source == "amazon":
        choice = choose(config.subset, config.category_path, config.category_levels)
        options = _shop_options(config)
        return AmazonSource(config.input, config.images, choice, config.features, options, progress)
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
    min_actions = 5 if config.min_actions is None else config.min_actions
    return ShopOptions(config.seed or 0, min_actions, config.image_size or 0, config.skip_bad_images)


def _write_items(folder: Path, source: Source, shards: int, progress: bool) -> tuple[list[Shard], list[int]]:
    """Writes the item shards; also counts the items of each category, the last count being those without."""
    categories = [0] * (len(source.category_names) + 1)
    bar = progress_bar(source.items(), total=source.expected_items, desc="items", unit="photo", disable=not progress)
    with ShardWriter(folder, schema.ITEM_STEM, shards) as writer:
        for item_id, item in enumerate(bar):
            categories[item.category] += 1
            encoded, height, width = item.photo.encoded, item.photo.height, item.photo.width
            writer.write(schema.item_example(item_id, item.key, item.category, encoded, height, width, item.features))
        return writer.finish(), categories


def _write_users(folder: Path, users: list[User]) -> list[Shard]:
    with ShardWriter(folder, schema.USER_STEM, 1) as writer:
        for user_id, user in enumerate(users):
            writer.write(schema.user_example(user_id, user.key, user.train, user.validation, user.test))
        return writer.finish()


def _metadata(
    config: BuildConfig, source: Source, shards: list[Shard], users: list[User], categories: list[int]
) -> dict:
    held = [
        sum(item != schema.NO_ITEM for item in items)
        for items in zip(*((u.validation, u.test) for u in users), strict=True)
    ]
    train = sum(len(user.train) for user in users)
    default_filter = "nearest" if source.kind == "release" else "bicubic"
    return {
        "format_version": schema.FORMAT_VERSION,
        "name": config.name or source.name or source.kind,
        "source": source.kind,
        "counts": {
            "users": len(users),
            "items": sum(categories),
            "interactions": train + sum(held),
            "categories": len(source.category_names),
            "train": train,
            "validation": held[0],
            "test": held[1],
        },
        "category_names": list(source.category_names),
        "category_counts": dict(zip(source.category_names, categories, strict=False)),
        "fit": config.fit,
        "resize_filter": config.resize_filter or default_filter,
        "image_size": config.image_size or 0,
        **source.facts(),
        "shards": [dataclasses.asdict(shard) for shard in shards],
    }
