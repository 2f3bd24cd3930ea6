"""Folders that are there whole or not at all: made under a temporary name, then renamed."""

import shutil
from pathlib import Path


def put_in_place(made: Path, output: Path) -> None:
    """Renames the folder `made` to its sibling `output`; what is at `output` goes, or stays where that fails."""
    # A folder cannot be renamed onto a full one: the old one steps aside for the moment in between.
    old = output.with_name(f".{output.name}.old")
    if output.exists():
        shutil.rmtree(old, ignore_errors=True)
        output.rename(old)
    try:
        made.rename(output)
    except OSError:
        if old.exists():
            old.rename(output)
        raise
    shutil.rmtree(old, ignore_errors=True)
