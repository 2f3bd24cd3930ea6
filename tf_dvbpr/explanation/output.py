"""Writes the folder of an explanation: explain.json, explain.png, two tables and all heat maps."""

import contextlib
import csv
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tf_dvbpr.explanation.explainer import Maps
from tf_dvbpr.explanation.garment import Garment
from tf_dvbpr.explanation.heat_map import heat_map
from tf_dvbpr.explanation.pictures import draw_explanations
from tf_dvbpr.explanation.results import AttributeChange, Explanations, ItemBeside
from tf_dvbpr.pictures import grid
from tfrecords.dataset import Dataset
from tfrecords.files.atomic_file import whole_file
from tfrecords.files.atomic_folder import FolderKind, named_in, whole_folder
from tfrecords.files.json_file import write_json

JSON_FILE, PICTURE, COMPARED, CHANGES, MAPS = (
    "explain.json",
    "explain.png",
    "compared.csv",
    "attributes.csv",
    "attributions.npz",
)
KIND = FolderKind("an explanation", JSON_FILE, "explaining", named_in(JSON_FILE))
PHOTO = "photo.png"
_LISTS = ("bought_alike", "bought_unlike", "preferred")


def heat_map_names(count: int, methods: Sequence[str]) -> list[dict[str, str]]:
    """Returns the file names of the heat maps by method, for each of `count` users or groups."""
    return [{method: f"{number}-{method}.png" for method in methods} for number in range(1, count + 1)]


@contextlib.contextmanager
def written(output: Path) -> Iterator[Path]:
    """Yields a hidden folder that becomes `output` if the block ends without an error; raises as `whole_folder`."""
    with whole_folder(output, KIND) as folder:
        yield folder


def write(result: Explanations, more: dict, garment: Garment, maps: Maps, dataset: Dataset, folder: Path) -> None:
    """Writes all files of an explanation.

    Args:
        result: the explanations.
        more: further entries of explain.json.
        garment: the garment.
        maps: the attributions.
        dataset: the data set with the photos of the items.
        folder: the folder to write into.
    """
    Image.fromarray(garment.pixels).save(folder / PHOTO)
    for row, one in enumerate(result.explanations):
        for method, file in one.heat_maps.items():
            heat_map(garment.pixels, maps.maps[method][row]).save(folder / file)
    names = np.array([one.name for one in result.explanations], np.str_)
    with whole_file(folder / MAPS) as temporary, temporary.open("wb") as out:
        np.savez(out, names=names, **maps.maps)
    _write_compared(result, folder / COMPARED)
    _write_changes(result, folder / CHANGES)
    grid.save(draw_explanations(result, garment, dataset, folder), folder / PICTURE)
    files = [PHOTO, PICTURE, COMPARED, CHANGES, MAPS]
    write_json(folder / JSON_FILE, {**dataclasses.asdict(result), **more, "files": files})


def _write_compared(result: Explanations, path: Path) -> None:
    names = [field.name for field in dataclasses.fields(ItemBeside)]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["asked", "list", "place", *names])
        for one in result.explanations:
            for kind in _LISTS:
                for place, item in enumerate(getattr(one, kind), 1):
                    table.writerow([one.name, kind, place, *map(_cell, dataclasses.astuple(item))])


def _write_changes(result: Explanations, path: Path) -> None:
    names = [field.name for field in dataclasses.fields(AttributeChange)]
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["asked", *names])
        for one in result.explanations:
            for change in one.attributes:
                table.writerow([one.name, *map(_cell, dataclasses.astuple(change))])


def _cell(value: object) -> object:
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else value
