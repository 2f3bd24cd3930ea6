"""Writes and parses JSON strictly: without NaN and infinity."""

import json
import math
import os

from tfrecords.files.atomic_file import write_text

_MOST_DIGITS = 4000  # of a whole number; Python reads no more than 4300


def write_json(path: str | os.PathLike, content: object) -> None:
    """Writes indented ASCII JSON atomically."""
    write_text(path, json.dumps(content, indent=2) + "\n")


def parse_json(text: str) -> object:
    """Parses JSON. Raises ValueError for invalid JSON, and for numbers that JSON does not have.

    Python's own parser accepts NaN and Infinity, turns 1e999 into infinity, raises RecursionError if lists are nested
    deeply, and tells the caller of a whole number of many digits how to set up Python.
    """
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def without_nan(content: object) -> object:
    """Returns `content` with None for every NaN in its dicts, lists and tuples, since JSON has no NaN."""
    if isinstance(content, dict):
        return {name: without_nan(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [without_nan(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise ValueError(f"{text:.20}... is a number of {len(text)} digits")
    return int(text)


def _finite(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError(f"{text:.60} is too large a number")
    return value
