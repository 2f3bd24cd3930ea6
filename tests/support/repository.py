"""Where the project lies."""

from pathlib import Path


def repository() -> Path:
    """The root of the checkout that these tests belong to."""
    return Path(__file__).parents[2]
