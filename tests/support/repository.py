"""Finds the root of the checkout."""

from pathlib import Path


def repository() -> Path:
    """Returns the root of the checkout of these tests."""
    return Path(__file__).parents[2]
