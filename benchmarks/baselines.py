"""Measures epochs of the baselines, and the exact AUC of all users, on a data set of the size used for other libraries.

10,000 users, 20,000 items, 180,000 training purchases, 4096 features.
"""

import resource
import tempfile
import time
import types
from pathlib import Path

import numpy as np

from tf_dvbpr.baselines.config import BaselineConfig
from tf_dvbpr.baselines.train import build
from tf_dvbpr.baselines.training import BaselineTraining
from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.held_out import COLD_BELOW, HeldOut
from tf_dvbpr.training.loop import LoopConfig, run
from tf_dvbpr.training.metrics_log import MetricsLog
from tfrecords.files.npy_file import map_npy

USERS, ITEMS, PURCHASES, FEATURES = 10_000, 20_000, 180_000, 4096
EPOCHS = 5
CONSTANT_BYTES = 64 * 2**20  # the part of VBPR's memory that does not depend on the features


def measure() -> list[dict]:
    """Measures seconds per epoch, memory relative to the features' size, and seconds per AUC, each with its target."""
    dataset = purchases()
    rows = [_epoch(dataset, "bpr_mf", 100, 0.3)]
    before = _peak_memory()  # of TensorFlow, XLA and a model without features; a peak never decreases
    rows += [_epoch(dataset, "vbpr", 50, 2.0), _memory(before)]
    return [*rows, _epoch(dataset, "warp", 100, 1.0), _auc(dataset)]


class _Unvalidated(BaselineTraining):
    """A training without validations, since only the epoch is measured."""

    def validate(self, step: int) -> dict[str, float]:
        return {"score": float(step)}

    def keep_best(self, step: int) -> None:
        pass

    def show(self, step: int) -> None:
        pass


def epoch_seconds(dataset: types.SimpleNamespace, model: str, dim: int) -> float:
    """Returns the seconds of a model's fastest epoch of several; the first, which compiles, is left out."""
    config = BaselineConfig("data", "run", model, dim=dim)
    epoch = config.steps_per_epoch(PURCHASES)
    loop = LoopConfig(total_steps=(EPOCHS + 1) * epoch, eval_every=epoch, steps_per_call=epoch)
    with tempfile.TemporaryDirectory(prefix="dvbpr-benchmark-") as folder:
        features = _features(Path(folder) / "features.npy") if model == "vbpr" else None
        trainable = _Unvalidated(config, build(config, dataset, features), dataset, None)
        run(trainable, loop, Path(folder), show_progress=False)
        clock = [line["seconds"] for line in MetricsLog(Path(folder) / "metrics.jsonl").read()]
    return float(np.min(np.diff(clock)))


def _epoch(dataset: types.SimpleNamespace, model: str, dim: int, aim: float) -> dict:
    batch = BaselineConfig("data", "run", model, dim=dim).batch_size
    return _row(f"{model} epoch, {dim} factors, batch {batch}", epoch_seconds(dataset, model, dim), aim)


def _features(path: Path) -> np.ndarray:
    """Maps features from a file, as `tools.train_baseline` does; written by blocks, which are not all in memory."""
    rng = np.random.default_rng(1)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (ITEMS, FEATURES)})
        for _ in range(0, ITEMS, ITEMS // 20):
            rng.standard_normal((ITEMS // 20, FEATURES), np.float32).tofile(file)
    return map_npy(path)


def _auc(dataset: types.SimpleNamespace) -> dict:
    rng = np.random.default_rng(2)
    factors = [rng.standard_normal((rows, 100), np.float32) for rows in (USERS, ITEMS)]
    targets = dataset.train_items[dataset.train_indptr[:-1]]
    cold = np.bincount(dataset.train_items, minlength=ITEMS)[targets] < COLD_BELOW
    groups = {"all": np.ones(USERS, bool), "warm": ~cold, "cold": cold}
    held = HeldOut("test", USERS, np.arange(USERS), targets, groups)
    times = []
    for _ in range(4):
        started = time.perf_counter()
        values = auc.user_auc(*factors, targets, dataset.train_indptr, dataset.train_items)
        auc.summarise(values, held)
        times.append(time.perf_counter() - started)
    return _row(f"AUC, all and cold, of {USERS} users x {ITEMS} items", min(times[1:]), 1.0)


def _memory(before: int) -> dict:
    added, size = _peak_memory() - before - CONSTANT_BYTES, ITEMS * FEATURES * 4
    return {
        "what": f"memory that VBPR takes at its peak, on top of BPR-MF's and {CONSTANT_BYTES >> 20} MiB",
        "against": "the features' size",
        "ratio": added / size,
        "aim": "<= 1.2",
        "bytes": added,
        "against_bytes": size,
    }


def _peak_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _row(what: str, seconds: float, aim: float) -> dict:
    return {"what": what, "against": "one second", "ratio": seconds, "aim": f"<= {aim:g}", "seconds": seconds}


def purchases() -> types.SimpleNamespace:
    """Makes users and purchases of the stated size, with only what an epoch needs."""
    rng = np.random.default_rng(0)
    pairs = rng.choice(USERS * ITEMS, PURCHASES, replace=False)
    # Every user has purchases, so that every user has a held-out item.
    pairs[:USERS] = np.arange(USERS) * ITEMS + rng.integers(0, ITEMS, USERS)
    pairs = np.unique(pairs)
    return types.SimpleNamespace(
        num_users=USERS,
        num_items=ITEMS,
        train_indptr=np.searchsorted(pairs, np.arange(USERS + 1) * ITEMS).astype(np.int64),
        train_items=(pairs % ITEMS).astype(np.int32),
    )
