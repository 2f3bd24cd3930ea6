"""The files of an index beside a SavedModel, in its folder `assets.extra`, which TensorFlow leaves alone."""

import dataclasses
import json
import math
from pathlib import Path

from tf_dvbpr.approximate.codes import Codes
from tf_dvbpr.approximate.recall import BEST
from tf_dvbpr.approximate.search_index import SearchIndex
from tfrecords.errors import InputError
from tfrecords.files.json_file import write_json
from tfrecords.files.sha256 import file_sha256

FOLDER = "assets.extra"
FIGURES = f"{FOLDER}/index.json"
CODES_FILE = f"{FOLDER}/index.faiss"
_MEND = "export it anew with tools.export_saved_model"


def write_index(folder: Path, index: SearchIndex, category_names: tuple[str, ...]) -> dict:
    """Writes an index beside the SavedModel in a folder, and returns its figures, the content of `FIGURES`."""
    (folder / FOLDER).mkdir()
    names = ("", *category_names)
    recall = {name: None if math.isnan(one) else one for name, one in zip(names, index.recall.tolist(), strict=True)}
    figures = {
        "factors": index.fingerprint,
        "items": len(index.partition.items),
        "lists": len(index.partition.spreads),
        "probes": dict(zip(names, index.probes.tolist(), strict=True)),
        "candidates": dict(zip(names, index.candidates.tolist(), strict=True)),
        f"recall@{BEST}": recall,
        "users": index.users,
    }
    if index.codes is not None:
        index.codes.save(folder / CODES_FILE)
        figures |= {"codes": file_sha256(folder / CODES_FILE), "bytes": (folder / CODES_FILE).stat().st_size}
    write_json(folder / FIGURES, figures)
    return figures


@dataclasses.dataclass(frozen=True)
class Figures:
    """What `FIGURES` says to a server.

    Attributes:
        items: number of items.
        counts: `Codes.near`'s count for each category's name, "" for all items; 0: score all.
        most_probes: largest number of lists that a search reads.
        digest: SHA-256 of `CODES_FILE`; None: the index has no codes.
    """

    items: int
    counts: dict[str, int]
    most_probes: int
    digest: str | None


def read_figures(folder: Path, fingerprint: str) -> Figures:
    """Reads the figures of the index beside a SavedModel.

    Args:
        folder: the SavedModel's.
        fingerprint: of the factors in the SavedModel.

    Raises:
        InputError: the index is of other factors, or the file is damaged.
    """
    try:
        found = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
        factors = found["factors"]
        figures = Figures(
            int(found["items"]), dict(found["candidates"]), max(found["probes"].values()), found.get("codes")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{FIGURES}: not the figures of an index ({error}); {_MEND}") from None
    if factors != fingerprint:
        raise InputError(f"{FIGURES}: an index of other factors than the SavedModel's; {_MEND}")
    return figures


def read_codes(folder: Path, figures: Figures) -> Codes:
    """Reads the codes that figures describe. Raises InputError if they are others, or faiss is not installed."""
    if not (folder / CODES_FILE).is_file() or file_sha256(folder / CODES_FILE) != figures.digest:
        raise InputError(f"{CODES_FILE}: not the index that {FIGURES} describes; {_MEND}")
    return Codes.load(folder / CODES_FILE, figures.most_probes)
