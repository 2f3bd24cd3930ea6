"""Computes the checksum of a file."""

import hashlib
from pathlib import Path


def file_sha256(path: Path) -> str:
    """Returns the hex SHA-256 of a file, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
