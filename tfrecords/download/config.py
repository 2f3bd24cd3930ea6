"""The settings of a download of photos (tools.download_photos)."""

import dataclasses
from pathlib import Path

from tfrecords import split
from tfrecords.errors import InputError, option
from tfrecords.settings import Bounds, at_least, between, check_settings, required, setting
from tfrecords.sources.amazon_categories import AmazonItems

_SECONDS = between(0, 3600)
_SOME_SECONDS = Bounds(lambda value: 0 < value <= 3600, "a number above 0, at most 3600")


def is_table(path: Path) -> bool:
    """Returns whether a file is read as a table (CSV or Parquet) and not as one record per line."""
    return path.name.endswith((".csv", ".csv.gz", ".parquet"))


@dataclasses.dataclass(frozen=True)
class DownloadConfig(AmazonItems):
    """What to download and how fast; each field's help describes it. None means "not given"."""

    input: Path = required(
        "folder with meta_*.json.gz and reviews_*.json.gz; or a file of metadata; or a .csv or .parquet file with "
        "the columns item_id and url (or imUrl, or image)"
    )
    images: Path = required("the folder to put the photos in")
    min_actions: int | None = setting(
        None,
        "with a folder: leave out items that only users with fewer purchases bought; 5 if not given",
        at_least(split.MIN_ACTIONS),
    )
    minimum_purchases: int | None = setting(
        None, "with a folder: as in tools.build_dataset, instead of min_actions", at_least(split.MIN_ACTIONS)
    )
    workers: int = setting(8, "number of photos downloaded at the same time", between(1, 256))
    per_host: int = setting(4, "how many of these from one host", between(1, 256))
    delay: float = setting(0.05, "minimum seconds between the starts of two requests to a host", _SECONDS)
    timeout: float = setting(20.0, "seconds without a byte after which a try fails", _SOME_SECONDS)
    retries: int = setting(4, "further tries after a failure that may be temporary", between(0, 20))
    backoff: float = setting(1.0, "seconds before the first retry, doubled for each further one", _SOME_SECONDS)
    max_bytes: int = setting(20_000_000, "largest file that is accepted, in bytes", between(1, 2**31 - 1))

    def __post_init__(self) -> None:
        check_settings(self)
        given = [name for name in ("subset", "category_path", "category_levels") if getattr(self, name) is not None]
        if is_table(self.input) and given:
            raise InputError(f"{option(given[0])} has no effect with a table; leave it out")
        if given:
            self.choose()
        for name in ("min_actions", "minimum_purchases"):
            if getattr(self, name) is not None and not self.input.is_dir():
                raise InputError(
                    f"{option(name)} has no effect with a file; leave it out, or name the folder of the dump"
                )
        if self.min_actions is not None and self.minimum_purchases is not None:
            raise InputError(f"{option('min_actions')} has no effect with {option('minimum_purchases')}; leave it out")
