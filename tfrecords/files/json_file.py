"""JSON files, and the numbers that JSON does not have."""

import json
import math
import os

from tfrecords.files.atomic_file import write_text


def write_json(path: str | os.PathLike, content: object) -> None:
    """Writes a whole file of indented JSON in ASCII."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def parse_json(text: str) -> object:
    """What JSON text says. Raises ValueError for text that is none, and for numbers that JSON does not have.

    Python's own reader takes NaN and Infinity, makes infinity of 1e999, and raises RecursionError where lists are
    nested deeply.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def without_nan(content: object) -> object:
    """`content` with None for every NaN in its dicts, lists and tuples: JSON has no NaN."""
    if isinstance(content, dict):
        return {name: without_nan(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [without_nan(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text:.60} is too large a number")
    return value
