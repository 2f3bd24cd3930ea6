"""The settings of a download of photos (tools.download_photos)."""

import dataclasses
from pathlib import Path

from tfrecords import split
from tfrecords.download.urls import is_csv
from tfrecords.errors import InputError
from tfrecords.sources.amazon_categories import choose

_BOUNDS = (
    ("workers", 1, 256),
    ("per_host", 1, 256),
    ("retries", 0, 20),
    ("max_bytes", 1, 2**31 - 1),
    ("delay", 0, 3600),
    ("timeout", 0, 3600),
    ("backoff", 0, 3600),
)


@dataclasses.dataclass(frozen=True)
class DownloadConfig:
    """What to download and how fast; None means "not given".

    Attributes:
        input: as `tfrecords.download.urls.photo_urls`.
        images: the folder to fill, with KEY.jpg or KEY.png per item; made if missing.
        subset, category_path, category_levels: as in `amazon_categories.choose`; for a file, None means all items.
        min_actions: with a folder: users with fewer purchases are ignored (default 5).
        workers: number of photos downloaded at the same time.
        per_host: how many of these from one host.
        delay: minimum seconds between the starts of two requests to one host.
        timeout: seconds without a byte after which a try counts as failed.
        retries: number of further tries after a failure that may be temporary.
        backoff: seconds before the first retry, doubled for each further one.
        max_bytes: largest file that is accepted.
    """

    input: Path
    images: Path
    subset: str | None = None
    category_path: str | None = None
    category_levels: int | None = None
    min_actions: int | None = None
    workers: int = 8
    per_host: int = 4
    delay: float = 0.05
    timeout: float = 20.0
    retries: int = 4
    backoff: float = 1.0
    max_bytes: int = 20_000_000

    def __post_init__(self) -> None:
        for name, least, most in _BOUNDS:
            if not least <= getattr(self, name) <= most:
                raise InputError(f"--{name}={getattr(self, name)}: from {least} to {most} expected")
        for name in ("timeout", "backoff"):
            if getattr(self, name) == 0:
                raise InputError(f"--{name}=0: more than 0 expected")
        if self.min_actions is not None and self.min_actions < split.MIN_ACTIONS:
            raise InputError(f"--min_actions={self.min_actions}: at least {split.MIN_ACTIONS} expected")
        choosing = ("subset", "category_path", "category_levels")
        given = [name for name in choosing if getattr(self, name) is not None]
        if is_csv(self.input) and given:
            raise InputError(f"--{given[0]} has no effect with a CSV file; leave it out")
        if given:
            choose(self.subset, self.category_path, self.category_levels)
        if self.min_actions is not None and not self.input.is_dir():
            raise InputError("--min_actions has no effect with a file; leave it out, or name the folder of the dump")
