"""Damages factors files; the AUC must agree with a plain reading of the arrays by key, or the file is refused."""

import io
import math
import zipfile
from pathlib import Path

import numpy as np

from .. import mutations, npy, plain, tested, world
from ..outcome import Case, Unreadable

_NEEDED = ("user_factors", "item_factors", "user_keys", "item_keys")


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with factors.npz damaged as bytes, or rewritten with other arrays."""
    file = folder / "factors.npz"
    if draw.integers(2):
        save = mutations.any_of(draw, (np.savez, np.savez_compressed))
        save(file, **place.factors)
        what, new = mutations.damage(draw, file.read_bytes())
        file.write_bytes(new)
    else:
        what = _edit(draw, dict(place.factors), file)
    return Case(
        what,
        lambda: evaluate(f"--factors={file}", f"--dataset={place.dataset}", f"--output={folder / 'auc.json'}"),
        lambda got: wrong_auc(place, file, got),
        _base(place, folder),
    )


def evaluate(*flags: str) -> list[tuple]:
    """Returns (name, validation AUC, test AUC) of each ranking except RAND."""
    tested.tool("evaluate_auc", *flags)
    output = Path(next(flag for flag in flags if flag.startswith("--output=")).removeprefix("--output="))
    rows = world.read_json(output)["rows"]
    output.unlink()
    return [(row["name"], row["validation"]["all"], row["test"]["all"]) for row in rows[1:]]


def wrong_auc(place: world.World, file: Path, got: list[tuple]) -> str | None:
    """Returns what is wrong with the result of `evaluate` by a plain reading of `file`; None: nothing."""
    users, items = read(file.read_bytes(), list(place.users), world.ITEMS)
    counts = np.zeros((len(world.ITEMS), 1))
    for train, *_ in place.users.values():
        for item in train:
            counts[world.ITEMS.index(item)] += 1
    for (name, *figures), rows in zip(got, ((np.ones((len(users), 1)), counts), (users, items)), strict=True):
        for split, figure in zip(("validation", "test"), figures, strict=True):
            least, most = plain.auc_bounds(*rows, place.bought, place.targets(split))
            # Equal numbers of purchases are ties, which count as lost, so the lower bound is exact.
            most = least if name == "PopRank" else most
            if figure is None or not least - 1e-6 <= figure <= most + 1e-6:
                return f"{name}: {split} AUC {figure} where {least:.6f} to {most:.6f} is right"
    return None


_kept: dict = {}


def _base(place: world.World, folder: Path) -> list:
    if place.root not in _kept:
        file = place.root / "whole.npz"
        np.savez(file, **place.factors)
        output = place.root / "whole.json"
        got = evaluate(f"--factors={file}", f"--dataset={place.dataset}", f"--output={output}")
        _kept[place.root] = [("factors", *row[1:]) if row[0] == "whole" else row for row in got]
    return _kept[place.root]


def _edit(draw: np.random.Generator, arrays: dict, file: Path) -> str:
    """Changes one array; all checksums of the file are right."""
    name = mutations.any_of(draw, (*_NEEDED, "step"))
    kind = int(draw.integers(9))
    array = np.array(arrays[name])
    order = draw.permutation(len(world.ITEMS))
    if kind == 0:
        what = f"{name} gone"
        del arrays[name]
    elif kind == 1:
        what = "items in another order"
        arrays |= {key: arrays[key][order] for key in ("item_factors", "item_keys")}
    elif kind == 2:
        what = "items in another order, without their keys"
        arrays["item_factors"] = arrays["item_factors"][order]
        del arrays["item_keys"]
    elif kind == 3:
        dtype = mutations.any_of(draw, ("<f8", ">f4", "<f2", "<i8", "<c8", "O", "S5", "<U9", "?"))
        what = f"{name} as {dtype}"
        try:
            arrays[name] = array.astype(dtype)
        except ValueError:
            arrays[name] = np.zeros(array.shape, dtype)
    elif kind == 4:
        what = f"{name} with a row less"
        arrays[name] = array[:-1] if array.ndim else array.reshape(1)
    elif kind == 5:
        what = f"{name} transposed"
        arrays[name] = np.asfortranarray(array.T) if draw.integers(2) else np.asfortranarray(array)
    elif kind == 6:
        value = mutations.any_of(draw, (np.nan, np.inf, 1e30, 1e38, -1e20, 0.0))
        what = f"{name} with {value}"
        if array.dtype.kind == "f":
            array[0, int(draw.integers(3))] = value
        arrays[name] = array
    elif kind == 7:
        what = f"{name} with an entry twice"
        if array.ndim:
            array[0] = array[1]
        arrays[name] = array
    else:
        what = "with further rows"
        arrays["item_factors"] = np.concatenate([np.ones((1, 3), np.float32), arrays["item_factors"]])
        arrays["item_keys"] = np.concatenate([["other"], arrays["item_keys"]])
    np.savez(file, **arrays)
    return f"{what}, checksums mended"


def read(data: bytes, user_keys: list[str], item_keys: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Reads the rows of the users and of the items by key."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name.removesuffix(".npy"): archive.read(name) for name in archive.namelist()}
    except Exception as error:
        raise Unreadable(f"it is no whole zip file ({error})") from error
    if not set(_NEEDED) <= set(files):
        raise Unreadable("an array is missing")
    users, items, *keys = (npy.read(files[name]) for name in _NEEDED)
    for table in (users, items):
        if table.ndim != 2 or table.dtype.kind not in "fiu":
            raise Unreadable(f"{table.dtype} {table.shape} is no matrix of numbers")
        if not np.isfinite(table.astype(np.float64)).all():
            raise Unreadable("a factor is not finite")
    if users.shape[1] != items.shape[1]:
        raise Unreadable("rows of two lengths")
    if "step" in files and (step := npy.read(files["step"])).dtype.kind not in "iuf":
        raise Unreadable(f"step is {step.dtype}")
    largest = math.prod(float(np.abs(table.astype(np.float64)).max()) for table in (users, items))
    if largest * users.shape[1] > np.finfo(np.float32).max:
        raise Unreadable("scores overflow")
    return _matched(users, keys[0], user_keys), _matched(items, keys[1], item_keys)


def _matched(rows: np.ndarray, keys: np.ndarray, wanted: list[str]) -> np.ndarray:
    if keys.shape != (len(rows),) or keys.dtype.kind not in "Uiu":
        raise Unreadable(f"{keys.dtype} {keys.shape} are no keys of {len(rows)} rows")
    try:
        names = [str(key) for key in keys.tolist()]
    except ValueError as error:
        raise Unreadable("a key is no text") from error
    if len(set(names)) != len(names) or not set(wanted) <= set(names):
        raise Unreadable("the keys are not the data set's")
    return rows[[names.index(key) for key in wanted]]
