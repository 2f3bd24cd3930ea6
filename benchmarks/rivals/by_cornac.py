"""Seconds that BPR-MF takes to cornac's best validation AUC on the wardrobe, beside cornac's own."""

import tempfile
import time
from pathlib import Path

from benchmarks.in_turns import one_core, row
from benchmarks.peers import factors_of_cornac
from tf_dvbpr.baselines.config import resolve
from tf_dvbpr.baselines.train import train
from tf_dvbpr.ranking import auc
from tf_dvbpr.training.recommender import RecommenderTraining
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig

DIM, REGULARISERS, ITERATIONS, ROUNDS = 50, (0.01, 0.05, 0.1), (25, 50, 100, 200, 300), 3


def measure() -> list[dict]:
    """Measures the ratio of processor seconds, from the start of a training to the AUC."""
    with one_core(), tempfile.TemporaryDirectory(prefix="dvbpr-benchmark-") as name:
        folder = Path(name)
        dataset = build_dataset(BuildConfig(source="wardrobe", output=folder / "wardrobe"), progress=False)
        runs = [(_cornac(dataset, one, count), one, count) for one in REGULARISERS for count in ITERATIONS]
        (_, aim), regulariser, iterations = max(runs, key=lambda run: run[0][1])
        # Of the runs that are as good up to the third digit, the shortest counts for cornac.
        (_, aim), regulariser, iterations = min(
            (run for run in runs if run[0][1] >= aim - 5e-4), key=lambda run: run[0][0]
        )
        ours, theirs = [], []
        for number in range(ROUNDS):
            theirs.append(_cornac(dataset, regulariser, iterations)[0])
            ours.append(_ours(str(dataset.path), folder / f"run{number}", aim))
    what = f"processor seconds of BPR-MF to a validation AUC of {aim:.4f}, the wardrobe, {DIM} factors"
    against = f"cornac's, {iterations} iterations, regulariser {regulariser}"
    return [{**row(what, against, "<= 1", ours, theirs), "auc": aim}]


def _cornac(dataset: object, regulariser: float, iterations: int) -> tuple[float, float]:
    started = time.process_time()
    factors = factors_of_cornac(dataset, DIM, regulariser, iterations)
    seconds = time.process_time() - started
    return seconds, auc.evaluate(factors, dataset, "validation").all


class _Reached(Exception):
    """The training has the AUC."""


def _ours(dataset: str, workdir: Path, aim: float) -> float:
    """Returns the processor seconds of our training, validations and compilation included, to the AUC."""
    validate = RecommenderTraining.validate

    def until(training: RecommenderTraining, step: int) -> dict[str, float]:
        figures = validate(training, step)
        if figures["score"] >= aim:
            raise _Reached
        return figures

    RecommenderTraining.validate = until
    started = time.process_time()
    try:
        train(resolve(dataset, str(workdir), "bpr_mf", {"dim": DIM}), show_progress=False)
    except _Reached:
        return time.process_time() - started
    finally:
        RecommenderTraining.validate = validate
    raise RuntimeError(f"the training ended below a validation AUC of {aim:.4f}")
