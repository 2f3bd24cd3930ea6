"""Says which files of a dataset folder a build may replace: those that builds and other tools wrote."""

import json
import re
from pathlib import Path

from tfrecords import schema
from tfrecords.files.atomic_folder import FolderKind, named_in
from tfrecords.sources.wardrobe.source import ORACLE_FILE, TRUTH_FILE

_RECORD = re.compile(r"(\.?)([\w-]+)\.json(\.partial)?")


def _listed_shards(folder: Path) -> set[str]:
    """Returns the files that versions without a list of files wrote: the shards and the wardrobe's oracle."""
    return {*named_in(schema.METADATA_FILE)(folder), ORACLE_FILE, TRUTH_FILE}


def _added(folder: Path) -> set[str]:
    """Returns what other tools add: features and activations with a record of ours, and describe_dataset's picture."""
    names = {"photos.png"}
    for below in ("features", "activations"):
        for record in (folder / below).glob("*.json*"):
            form = _RECORD.fullmatch(record.name)
            if form and _is_record(record):
                hidden, name, partial = form[1], form[2], form[3] or ""
                names |= {f"{below}/{hidden}{name}.{ending}{partial}" for ending in ("json", "npy")}
    return names


def _is_record(file: Path) -> bool:
    try:
        return "dataset_fingerprint" in json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError, RecursionError):
        return False


DATA_SET = FolderKind("a data set", schema.METADATA_FILE, "building a data set", _listed_shards, _added)
