"""Damages item features, in .npy and .b files and in a data set; each row must agree with a strict reading."""

import io
from pathlib import Path

import numpy as np

from .. import json_edits, mutations, npy, tested, world
from ..outcome import Case, Unreadable

_DIM, _WIDE = 4, 4096
_LONGEST = 1e15
_NAME = "mine"
_OWN = ("features",)  # the folder of the lock, which stays empty


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with an imported file, its keys, or a data set's features damaged."""
    data = world.copy(place.dataset, folder / "data")
    kind = mutations.any_of(draw, ("npy", "npy", "keys", "kept", "kept", "b"))
    if kind == "b":
        return _records(draw, data, folder)
    if kind == "kept":
        return _kept(draw, data, folder)
    return _table(draw, data, folder, kind == "keys")


def _table(draw: np.random.Generator, data: Path, folder: Path, keyed: bool) -> Case:
    rows = np.random.default_rng(2).normal(size=(len(world.ITEMS) + 2 * keyed, _DIM))
    dtype = mutations.any_of(draw, ("<f4", "<f8", ">f4", "<i4", "<f2"))
    table = np.asarray(rows * 100, dtype, order=mutations.any_of(draw, ("C", "F")))
    names = np.array(["x1", *reversed(world.ITEMS), "x2"])
    file, keys = folder / "rows.npy", folder / mutations.any_of(draw, ("keys.txt", "keys.npy"))
    np.save(file, table)
    flags = [f"--from_file={file}"]
    if keyed:
        flags.append(f"--keys={keys}")
        np.save(keys, names) if keys.suffix == ".npy" else keys.write_text("\n".join(names) + "\n")
    damaged = keys if keyed and draw.integers(2) else file
    kinds = mutations.TEXT if damaged.suffix == ".txt" else (*mutations.BINARY, *[npy.edit_header] * 6)
    what, new = mutations.damage(draw, damaged.read_bytes(), kinds)
    damaged.write_bytes(new)
    intact = rows_of(table, names if keyed else None)
    return Case(
        f"{damaged.name} ({dtype}): {what}",
        lambda: _import(data, flags),
        lambda got: _differs(got, rows_of(npy.read(file.read_bytes()), _keys(keys) if keyed else None)),
        plain(intact),
        _OWN,
    )


def rows_of(table: np.ndarray, keys: np.ndarray | None) -> np.ndarray:
    """Returns the row of each item, float32, by key, or in order if there are no keys."""
    if table.ndim != 2 or not table.size or table.dtype.kind not in "fiu":
        raise Unreadable(f"{table.dtype} {table.shape} is no table of numbers")
    if keys is not None:
        if len(keys) != len(table) or len(set(keys)) != len(keys) or not set(world.ITEMS) <= set(keys):
            raise Unreadable("the keys do not name a row for each item")
        table = table[[list(keys).index(item) for item in world.ITEMS]]
    if len(table) != len(world.ITEMS):
        raise Unreadable(f"{len(table)} rows")
    with np.errstate(all="ignore"):
        table = table.astype(np.float32)
        if not (np.linalg.norm(table.astype(np.float64), axis=1) < _LONGEST).all():
            raise Unreadable("a value is not finite, or a row too long")
    return table


def _keys(file: Path) -> list[str]:
    if file.suffix == ".npy":
        keys = npy.read(file.read_bytes())
        if keys.ndim != 1 or keys.dtype.kind != "U":
            raise Unreadable("the keys are no texts")
        try:
            return keys.tolist()
        except ValueError as error:
            raise Unreadable("the keys are no text") from error
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("the keys are not UTF-8") from error
    return text.removesuffix("\n").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _import(data: Path, flags: list[str]) -> tuple:
    tested.tool("extract_features", f"--dataset={data}", f"--name={_NAME}", *flags)
    return _load(data)


def _load(data: Path) -> tuple:
    with tested.refusals():
        return plain(tested.features(data, _NAME))


def plain(table: np.ndarray) -> tuple:
    """Returns shape and numbers, for comparison with ==."""
    return table.shape, table.tolist()


def _differs(got: tuple, expected: np.ndarray) -> str | None:
    return (
        None if got == plain(expected) else f"other rows: {got[0]}, the first {got[1][0]}, not {expected[0].tolist()}"
    )


def _kept(draw: np.random.Generator, data: Path, folder: Path) -> Case:
    table = np.random.default_rng(3).normal(size=(len(world.ITEMS), _DIM)).astype(np.float32)
    np.save(folder / "rows.npy", table)
    tested.tool("extract_features", f"--dataset={data}", f"--name={_NAME}", f"--from_file={folder / 'rows.npy'}")
    file = data / "features" / mutations.any_of(draw, (f"{_NAME}.npy", f"{_NAME}.npy", f"{_NAME}.json"))
    if file.suffix == ".npy":
        what, new = mutations.damage(draw, file.read_bytes(), (*mutations.BINARY, *[npy.edit_header] * 6))
    elif draw.integers(3):
        what, document, *_ = json_edits.edit(draw, world.read_json(file))
        new = json_edits.dump(document)
    else:
        what, new = mutations.damage(draw, file.read_bytes(), mutations.TEXT)
    file.write_bytes(new)

    def check(got: tuple) -> str | None:
        found = npy.read((data / "features" / f"{_NAME}.npy").read_bytes())
        if found.dtype != np.float32:
            raise Unreadable(f"it is of {found.dtype}")
        return _differs(got, rows_of(found, None))

    return Case(f"kept {file.name}: {what}", lambda: _load(data), check, plain(table))


def _records(draw: np.random.Generator, data: Path, folder: Path) -> Case:
    values = np.random.default_rng(4).normal(size=(len(world.ITEMS), _WIDE)).astype("<f4")
    keys = [item.ljust(10).encode() for item in world.ITEMS]
    intact = b"".join(key + row.tobytes() for key, row in zip(keys, values, strict=True))
    if draw.integers(3) == 0:
        at = (10 + 4 * _WIDE) * int(draw.integers(len(keys))) + int(draw.integers(10))
        what, new = f"byte {at} of a key", intact[:at] + draw.bytes(1) + intact[at + 1 :]
    else:
        what, new = mutations.damage(draw, intact)
    file = folder / "rows.b"
    file.write_bytes(new)

    def check(got: tuple) -> str | None:
        source, size, rows = io.BytesIO(new), 10 + 4 * _WIDE, {}
        if len(new) % size:
            raise Unreadable("the last record is cut short")
        while key := source.read(10):
            name = key.strip(b" \0")
            if not name.isascii() or not name.decode().isprintable() or not name or name.decode() in rows:
                raise Unreadable(f"the key {key!r}")
            rows[name.decode()] = np.frombuffer(source.read(4 * _WIDE), "<f4")
        return _differs(got, rows_of(np.stack(list(rows.values())), list(rows)))

    return Case(f"rows.b: {what}", lambda: _import(data, [f"--from_file={file}"]), check, plain(values), _OWN)
