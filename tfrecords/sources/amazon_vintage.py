"""Tells the dumps of Amazon of 2014, 2018 and 2023 apart, and where each keeps what a data set needs."""

import dataclasses
import re
from pathlib import Path
from typing import Any

from tfrecords.errors import InputError
from tfrecords.files.json_lines import JsonLines
from tfrecords.timestamps import MOST

_ENDINGS = (".json", ".json.gz", ".jsonl", ".jsonl.gz")
_TABLES = (".csv", ".csv.gz")
_RATING = re.compile(r"[^,{]+,[^,]+,[^,]+,[^,]+")  # a line of a file of ratings: user, item, stars, time
# The photo's address: a text in the dump of 2014; in that of 2018 a list with large photos first, under one of these
# names; a text in Tradesy's list of addresses.
_URL_FIELDS = ("imUrl", "imageURLHighRes", "imageURL", "image", "imageUrl")
_SIZES = ("hi_res", "large", "thumb")  # of the dump of 2023, the largest first


@dataclasses.dataclass(frozen=True)
class Vintage:
    """The names that a dump gives to its fields.

    Attributes:
        name: the years, as errors name them.
        item: the item's key, in both files.
        user: the user's key, in the reviews.
        time: the time of a review.
        per_second: the unit of that time.
    """

    name: str
    item: str
    user: str
    time: str
    per_second: int = 1

    def seconds(self, row: dict[str, Any]) -> int | None:
        """Returns the time of a review in seconds since 1970; None if it has none."""
        value = row.get(self.time)
        if not isinstance(value, int) or isinstance(value, bool):
            return None
        seconds = value // self.per_second
        return seconds if 0 <= seconds < MOST else None


OLD = Vintage("2014 or 2018", "asin", "reviewerID", "unixReviewTime")
NEW = Vintage("2023", "parent_asin", "user_id", "timestamp", per_second=1000)


def find_files(folder: Path) -> tuple[Path, Path]:
    """Returns the files of metadata and of reviews: the one called ``meta_*``, and ``reviews_*`` or the only other one.

    Raises:
        InputError: a file is missing or there twice, or there is a CSV file of ratings instead.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; expected one with meta_*.json.gz and reviews_*.json.gz")
    files = sorted(path for path in folder.iterdir() if path.name.endswith(_ENDINGS) and path.is_file())
    metadata = [path for path in files if path.name.startswith("meta_")]
    others = [path for path in files if path not in metadata]
    reviews = [path for path in others if path.name.startswith("reviews_")] or others
    tables = sorted(path.name for path in folder.iterdir() if path.name.endswith(_TABLES))
    for stem, found in (("meta", metadata), ("reviews", reviews)):
        if not found:
            rest = f"; {tables[0]} is no file of reviews but of ratings only" if tables and stem == "reviews" else ""
            raise InputError(f"{folder}: {stem}_*.json.gz (or .json, .jsonl, .jsonl.gz) is missing{rest}")
        if len(found) > 1:
            raise InputError(f"{folder}: holds {' and '.join(path.name for path in found)}; keep only one of them")
    return metadata[0], reviews[0]


def vintage_of(metadata: JsonLines, reviews: JsonLines | None = None) -> Vintage:
    """Returns the vintage of a dump by the first record of its files.

    Raises:
        InputError: the files are of different vintages, or one is a JSON array or a CSV file of ratings.
    """
    found = _of_file(metadata, NEW.item)
    if reviews is None:
        return found
    other = _of_file(reviews, NEW.user)
    if other is not found:
        raise InputError(
            f"{reviews.path}: reviews of the dump of {other.name}, but {metadata.path.name} is of {found.name}; take "
            "both files of one dump"
        )
    return found


def _of_file(lines: JsonLines, field: str) -> Vintage:
    if _RATING.fullmatch(lines.first_line().decode("utf-8", "replace").strip()):
        raise InputError(f"{lines.path}: a CSV file of ratings; the file of reviews expected, one record per line")
    return NEW if field in (lines.first() or {}) else OLD


def photo_url(row: dict[str, Any]) -> str:
    """Returns the address of an item's photo from its line of metadata, of any vintage; "" if it has none."""
    for found in (_main_photo(row.get("images")), *(row.get(field) for field in _URL_FIELDS)):
        value = found[0] if isinstance(found, list) and found else found
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _main_photo(images: object) -> object:
    """Returns the address of the variant MAIN, or else of the first photo: hi_res if it has that, else large.

    Args:
        images: a list of dicts, or a dict of lists.
    """
    if isinstance(images, dict):
        columns = {name: values for name, values in images.items() if isinstance(values, list)}
        count = max(map(len, columns.values()), default=0)
        images = [{name: values[at] for name, values in columns.items() if at < len(values)} for at in range(count)]
    if not isinstance(images, list):
        return None
    photos = [photo for photo in images if isinstance(photo, dict)]
    photos.sort(key=lambda photo: photo.get("variant") != "MAIN")
    addresses = (photo.get(size) for photo in photos for size in _SIZES)
    return next((address for address in addresses if isinstance(address, str) and address.strip()), None)
