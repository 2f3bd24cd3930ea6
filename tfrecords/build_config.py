"""Defines the settings of tools.build_dataset."""

import dataclasses
from pathlib import Path

from tfrecords.choices import FILTERS, FITS, SOURCES
from tfrecords.errors import InputError, option
from tfrecords.files.remote_path import is_remote
from tfrecords.photos.bad_photo import MIN_SIDE
from tfrecords.settings import Bounds, between, check_settings, one_of, required, setting
from tfrecords.sources.amazon_categories import AmazonItems
from tfrecords.sources.table_columns import TableColumns
from tfrecords.split import MIN_ACTIONS, RANDOM, SplitChoice

_QUERIES = {"interactions_query", "items_query"}
_COLUMNS = {field.name for field in dataclasses.fields(TableColumns)} - _QUERIES
_SHOP = {"input", "images", "seed", "split", "min_actions", "minimum_purchases", "image_size", "skip_bad_images"}
# The settings that each source uses; giving another one is an error.
_OPTIONS = {
    "csv": _SHOP | _COLUMNS,
    "table": _SHOP | _COLUMNS | _QUERIES,
    "release": {"input", "category_names", "image_size", "skip_bad_images"},
    "wardrobe": {"seed", "users", "items", "image_size"},
    "amazon": _SHOP | {"features", "subset", "category_path", "category_levels"},
    "tradesy": _SHOP | {"features"},
}
_INPUTS = {
    "csv": "the folder with interactions.csv and items.csv",
    "table": "the folder with interactions and items, or the database",
    "release": "the .npy file",
    "amazon": "the folder with meta_*.json.gz and reviews_*.json.gz",
    "tradesy": "the file tradesy.json.gz",
}
_PHOTO_FOLDERS = ("amazon", "tradesy")
_SOME = frozenset().union(*_OPTIONS.values())


@dataclasses.dataclass(frozen=True)
class BuildConfig(AmazonItems, TableColumns):
    """What to build, and from which source; each field's help describes it. None means "not given".

    Raises:
        InputError: a setting is out of its bounds, missing, or without effect on the source.
    """

    source: str = required("kind of the source", one_of(*SOURCES))
    output: Path = required("the dataset folder to write")
    input: Path | None = setting(
        None,
        "csv: folder with interactions.csv and items.csv; table: folder with interactions and items, each as CSV, JSON "
        "lines or Parquet, or a SQLite database, or one table of purchases with the items' images; release: the .npy "
        "file; amazon: folder with meta_*.json.gz and reviews_*.json.gz; tradesy: the file tradesy.json.gz",
    )
    images: Path | None = setting(
        None,
        "csv, table: the folder to which the paths in the column image are relative; the input's folder if not given; "
        "amazon, tradesy: the folder of photos named by item",
    )
    name: str | None = setting(
        None,
        "the data set's name; the name of the input if not given",
        Bounds(lambda name: name.isprintable() and bool(name.strip()), "text on one line"),
    )
    seed: int | None = setting(
        None,
        "seed of the split, or of wardrobe's drawings; 0 if not given; not for release and splits by date",
        between(0, 2**63 - 1),
    )
    split: str | None = setting(
        None,
        "csv, table, amazon, tradesy: the purchases held out for validation and test; random: one each of every user; "
        "last: every user's second-to-last and last; date=YYYY-MM-DD: those after that day for test, those of as many "
        "days up to it for validation; random if not given; last and date need timestamps, which tradesy does not have",
    )
    min_actions: int | None = setting(
        None,
        "csv, table, amazon, tradesy: leave out users with fewer purchases than this; 5 if not given",
        between(MIN_ACTIONS, 1_000_000),
    )
    minimum_purchases: int | None = setting(
        None,
        "csv, table, amazon, tradesy: instead of min_actions, a k-core: leave out users and items with fewer purchases "
        "than this until every user and every item has so many; not the paper's rule",
        between(MIN_ACTIONS, 1_000_000),
    )
    resize_filter: str | None = setting(
        None, "how readers resize photos; if not given: nearest for release, bicubic for the others", one_of(*FILTERS)
    )
    fit: str = setting("stretch", "how readers make photos square; pad adds white borders", one_of(*FITS))
    image_size: int | None = setting(
        None,
        "re-encode photos so that the shorter side has at most this many pixels (at least 8); 0: keep their bytes; "
        "wardrobe: side of the drawings, from 32 to 1024; 128 if not given",
        Bounds(lambda side: side == 0 or side >= MIN_SIDE, f"0 or at least {MIN_SIDE}"),
    )
    shards: int | None = setting(None, "number of files for the items; 4 if not given", between(1, 1000))
    category_names: tuple[str, ...] | None = setting(None, "release: names of the categories in their order")
    skip_bad_images: bool = setting(
        False,
        "leave out items whose photo is unusable or whose features are missing; release: give them a white photo",
    )
    overwrite: bool = setting(False, "replace an existing data set at output")
    users: int | None = setting(None, "wardrobe: number of users, at least 1; 2400 if not given")
    items: int | None = setting(None, "wardrobe: number of items, at least 100; 3600 if not given")
    features: Path | None = setting(None, "amazon, tradesy: a .b file of image features to store with the items")

    beam: bool = setting(
        False,
        "read the photos and write the items with Apache Beam; then every flag that is not listed here is a pipeline "
        "option, and images and output may be at any path that Beam's file systems know",
    )
    pipeline: tuple[str, ...] = ()  # the pipeline options, --name=value each

    def __post_init__(self) -> None:
        check_settings(self)
        self._check_beam()
        choice = self.split_choice()
        if self.split is not None and self.source == "release":
            raise InputError(f"{choice.flag}: the authors' file has its own split, which is kept; leave it out")
        for name in sorted(_SOME - _OPTIONS[self.source]):
            value = getattr(self, name)
            if value is not None and value is not False:
                raise InputError(f"{option(name)} has no effect with {option('source', self.source)}; leave it out")
        if self.input is None and self.source in _INPUTS:
            raise InputError(f"{option('source', self.source)} needs {option('input')}, {_INPUTS[self.source]}")
        if self.images is None and self.source in _PHOTO_FOLDERS:
            raise InputError(
                f"{option('source', self.source)} needs {option('images')}, the folder of photos named by item"
            )
        if self.minimum_purchases is not None and self.min_actions is not None:
            raise InputError(f"{option('min_actions')} has no effect with {option('minimum_purchases')}; leave it out")
        if self.source == "amazon":
            self.choose()
        if choice.date is not None and self.seed is not None:
            raise InputError(f"{option('seed')} has no effect with {choice.flag}, which draws nothing; leave it out")

    def _check_beam(self) -> None:
        if self.beam:
            return
        if self.pipeline:
            raise InputError(
                f"{option('pipeline', self.pipeline)} has no effect without {option('beam')}; leave it out"
            )
        for name in ("images", "output"):
            if is_remote(getattr(self, name)):
                raise InputError(
                    f"{option(name, getattr(self, name))}: a folder on this machine expected; with {option('beam')} it "
                    "may be anywhere"
                )

    def split_choice(self) -> SplitChoice:
        """Returns the split that the setting ``split`` names. Raises InputError if it names none."""
        return SplitChoice.parse(RANDOM if self.split is None else self.split)
