"""Damages a workdir; a tool must give the intact run's result, or the damaged file's, or refuse the workdir."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from .. import json_edits, mutations, page, tested, world
from ..outcome import Case, Unreadable
from . import factors

_EPOCHS, _STEPS = 6, 12  # of the resumed training; of the first one, which has 4 epochs
_USER, _SHOWN = "u1", 3


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case with one file damaged and one tool to run."""
    run = world.copy(place.run, folder / "run")
    name, *tools = mutations.any_of(draw, _TARGETS)
    file = mutations.any_of(draw, sorted(run.glob(name)))
    tool = mutations.any_of(draw, tools)
    edited = None
    if file.suffix == ".json" and draw.integers(4):
        edited = json_edits.edit(draw, world.read_json(file))
        what, new = edited[0], json_edits.dump(edited[1])
    elif file.suffix == ".npz" and draw.integers(2):
        what = factors._edit(draw, {**place.factors}, file)
        new = file.read_bytes()
    else:
        text = file.suffix in (".json", ".jsonl", "")
        what, new = mutations.damage(draw, file.read_bytes(), mutations.TEXT if text else mutations.BINARY)
    file.write_bytes(new)
    act, check = tool(place, run, folder)
    return Case(
        f"{file.relative_to(run)}, {tool.__name__[1:]}: {what}",
        act,
        lambda got: check(got, file, new, edited),
        _base(place, tool),
        # A training writes its settings before it reads the checkpoint.
        own=("config.json",) if tool is _resume else (),
    )


_bases: dict = {}


def _base(place: world.World, tool: Callable) -> object:
    key = place.root, tool
    if key not in _bases:
        folder = place.root / f"whole-{tool.__name__}"
        act, _ = tool(place, world.copy(place.run, folder / "run"), folder)
        _bases[key] = act()
    return _bases[key]


def _evaluate(place: world.World, run: Path, folder: Path) -> tuple:
    def check(got: object, file: Path, new: bytes, edited: tuple | None) -> str | None:
        _readable(file, new)
        return factors.wrong_auc(place, run / "factors.npz", got)

    return lambda: factors.evaluate(f"--workdir={run}", f"--output={folder / 'auc.json'}"), check


def _recommend(place: world.World, run: Path, folder: Path) -> tuple:
    def act() -> list:
        told = tested.tool("recommend", f"--workdir={run}", f"--user={_USER}", f"--k={_SHOWN}")
        rows = re.findall(r"^ *\d+ +(\S+) .* (\S+)$", told, re.MULTILINE)
        return [(item, float(score)) for item, score in rows]

    def check(got: list, file: Path, new: bytes, edited: tuple | None) -> str | None:
        _readable(file, new)
        users, items = factors.read((run / "factors.npz").read_bytes(), list(place.users), world.ITEMS)
        user = list(place.users).index(_USER)
        scores = items.astype(np.float64) @ users[user].astype(np.float64)
        free = [item for item in np.argsort(-scores, kind="stable") if item not in place.bought[user]][:_SHOWN]
        if len(got) != len(free):
            return f"{len(got)} items"
        for (item, score), right in zip(got, free, strict=True):
            near = 1e-3 + 1e-4 * abs(scores[right])
            if not abs(score - scores[world.ITEMS.index(item)]) <= near or not abs(score - scores[right]) <= near:
                return f"{item} with {score}, {world.ITEMS[right]} with {scores[right]:.4f} expected"
        return None

    return act, check


def _report(place: world.World, run: Path, folder: Path) -> tuple:
    def act() -> str:
        return page.write(folder, [f"--recommender={run}"]).replace(str(run), "RUN")

    def check(got: str, file: Path, new: bytes, edited: tuple | None) -> str | None:
        if file.name == "metrics.jsonl":
            return page.wrong_lines(got, new)
        return page.wrong(_base(place, _report), got, new, edited)

    return act, check


def _resume(place: world.World, run: Path, folder: Path) -> tuple:
    def act() -> dict:
        world.train(place.dataset, run, _EPOCHS)
        lines = (run / "metrics.jsonl").read_bytes().splitlines()
        with np.load(run / "factors.npz") as arrays:
            kept = {name: arrays[name].tolist() for name in arrays}
        return {"factors": kept, "lines": [_without_clock(line) for line in lines]}

    def check(got: dict, file: Path, new: bytes, edited: tuple | None) -> str | None:
        base = _base(place, _resume)
        if file.name == "metrics.jsonl":
            # The file keeps its lines on earlier steps; the new lines are those of the unbroken run.
            lines, broken = page.records(new)
            said = [_without_clock(json.dumps(line)) for line in lines if line["step"] <= _STEPS]
            lost = [
                line for line in broken if line not in new.rpartition(b'"step"')[2] and not _kept(line, got["lines"])
            ]
            if lost:
                return f"the broken line {lost[0][:60]!r} was dropped"
            base = {**base, "lines": said + base["lines"][4:]}
            got = {**got, "lines": [line for line in got["lines"] if isinstance(line, dict)]}
        for name in base:
            if got[name] != base[name]:
                return f"{name} are not those of the unbroken training"
        return None

    return act, check


def _parameters(place: world.World, run: Path, folder: Path) -> tuple:
    def act() -> int:
        with tested.refusals():
            return tested.parameters(run)

    users, items = len(place.users), len(world.ITEMS)
    right = (users + items) * 3 + items  # both tables, and the items' biases
    return act, lambda got, *_: None if got == right else f"{got} parameters, {right} expected"


def _without_clock(line: str | bytes) -> object:
    try:
        record = json.loads(line)
    except ValueError:
        return line
    if isinstance(record, dict):
        record.pop("seconds", None)
    return record


def _kept(line: bytes, lines: list) -> bool:
    """Returns whether the file still has a broken line, with bytes that are no text replaced."""
    return any(not isinstance(one, dict) for one in lines) or _without_clock(line) in lines


def _readable(file: Path, new: bytes) -> None:
    if file.suffix == ".json":
        try:
            json.loads(new)
        except ValueError as error:
            raise Unreadable("it is no JSON") from error


# Each file and the tools that read it.
_TARGETS: tuple = (
    ("config.json", _evaluate, _recommend, _report, _resume),
    ("metrics.jsonl", _report, _report, _resume),
    ("auc.json", _report),
    ("factors.npz", _evaluate, _recommend),
    ("best/*", _parameters),
    ("checkpoints/*", _resume),
)
