"""The folder of embedded photos: vectors in shards, each with a file of keys.

``embedded.json`` says what they are::

    {"format_version": 1, "photos": ..., "rows": P, "dim": F, "keys": ..., "made_by": {...},
     "shards": [{"vectors": FILE, "keys": FILE, "rows": n, "bytes": ..., "sha256": ...}, ...],
     "bad_photos": [{"photo": ..., "reason": ...}, ...]}

``vectors-00000-of-00004.npy`` holds float32 [n, F], and ``keys-00000-of-00004.txt`` the n keys of its rows, one a line.
The shards follow each other in the order of the photos' paths.
"""

import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tfrecords.errors import InputError
from tfrecords.files.atomic_folder import FolderKind, named_in
from tfrecords.files.json_file import parse_json
from tfrecords.files.npy_file import map_npy

RECORD = "embedded.json"
FORMAT_VERSION = 1
EMBEDDED = FolderKind("embedded photos", RECORD, "embedding photos", named_in(RECORD))
_AGAIN = "embed the photos again (tools.embed --overwrite)"


def vectors_name(shard: int, shards: int) -> str:
    """Returns the name of a shard's vectors."""
    return f"vectors-{shard:05d}-of-{shards:05d}.npy"


def keys_name(shard: int, shards: int) -> str:
    """Returns the name of a shard's keys."""
    return f"keys-{shard:05d}-of-{shards:05d}.txt"


def npy_head(rows: int, dim: int) -> bytes:
    """Returns the bytes of an .npy file of float32 [rows, dim] before its values."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": (rows, dim)})
    return head.getvalue()


class EmbeddedPhotos:
    """An open folder of embedded photos; the vectors stay on the disk until they are asked for.

    Attributes:
        path: the folder.
        meta: embedded.json.
        keys: one for each row.
        dim: F.

    Raises:
        InputError: there is no such folder, or a file is missing, damaged, or of another length than embedded.json
            says.
    """

    def __init__(self, path: Path):
        self.path = path
        self.meta = _read_record(path)
        self.dim: int = self.meta["dim"]
        self.keys: list[str] = []
        self._shards: list[np.ndarray] = []
        for shard in self.meta["shards"]:
            self._shards.append(_open_shard(path / shard["vectors"], (shard["rows"], self.dim), shard["bytes"]))
            self.keys += _read_keys(path / shard["keys"], shard["rows"])
        self._ends = list(itertools.accumulate(map(len, self._shards)))

    def __len__(self) -> int:
        return len(self.keys)

    def row(self, number: int) -> np.ndarray:
        """Returns one vector, float32 [F], read-only."""
        shard = int(np.searchsorted(self._ends, number, side="right"))
        return self._shards[shard][number - self._ends[shard]]  # The end of the shard is behind its last row.

    def blocks(self) -> Iterator[np.ndarray]:
        """Yields the vectors of each shard, float32 [n, F], memory-mapped."""
        yield from self._shards


def is_embedded(path: Path) -> bool:
    """Returns whether a folder holds embedded photos."""
    return (path / RECORD).is_file()


def _read_record(folder: Path) -> dict:
    path = folder / RECORD
    if not path.is_file():
        raise InputError(f"{folder}: no embedded photos here ({RECORD} is missing); tools.embed makes them")
    try:
        meta = parse_json(path.read_text(encoding="utf-8"))
        if meta["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format version {meta['format_version']}, {FORMAT_VERSION} expected")
        shards = [(one["vectors"], one["keys"], one["rows"], one["bytes"]) for one in meta["shards"]]
        if sum(rows for _, _, rows, _ in shards) != meta["rows"] or type(meta["dim"]) is not int:
            raise ValueError("the rows of its shards are not all its rows")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a whole {RECORD} ({error}); {_AGAIN}") from error
    return meta


def _open_shard(path: Path, shape: tuple[int, int], size: int) -> np.ndarray:
    if not path.is_file():
        raise InputError(f"{path}: this shard is missing; {_AGAIN}")
    if path.stat().st_size != size:
        raise InputError(f"{path}: {path.stat().st_size} bytes, {RECORD} says {size}; {_AGAIN}")
    if not shape[0]:
        return np.zeros(shape, np.float32)  # An empty array cannot be mapped.
    try:
        table = map_npy(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a whole .npy file ({error}); {_AGAIN}") from error
    if table.shape != shape or table.dtype != np.float32:
        raise InputError(f"{path}: {table.dtype} {list(table.shape)}; float32 {list(shape)} expected; {_AGAIN}")
    return table


def _read_keys(path: Path, rows: int) -> list[str]:
    try:
        keys = path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: the keys cannot be read ({error}); {_AGAIN}") from error
    if len(keys) != rows:
        raise InputError(f"{path}: {len(keys)} keys for {rows} rows; {_AGAIN}")
    return keys
