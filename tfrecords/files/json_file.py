"""JSON files, and what JSON cannot hold."""

import json
import math
import os

from tfrecords.files.atomic_file import write_text


def write_json(path: str | os.PathLike, content: object) -> None:
    """Writes a whole file of indented JSON in ASCII."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def without_nan(content: object) -> object:
    """`content` with None for every NaN in its dicts, lists and tuples: JSON has no NaN."""
    if isinstance(content, dict):
        return {name: without_nan(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [without_nan(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content
