"""Damages dataset.json; it is refused, or items, categories, users and the AUC stay the same."""

import json
from pathlib import Path

import numpy as np

from .. import json_edits, mutations, tested, world
from ..outcome import Case, Unreadable

_FITS = ("stretch", "pad")
_FILTERS = ("nearest", "bilinear", "bicubic", "lanczos3", "area")
_OPEN = ("name", "fit", "resize_filter")


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with dataset.json damaged as text or edited as a document."""
    data = world.copy(place.dataset, folder / "data")
    file = data / "dataset.json"
    if draw.integers(4):
        what, document, *_ = json_edits.edit(draw, world.read_json(file))
        if draw.integers(2):
            what, document = f"{what}, checksum mended", world.signed(document)
        file.write_bytes(json_edits.dump(document))
    else:
        what, damaged = mutations.damage(draw, file.read_bytes(), mutations.TEXT)
        file.write_bytes(damaged)
    factors = folder / "factors.npz"
    np.savez(factors, **place.factors)
    verify = bool(draw.integers(2))
    base = _base(place, factors, folder)
    return Case(
        what + ", --verify" * verify,
        lambda: _read(data, factors, verify, folder),
        lambda got: _check(file, base, got),
        base,
    )


_kept: dict = {}


def _base(place: world.World, factors: Path, folder: Path) -> dict:
    if place.root not in _kept:
        _kept[place.root] = _read(place.dataset, factors, True, folder)
    return _kept[place.root]


def _read(data: Path, factors: Path, verify: bool, folder: Path) -> dict:
    picture, output = folder / "p.png", folder / "auc.json"
    try:
        told = tested.tool("describe_dataset", f"--dataset={data}", f"--picture={picture}", *["--verify"] * verify)
        tested.tool("evaluate_auc", f"--factors={factors}", f"--dataset={data}", f"--output={output}")
        auc = world.read_json(output)
    finally:
        for file in (picture, output):
            file.unlink(missing_ok=True)
    return {**world.contents(data), "auc": auc["rows"], "table": told.partition("\n\n")[0]}


def _check(file: Path, base: dict, got: dict) -> str | None:
    try:
        meta = json.loads(file.read_bytes())
    except ValueError as error:
        raise Unreadable("it is no JSON") from error
    for name in _OPEN:
        if got[name] != meta.get(name):
            return f"{name} is taken as {got[name]!r}"
    if got["fit"] not in _FITS or got["resize_filter"] not in _FILTERS:
        raise Unreadable(f"there is no {got['fit']!r} or no {got['resize_filter']!r}")
    if not isinstance(got["name"], str) or not got["name"].strip() or not got["name"].isprintable():
        raise Unreadable(f"{got['name']!r} is no name on one line")
    for name, value in base.items():
        if name in _OPEN:
            continue
        found = got[name]
        if name == "table":
            value, found = (text.replace(side["name"], "").split() for text, side in ((value, base), (found, got)))
        if found != value:
            return f"{name} changed"
    return None
