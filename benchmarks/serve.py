"""Compares the HTTP server under load with calling the loaded signature in a loop in one process.

    python -m benchmarks --only=serve
    python -m benchmarks.serve --seconds=60 --rounds=1

tools.serve serves an exported recommender with random factors. Each request of 32 clients, which run on the same
machine, asks for the ten best items of one user.
"""

import contextlib
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from absl import flags

from benchmarks.http_load import load
from tools.common import app

USERS, ITEMS, DIM, OWNED = 10_000, 20_000, 50, 8
CLIENTS, SECONDS, ROUNDS = 32, 3.0, 3

FLAGS = app.new_flags(__doc__)
flags.DEFINE_float("seconds", SECONDS, "seconds per round", flag_values=FLAGS)
flags.DEFINE_integer(
    "rounds", ROUNDS, "number of rounds of both sides, which alternate", lower_bound=1, flag_values=FLAGS
)
flags.DEFINE_integer("clients", CLIENTS, "number of clients", lower_bound=1, flag_values=FLAGS)


def measure(seconds: float = SECONDS, rounds: int = ROUNDS, clients: int = CLIENTS) -> list[dict]:
    """Measures the ratio of the rates of neighbouring turns, failed requests and memory."""
    with tempfile.TemporaryDirectory(prefix="dvbpr-serve-") as folder:
        _export(Path(folder) / "model" / "1")
        loop = _Loop(Path(folder) / "model" / "1")
        with _served(Path(folder) / "model") as port:
            path, bodies = "/v1/models/model:predict", _bodies()
            load(port, path, bodies, clients, 1.0)  # warms up both sides
            loop.run(1.0)
            memory = _resident_memory(port)
            turns = [(load(port, path, bodies, clients, seconds), loop.run(seconds)) for _ in range(rounds)]
            grown = _resident_memory(port) / memory
    loads = [one for one, _ in turns]
    what = f"{clients} clients for {rounds} x {seconds:g} s, top 10 of {USERS} users x {ITEMS} items"
    return [
        {
            "what": f"requests/s of recommend over HTTP, {what}",
            "against": "calls/s of the loaded signature in a loop",
            "ratio": statistics.median(one.rate / other for one, other in turns),
            "aim": ">= 0.8",
            "requests_per_second": statistics.median(one.rate for one in loads),
            "against_calls_per_second": statistics.median(other for _, other in turns),
            "p50_milliseconds": 1e3 * statistics.median(one.percentile(50) for one in loads),
            "p99_milliseconds": 1e3 * statistics.median(one.percentile(99) for one in loads),
        },
        {
            "what": f"failed requests of {sum(len(one.seconds) for one in loads)}",
            "against": "one request",
            "ratio": sum(one.failed for one in loads),
            "aim": "<= 0",
        },
        {
            "what": "memory of the server after the load",
            "against": "memory after the first second of it",
            "ratio": grown,
            "aim": "<= 1.05",
        },
    ]


class _Loop:
    """The other side: calls one after the other in one process."""

    def __init__(self, folder: Path) -> None:
        import tensorflow as tf

        self._loaded = tf.saved_model.load(str(folder))
        self._users = _users()
        self._tf, self._recommend = tf, self._loaded.signatures["recommend"]

    def run(self, seconds: float) -> float:
        """Makes calls for some seconds and returns their number per second."""
        constant, calls, started = self._tf.constant, 0, time.perf_counter()
        while time.perf_counter() - started < seconds:
            outputs = self._recommend(user_keys=constant([next(self._users)]), k=constant(10), category=constant(""))
            [tensor.numpy() for tensor in outputs.values()]
            calls += 1
        return calls / (time.perf_counter() - started)


def _users() -> Iterator[str]:
    return (f"u{number * 7919 % USERS:05}" for number in itertools.count())


def _bodies() -> Iterator[bytes]:
    for user in _users():
        request = {"signature_name": "recommend", "inputs": {"user_keys": [user], "k": 10, "category": ""}}
        yield json.dumps(request).encode()


def _export(folder: Path) -> None:
    from tf_dvbpr.ranking.factors import Factors
    from tf_dvbpr.serving.export import save
    from tf_dvbpr.serving.module import ServingModule

    draw = np.random.default_rng(0)
    factors = Factors(
        draw.normal(size=[USERS, DIM]).astype(np.float32),
        draw.normal(size=[ITEMS, DIM]).astype(np.float32),
        np.array([f"u{number:05}" for number in range(USERS)]),
        np.array([f"w{number:05}" for number in range(ITEMS)]),
    )
    owned = draw.integers(0, ITEMS, USERS * OWNED)
    module = ServingModule(
        factors, np.arange(USERS + 1) * OWNED, owned, draw.integers(0, 2, ITEMS), ("tops", "shoes"), None
    )
    folder.parent.mkdir()
    save(module, module.signatures(), folder)


@contextlib.contextmanager
def _served(folder: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "tools.serve", f"--model={folder}", "--port=0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        found = (re.search(r"serving at http://127\.0\.0\.1:(\d+)/", line) for line in server.stdout)
        yield int(next(match for match in found if match)[1])
        server.terminate()
        server.communicate(timeout=60)
    finally:
        server.kill()


def _resident_memory(port: int) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        lines = page.read().decode().splitlines()
    return float(next(line for line in lines if line.startswith("process_resident_memory_bytes")).split()[1])


def main(values: flags.FlagValues) -> None:
    """Measures and prints everything."""
    for row in measure(values.seconds, values.rounds, values.clients):
        print(json.dumps(row))


if __name__ == "__main__":
    app.run(main, FLAGS)
