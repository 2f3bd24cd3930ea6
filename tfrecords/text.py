"""What counts as text."""

import re

_HALVES = re.compile("[\ud800-\udfff]")


def is_text(value: object) -> bool:
    """Whether a value is a str that UTF-8 can hold.

    JSON, pickles and names of files can bring halves of surrogate pairs, which no file of UTF-8 takes.
    """
    return isinstance(value, str) and not _HALVES.search(value)
