"""Reads dataset.json and checks everything that needs no shard's content, including the file's own checksum."""

import datetime
import hashlib
import json
import re
import reprlib
from collections.abc import Callable, Sequence
from pathlib import Path

from tfrecords import schema, split
from tfrecords.choices import FILTERS, FITS, SOURCES
from tfrecords.errors import InputError
from tfrecords.text import is_text

REBUILD = "build the data set again (tools.build_dataset --overwrite)"
CHECKSUM = "sha256"  # the field with the checksum of all others; data sets of earlier versions have none
_MEND = f"undo the change, or {REBUILD}"
_COUNTS = ("users", "items", "interactions", "categories", "train", "validation", "test")
_HASH = re.compile(r"[0-9a-f]{64}")
_LEAST_RECORD = 16  # bytes of an empty record: two lengths and their checksums


def read_metadata(folder: Path) -> dict:
    """Returns the checked content of a folder's dataset.json.

    Every field that any code reads must have a valid value, and the counts must agree with each other and with the list
    of shards. The shards themselves are not opened.

    Raises:
        InputError: there is no data set, it has another format version, the file is not JSON, a field is missing or has
            a value that no build writes, counts contradict each other, or the content was changed.
    """
    path = folder / schema.METADATA_FILE
    if not path.is_file():
        raise InputError(
            f"{folder}: no data set here ({schema.METADATA_FILE} is missing); tools.build_dataset makes one"
        )
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
        version = meta["format_version"]
        missing = [name for name in _FIELDS if name not in meta]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{path}: not a whole {path.name} ({error!r}); {REBUILD}") from error
    if version != schema.FORMAT_VERSION:
        shown = reprlib.repr(version)
        raise InputError(f"{path}: format version {shown}, expected {schema.FORMAT_VERSION}; {REBUILD}")
    if missing:
        raise InputError(f"{path}: not a whole {path.name} ({missing[0]} is missing); {REBUILD}")
    for name, (is_right, expected) in {**_FIELDS, **_OPTIONAL}.items():
        if name in meta and not is_right(meta[name]):
            raise InputError(f"{path}: {name} is {reprlib.repr(meta[name])}; {expected} expected; {_MEND}")
    contradiction = _contradiction(meta)
    if contradiction:
        raise InputError(f"{path}: {contradiction}; {_MEND}")
    if CHECKSUM in meta and meta[CHECKSUM] != checksum(meta):
        raise InputError(
            f"{path}: changed after it was written, its {CHECKSUM} does not fit; {_MEND}; to keep the change, delete "
            f"the field {CHECKSUM}"
        )
    return meta


def checksum(meta: dict) -> str:
    """Returns the hex SHA-256 of all fields except the checksum itself, independent of their order and layout."""
    content = {name: value for name, value in meta.items() if name != CHECKSUM}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def shards_of(meta: dict, stem: str) -> list[dict]:
    """Returns the shards of the items, or of the users, in order."""
    return [shard for shard in meta["shards"] if shard["file"].startswith(f"{stem}.")]


def contradicted(folder: Path, said: str, found: object) -> InputError:
    """Returns the error about a statement of dataset.json that the shards contradict."""
    return InputError(f"{folder / schema.METADATA_FILE}: {said}, the shards hold {found}; {_MEND}")


def _contradiction(meta: dict) -> str:
    """Returns in words which two fields contradict each other; "" if all agree."""
    counts, names, shards = meta["counts"], meta["category_names"], meta["shards"]
    stems = {stem: shards_of(meta, stem) for stem in (schema.ITEM_STEM, schema.USER_STEM)}
    expected = [schema.shard_name(stem, index, len(some)) for stem, some in stems.items() for index in range(len(some))]
    if [shard["file"] for shard in shards] != expected or not all(stems.values()):
        return f"shards are {reprlib.repr([shard['file'] for shard in shards])}; each once and in order expected"
    for stem, some in stems.items():
        total = counts[stem]
        # The writer distributes them in this way.
        dealt = [(total - index + len(some) - 1) // len(some) for index in range(len(some))]
        if total < 1 or [shard["examples"] for shard in some] != dealt:
            return f"counts.{stem} is {total}, and its shards hold {sum(shard['examples'] for shard in some)}"
        for shard in some:
            if shard["examples"] * _LEAST_RECORD > shard["bytes"]:
                return f"{shard['examples']} examples of {shard['file']} do not fit in its {shard['bytes']} bytes"
    parts = counts["train"] + counts["validation"] + counts["test"]
    if counts["interactions"] != parts:
        return f"counts.interactions is {counts['interactions']}, and train, validation and test make {parts}"
    for name in ("validation", "test") if "date" not in meta["split"] else ():
        if counts[name] > counts["users"]:
            return f"counts.{name} is {counts[name]}, and there are {counts['users']} users"
    if counts["categories"] != len(names):
        return f"counts.categories is {counts['categories']}, and there are {len(names)} category_names"
    if list(meta["category_counts"]) != names or sum(meta["category_counts"].values()) > counts["items"]:
        return "category_counts are not those of category_names, or more than there are items"
    return ""


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _are_names(value: object) -> bool:
    return isinstance(value, list) and all(map(is_text, value)) and len(set(value)) == len(value)


def _is_table(value: object, is_right: Callable[[object], bool], *names: str) -> bool:
    """Returns whether the value is a dict with text as keys, all `names` among them, and valid values."""
    return (
        isinstance(value, dict)
        and all(map(is_right, value.values()))
        and all(map(is_text, value))
        and (value.keys() >= set(names))
    )


def _is_split(value: object) -> bool:
    return (
        _is_table(value, lambda _: True, "seed", "rule")
        and (value["seed"] is None or _is_count(value["seed"]))
        and is_text(value["rule"])
        and value.get("kind", split.RANDOM) in (split.RANDOM, split.LAST, split.DATE)
        and all(_is_count(value.get(name, 0)) for name in ("tied_users", "new_users", "new_items", "core"))
        and ("date" in value) == (value.get("kind") == split.DATE)
        and all(_is_day(value[name]) for name in ("date", "validation_from") if "date" in value)
    )


def _is_day(value: object) -> bool:
    try:
        return isinstance(value, str) and str(datetime.date.fromisoformat(value)) == value
    except ValueError:
        return False


def _are_shards(value: object) -> bool:
    return isinstance(value, list) and all(
        _is_table(shard, lambda _: True, "file", "examples", "bytes", "sha256")
        and is_text(shard["file"])
        and _is_count(shard["examples"])
        and _is_count(shard["bytes"])
        and isinstance(shard["sha256"], str)
        and _HASH.fullmatch(shard["sha256"])
        for shard in value
    )


def _one_of(choices: Sequence[str]) -> tuple[Callable[[object], bool], str]:
    return lambda value: value in choices, f"one of {', '.join(choices)}"


_FIELDS = {
    "name": (lambda value: is_text(value) and bool(value.strip()), "text"),
    "source": _one_of(SOURCES),
    "counts": (lambda value: _is_table(value, _is_count, *_COUNTS), f"counts of {', '.join(_COUNTS)}"),
    "category_names": (_are_names, "a list of different names"),
    "category_counts": (lambda value: _is_table(value, _is_count), "a count of every category"),
    "fit": _one_of(FITS),
    "resize_filter": _one_of(FILTERS),
    "image_size": (_is_count, "a count of pixels"),
    "split": (_is_split, "seed and rule"),
    "shards": (_are_shards, "file, examples, bytes and sha256 of every shard"),
}
_OPTIONAL = {
    "dropped": (lambda value: _is_table(value, _is_count), "counts of what was left out"),
    "auc": (lambda value: _is_table(value, _is_share, "oracle_test", "poprank_test"), "two shares"),
}
