"""Compares the benchmarks of this checkout with those of another commit, in turns.

    make bench BASE=main
    python -m benchmarks.regression --base=main --only=auc --rounds=3 --output=out/regression.json

The base is checked out into a temporary git worktree. In each round every module runs first in the base and then here,
each in a process of its own. A row got worse if its worst figure of the base is still better than its best figure here;
then the exit status is 1.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from absl import flags

from benchmarks.__main__ import MODULES
from tfrecords.errors import InputError, option
from tfrecords.files.json_file import write_json
from tools.common import app, table

HERE = Path(__file__).resolve().parent.parent

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("base", None, "the commit to compare with", required=True, flag_values=FLAGS)
flags.DEFINE_multi_enum("only", [], MODULES, "run only these benchmarks; may be repeated", flag_values=FLAGS)
flags.DEFINE_integer("rounds", 3, "runs of each side", lower_bound=2, flag_values=FLAGS)
flags.DEFINE_string("output", None, "the JSON file to write", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Runs both sides, prints a table, writes the JSON file, and exits with 1 if a row got worse."""
    commit = _git("rev-parse", "--verify", "--quiet", f"{values.base}^{{commit}}", named=values.base)
    with tempfile.TemporaryDirectory(prefix="dvbpr-benchmark-") as folder:
        base = Path(folder) / "base"
        _git("worktree", "add", "--detach", "--quiet", str(base), commit)
        try:
            sides = _measure(base, Path(folder), values.only or MODULES, values.rounds)
        finally:
            _git("worktree", "remove", "--force", str(base))
    rows = compare(*sides)
    if values.output is not None:
        Path(values.output).parent.mkdir(parents=True, exist_ok=True)
        write_json(Path(values.output), {"base": commit, "rounds": values.rounds, "rows": rows})
    print(table.render(["what", "base", "here", "here / base", "verdict"], [_cells(row) for row in rows]))
    worse = [row["what"] for row in rows if row["verdict"] == "worse"]
    if worse:
        raise InputError(f"{len(worse)} of {len(rows)} rows got worse than {values.base}: {'; '.join(worse)}")


def compare(base: Iterable[dict], here: Iterable[dict]) -> list[dict]:
    """Compares the rows of both sides, several runs of each, and returns one row for each that both sides have.

    Each returned row has ``what``, the figures of both sides, the ratio of their medians, and the verdict: ``worse`` or
    ``better`` if the ranges of the two sides do not meet, else ``same``. By the sign of a row's aim, ``<=`` or ``>=``,
    small or large figures are good.
    """
    figures: dict[str, tuple[list[float], list[float]]] = {}
    signs = {}
    for side, rows in enumerate((base, here)):
        for row in rows:
            figures.setdefault(row["what"], ([], []))[side].append(row["ratio"])
            signs[row["what"]] = row["aim"].split()[0]
    return [
        {
            "what": what,
            "base": old,
            "here": new,
            "ratio": statistics.median(new) / statistics.median(old),
            "verdict": _verdict(old, new, signs[what]),
        }
        for what, (old, new) in figures.items()
        if old and new
    ]


def _verdict(old: Sequence[float], new: Sequence[float], sign: str) -> str:
    if min(old) <= max(new) and min(new) <= max(old):
        return "same"
    return "worse" if (min(new) > max(old)) == (sign == "<=") else "better"


def _measure(base: Path, folder: Path, modules: Iterable[str], rounds: int) -> tuple[list[dict], list[dict]]:
    sides: tuple[list[dict], list[dict]] = ([], [])
    for name in modules:
        if not (base / "benchmarks" / f"{name}.py").is_file():
            print(f"{name}: the base has no such benchmark")
            continue
        for number in range(rounds):
            for side, tree in enumerate((base, HERE)):
                output = folder / f"{name}-{number}-{side}.json"
                print(f"{name}, round {number + 1} of {rounds}, {'here' if side else 'base'}", flush=True)
                command = [sys.executable, "-m", "benchmarks", f"--only={name}", f"--output={output}"]
                environment = {**os.environ, "PYTHONPATH": str(tree)}  # before the installed package
                done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)
                if done.returncode:
                    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
                    raise InputError(f"{name} failed {'here' if side else 'in the base'}: {last}")
                sides[side].extend(json.loads(output.read_text())["rows"])
    return sides


def _git(*arguments: str, named: str | None = None) -> str:
    done = subprocess.run(["git", *arguments], cwd=HERE, capture_output=True, text=True)
    if done.returncode:
        if named is not None:
            raise InputError(f"{option('base', named)}: no such commit; give a branch, a tag or a hash")
        raise InputError(f"git {arguments[0]}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout.strip()


def _cells(row: dict) -> list[str]:
    sides = (
        f"{statistics.median(side):.3g} ({min(side):.3g} to {max(side):.3g})" for side in (row["base"], row["here"])
    )
    return [row["what"], *sides, f"{row['ratio']:.2f}", row["verdict"]]


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `python -m benchmarks.regression`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
