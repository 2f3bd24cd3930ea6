"""Checks that a value is text."""

import re

_HALVES = re.compile("[\ud800-\udfff]")


def is_text(value: object) -> bool:
    """Returns whether a value is a str that UTF-8 can encode.

    JSON, pickles and file names can contain halves of surrogate pairs, which UTF-8 cannot encode.
    """
    return isinstance(value, str) and (value.isascii() or not _HALVES.search(value))
