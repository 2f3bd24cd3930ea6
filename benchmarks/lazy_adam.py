"""Measures how the time of a training step grows with the number of users, for lazy_adam and for adam.

python -m benchmarks --only=lazy_adam
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import tensorflow as tf

from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.dvbpr.training import DvbprTraining
from tf_dvbpr.workdir import Workdir

FEW, MANY = 10_000, 1_000_000
ITEMS, SIDE = 256, 32  # small photos, so that the network takes little time
SETTINGS = {"image_size": SIDE, "batch_size": 32, "shared_negatives": 16, "init": "glorot", "average": 0.0}
ROUNDS = 25  # The first two warm up.


def measure() -> list[dict]:
    """Measures the ratio of a step with a hundred times the users to a step with few, alternately."""
    steps = {(name, users): _step(name, users) for name in ("lazy_adam", "adam") for users in (FEW, MANY)}
    times = {key: [] for key in steps}
    for number in range(ROUNDS):
        for key, step in steps.items():
            started = time.perf_counter()
            step(number)
            times[key].append(time.perf_counter() - started)
    return [
        _row(times, "lazy_adam", "<= 1.1"),
        _row(times, "adam", ">= 1.1"),
    ]


def _row(times: dict, name: str, aim: str) -> dict:
    few, many = times[name, FEW][2:], times[name, MANY][2:]
    return {
        "what": f"a step of {name} with {MANY} users",
        "against": f"one with {FEW}",
        "ratio": statistics.median(large / small for small, large in zip(few, many, strict=True)),
        "aim": aim,
        "seconds": statistics.median(many),
        "against_seconds": statistics.median(few),
    }


def _step(optimizer: str, users: int) -> Callable[[int], None]:
    """Returns a compiled step, called with the number of a batch; each user bought one item."""
    draw = np.random.default_rng(0)
    dataset = SimpleNamespace(
        num_users=users,
        num_items=ITEMS,
        train_indptr=np.arange(users + 1),
        train_items=draw.integers(0, ITEMS, users),
    )
    table = tf.constant(draw.integers(0, 256, [ITEMS, SIDE, SIDE, 3]), tf.uint8)
    photos = SimpleNamespace(kind="host", image_size=SIDE, gather=lambda items: tf.gather(table, items))
    folder = Path(tempfile.gettempdir())  # nothing is written to it
    config = resolve("data", str(folder), "fast", {**SETTINGS, "optimizer": optimizer})
    training = DvbprTraining(config, dataset, photos, Workdir(folder, {}))
    compiled = tf.function(training.train_step)
    replica = tf.constant(0, tf.int64)
    batches = [training._batch(tf.constant(number, tf.int64), replica) for number in range(ROUNDS)]

    def step(number: int) -> None:
        # Waits for the losses, as the loop does.
        [float(value) for value in compiled(batches[number]).values()]

    return step
