"""Damages the files that the report reads; the page must show what they say, or there is no page."""

import functools
import io
from pathlib import Path

import numpy as np
from PIL import Image

from .. import json_edits, mutations, page, tested, world
from ..outcome import Case, Unreadable

_LEFT = ("table3", "samples", "table4", "design", "tailor")
_DEMANDED = {"samples": "latents.npz"}  # only its existence matters; nothing reads it


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with one file of one source damaged."""
    name = mutations.any_of(draw, ("recommender", "gan", "table3", "table4", "design", "tailor", "samples"))
    whole = _sources(place)
    source = world.copy(whole[name], folder / name)
    files = [path for path in sorted(source.rglob("*")) if path.is_file() and path.name != _DEMANDED.get(name)]
    texts = [path for path in files if path.suffix in (".json", ".jsonl")]
    file = mutations.any_of(draw, texts if texts and draw.integers(4) else files)
    intact, edited = file.read_bytes(), None
    if file.suffix == ".json" and draw.integers(4):
        edited = json_edits.edit(draw, world.read_json(file))
        what, new = edited[0], json_edits.dump(edited[1])
    else:
        what, new = mutations.damage(draw, intact, mutations.TEXT if file.suffix != ".png" else mutations.BINARY)
    file.write_bytes(new)
    folders = {"recommender": whole["recommender"], name: source}
    flags = [f"--{flag}={path}" for flag, path in folders.items()]
    base = _base(place, name)
    return Case(
        f"{name}/{file.name}: {what}",
        lambda: page.write(folder, flags).replace(str(source), str(whole[name])),
        functools.partial(_check, file, new, edited, base),
        base,
    )


def _check(file: Path, new: bytes, edited: tuple | None, base: str, got: str) -> str | None:
    if file.suffix == ".json":
        return page.wrong(base, got, new, edited)
    if file.suffix == ".jsonl":
        return page.wrong_gan(got, new) if file.parent.name == "gan" else page.wrong_lines(got, new)
    try:
        with Image.open(io.BytesIO(new)) as image:
            image.load()
    except Exception as error:
        if file.name.split(".")[0] + '"' in base or got != base:
            raise Unreadable(f"{file.name} cannot be read") from error
    return None


@functools.cache
def _made(root: Path) -> dict[str, Path]:
    place = world.World(root / "report")
    place.root.mkdir()
    dataset = tested.open_dataset(place.dataset)
    return tested.report_sources().write_all(place.root / "sources", dataset)


def _sources(place: world.World) -> dict[str, Path]:
    return _made(place.root)


@functools.cache
def _page(root: Path, name: str) -> str:
    whole = _made(root)
    folders = {"recommender": whole["recommender"], name: whole[name]}
    return page.write(root, [f"--{flag}={path}" for flag, path in folders.items()])


def _base(place: world.World, name: str) -> str:
    return _page(place.root, name)
