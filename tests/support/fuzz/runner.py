"""Draws the cases, distributes them over processes, and prints the outcomes."""

import argparse
import collections
import faulthandler
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from . import outcome, world
from .families import csv_tables, dumps, factors, features, metadata, photos, release, report, shards, tables, workdir

FAMILIES = {
    "csv": csv_tables.make,
    "dumps": dumps.make,
    "factors": factors.make,
    "features": features.make,
    "metadata": metadata.make,
    "photos": photos.make,
    "release": release.make,
    "report": report.make,
    "shards": shards.make,
    "tables": tables.make,
    "workdir": workdir.make,
}
# The families of one round; a family may occur several times.
_ROUND = ("photos", "csv", "shards", "metadata", "features", "photos", "factors", "release", "dumps", "csv", "report")
_ROUND += ("tables", "workdir", "photos", "metadata", "csv", "features", "report", "factors", "shards", "workdir")
_TOLD_EVERY = 30  # seconds between lines of progress
_ROOT = Path(__file__).parents[3]


def case(place: world.World, seed: int, number: int, family: str | None, folder: Path) -> tuple[str, outcome.Case]:
    """Makes the case of a number, with its files in `folder`; returns (family, case)."""
    family = family or _ROUND[number % len(_ROUND)]
    folder.mkdir(parents=True)
    return family, FAMILIES[family](place, np.random.default_rng([seed, number]), folder)


def run(place: world.World, seed: int, number: int, family: str | None = None, seconds: float = 30) -> dict:
    """Makes and runs one case; returns ``number``, ``family``, ``what``, ``kind``, ``why`` and ``seconds``."""
    folder = place.root / f"case-{number}"
    started = time.monotonic()
    try:
        family, made = case(place, seed, number, family, folder)
        came = outcome.judge(made, folder, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    took = time.monotonic() - started
    return {"number": number, "family": family, "what": made.what, **vars(came), "seconds": round(took, 2)}


def table(results: list[dict]) -> str:
    """Returns a table of counts by family and outcome."""
    counts = collections.Counter((result["family"], result["kind"]) for result in results)
    kinds = [kind for kind in outcome.OUTCOMES if kind in outcome.GOOD or any(r["kind"] == kind for r in results)]
    lines = [["", *kinds, "all"]]
    for family in sorted({result["family"] for result in results}):
        row = [counts[family, kind] for kind in kinds]
        lines.append([family, *row, sum(row)])
    lines.append(["all", *(sum(line[at] for line in lines[1:]) for at in range(1, len(kinds) + 2))])
    return "\n".join(f"{line[0]:<10}" + "".join(f"{cell:>11}" for cell in line[1:]) for line in lines)


def failures(results: list[dict], seed: int, family: str | None = None) -> list[str]:
    """Returns a line for each case with a bad outcome, with the command that repeats it."""
    more = f" --family={family}" if family else ""
    return [
        f"{one['kind']} {one['family']} {_line(one['what'], 160)!r}: {_line(one['why'], 300)} | "
        f"python -m tests.support.fuzz --seed={seed}{more} --case={one['number']}"
        for one in sorted(results, key=lambda one: (one["family"], one["number"]))
        if one["kind"] in outcome.BAD
    ]


def _line(text: str, most: int) -> str:
    return " ".join(text.split())[:most]


def one(options: argparse.Namespace) -> int:
    """Runs the case of --case in this process and prints it in full; returns the exit status."""
    with tempfile.TemporaryDirectory() as root:
        place = world.World(Path(root))
        if options.keep:
            case(place, options.seed, options.case, options.family, Path(options.keep) / f"case-{options.case}")
        result = run(place, options.seed, options.case, options.family, options.seconds)
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return int(result["kind"] in outcome.BAD)


def many(options: argparse.Namespace) -> int:
    """Runs all cases in several processes, prints the table and the failures, and returns the exit status."""
    started = time.monotonic()
    results = list(_shown(_results(options), options))
    print(table(results))
    wrong = failures(results, options.seed, options.family)
    print("\n".join(["", *wrong]) if wrong else "nothing went wrong")
    print(f"{len(results)} cases, seed {options.seed}, {time.monotonic() - started:.0f} s")
    return int(bool(wrong))


def work(options: argparse.Namespace) -> int:
    """Runs --worker: reads one number per line on standard input, writes one outcome per line on standard output."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # keeps TensorFlow's output out of the answers
    with tempfile.TemporaryDirectory() as root:
        place = world.World(Path(root))
        for line in sys.stdin:
            # Native code that hangs blocks the alarm, so the process ends and the parent starts another one.
            faulthandler.dump_traceback_later(4 * options.seconds + 60, exit=True)
            try:
                result = run(place, options.seed, int(line), options.family, options.seconds)
            except Exception as error:  # a fault of the fuzzer itself
                where = traceback.extract_tb(error.__traceback__)[-1]
                told = f"the fuzzer itself: {error!r} at {Path(where.filename).name}:{where.lineno}"
                result = _failed(options, int(line), told)
            print(json.dumps(result), file=answers, flush=True)
            faulthandler.cancel_dump_traceback_later()
    return 0


def _results(options: argparse.Namespace) -> Iterator[dict]:
    numbers: queue.SimpleQueue = queue.SimpleQueue()
    for number in range(options.first, options.first + options.cases):
        numbers.put(number)
    done: queue.SimpleQueue = queue.SimpleQueue()
    threads = [threading.Thread(target=_feed, args=(options, numbers, done.put)) for _ in range(options.jobs)]
    for thread in threads:
        thread.start()
    for _ in range(options.cases):
        result = done.get()
        if isinstance(result, Exception):
            raise result
        yield result


def _feed(options: argparse.Namespace, numbers: queue.SimpleQueue, put: Callable) -> None:
    worker = None
    try:
        while True:
            try:
                number = numbers.get_nowait()
            except queue.Empty:
                return
            worker = worker or _start(options)
            worker.stdin.write(f"{number}\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
            if line:
                put(json.loads(line))
                continue
            status, worker = worker.wait(), None
            put(
                _failed(
                    options, number, f"the process ended with status {status}", "hang" if status == 1 else "traceback"
                )
            )
    except Exception as error:
        put(error)
    finally:
        if worker is not None:
            worker.stdin.close()
            worker.wait()


def _failed(options: argparse.Namespace, number: int, why: str, kind: str = "traceback") -> dict:
    family = options.family or _ROUND[number % len(_ROUND)]
    return {"number": number, "family": family, "what": "?", "kind": kind, "why": why, "seconds": 0}


def _start(options: argparse.Namespace) -> subprocess.Popen:
    flags = [f"--seed={options.seed}", f"--seconds={options.seconds}"]
    flags += [f"--family={options.family}"] if options.family else []
    command = [sys.executable, "-m", "tests.support.fuzz", "--worker", *flags]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=_ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)


def _shown(results: Iterator[dict], options: argparse.Namespace) -> Iterator[dict]:
    """Yields the results, with a progress bar on a terminal, or else with a line every half minute."""
    if options.quiet:
        yield from results
        return
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(results, total=options.cases, unit="case")
        return
    told, wrong = time.monotonic(), 0
    for count, result in enumerate(results, 1):
        wrong += result["kind"] in outcome.BAD
        if time.monotonic() - told > _TOLD_EVERY:
            told = time.monotonic()
            print(f"{count} of {options.cases} cases, {wrong} wrong", file=sys.stderr, flush=True)
        yield result
