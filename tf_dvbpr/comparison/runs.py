"""Trains one cell of the comparison in its own folder, unless it is done already."""

import dataclasses
import gc
import json
import math
from collections.abc import Sequence
from pathlib import Path

from tf_dvbpr.baselines import train as baselines
from tf_dvbpr.baselines.config import SETTINGS, TRAINED, BaselineConfig, resolve
from tf_dvbpr.comparison.config import CompareConfig
from tf_dvbpr.comparison.rows import Row, format_settings
from tf_dvbpr.dvbpr import train as dvbpr
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.dvbpr.presets import resolve as resolve_dvbpr
from tf_dvbpr.networks.imagenet_networks import CNNF
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.training.checkpoint import remove_checkpoints, variable_shapes
from tf_dvbpr.training.metrics_log import MetricsLog
from tf_dvbpr.workdir import FREE, STARTS_WITH, Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.json_file import write_json

_DONE = "cell.json"
# Settings that may differ between runs of one model.
_APART = {"seed", *FREE, *STARTS_WITH}
_SHOWN = 4  # number of differing settings that a message names


@dataclasses.dataclass(frozen=True)
class Cell:
    """A finished run of the comparison.

    Attributes:
        workdir: its folder.
        settings: the tuned settings; {}: the defaults.
        seed: the run's seed.
        validation: best validation AUC over all users.
        step: the step of that validation.
        seconds: duration of training, without validations.
        parameters: number of trained numbers.
    """

    workdir: str
    settings: dict
    seed: int
    validation: float
    step: int
    seconds: float
    parameters: int

    def factors(self) -> Factors:
        """Returns the factors of the best validation. Raises InputError if they are missing or damaged."""
        return Workdir.open(self.workdir).factors()


def run_cell(config: CompareConfig, dataset: Dataset, row: Row, settings: dict, seed: int) -> tuple[Cell, bool]:
    """Trains a cell, or resumes it, unless it is done.

    Args:
        config: the comparison's settings.
        dataset: the data set.
        row: the row that the cell belongs to.
        settings: the cell's tuned settings.
        seed: the cell's seed.

    Returns:
        (the cell, whether it was trained now).

    Raises:
        InputError: the cell's folder has a run of another data set or with other settings, or a given run does not fit.
    """
    if row.model == "dvbpr" and config.dvbpr_workdir:
        return _given(config.dvbpr_workdir[seed], dataset, seed), False
    folder = Path(config.output) / "cells" / row.slug / ",".join([*format_settings(settings), f"seed={seed}"])
    training = _training(config, row, settings, seed, folder)
    done = _read(folder, dataset, training)
    if done is not None:
        return done, False
    gc.collect()  # Graphs have reference cycles: only the collector frees the tables of the previous cell.
    result = (dvbpr if row.model == "dvbpr" else baselines).train(training, False)
    cell = Cell(
        str(folder),
        settings,
        seed,
        result["best_score"],
        result["best_step"],
        round(result["seconds"], 2),
        parameters_of(Workdir.open(folder)),
    )
    _write(folder, cell)
    return cell, True


def check_alike(paths: Sequence[str]) -> None:
    """Raises InputError if the runs that are given as seeds of one model differ in other settings than the seed."""
    if not paths:
        return
    first, *others = (Workdir.open(path).settings(TrainConfig) for path in paths)
    for path, other in zip(paths[1:], others, strict=True):
        for name in sorted(first.keys() - _APART):
            if first[name] != other.get(name):
                raise InputError(
                    f"{option('dvbpr_workdir', ','.join(paths))}: {paths[0]} has {option(name, first[name])}, {path} "
                    f"has {other.get(name)}; give runs of one model, which differ in their seeds alone"
                )


def _given(path: str, dataset: Dataset, seed: int) -> Cell:
    workdir = Workdir.open(path)
    if workdir.config["model"] != "dvbpr":
        raise InputError(f"{option('dvbpr_workdir', path)}: holds {workdir.model_name}, not DVBPR")
    if workdir.config["dataset_fingerprint"] != dataset.fingerprint:
        raise InputError(
            f"{option('dvbpr_workdir', path)}: trained on {workdir.config['dataset']} as it was then, not on "
            f"{dataset.path} as it is; train one on this data set, or leave the flag out"
        )
    factors = workdir.factors()
    lines = MetricsLog(workdir.path / "metrics.jsonl").read()
    try:
        score = next(float(line["score"]) for line in lines if line["step"] == factors.step)
        seconds = float(lines[-1]["seconds"])
    except (StopIteration, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{option('dvbpr_workdir', path)}: metrics.jsonl does not tell the score of step {factors.step} and the "
            "seconds; train it on, or anew in another folder"
        ) from error
    backbone = workdir.config["train"].get("backbone", CNNF)
    settings = {} if backbone == CNNF else {"backbone": backbone}
    return Cell(path, settings, seed, score, factors.step, seconds, parameters_of(workdir))


def _training(config: CompareConfig, row: Row, settings: dict, seed: int, folder: Path) -> TrainConfig | BaselineConfig:
    if row.model == "dvbpr":
        given = {"seed": seed} | ({"max_photos": config.dvbpr_photos} if config.dvbpr_photos else {})
        return resolve_dvbpr(config.dataset, str(folder), config.dvbpr_preset, given)
    given = dict(settings)
    if "seed" in SETTINGS[row.model]:
        given["seed"] = seed
    if row.features is not None:
        given["features"] = row.features
    return resolve(config.dataset, str(folder), row.model, given)


def _read(folder: Path, dataset: Dataset, training: TrainConfig | BaselineConfig) -> Cell | None:
    try:
        cell = Cell(**json.loads((folder / _DONE).read_text())["cell"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None  # Not done, or half-written: the training resumes from its own checkpoint.
    try:
        workdir = Workdir.open(folder)
    except InputError as error:
        raise InputError(f"{folder}: its config.json is gone or damaged; move the folder away and run again") from error
    if workdir.config["dataset_fingerprint"] != dataset.fingerprint:
        raise InputError(f"{folder}: was run on another data set; give a new {option('output')}")
    old, new = workdir.settings(type(training)), dataclasses.asdict(training)
    changed = [f"{name} {old[name]} there, {new[name]} now" for name in new.keys() - FREE if old[name] != new[name]]
    if changed:
        shown = ", ".join(sorted(changed)[:_SHOWN]) + (", ..." if len(changed) > _SHOWN else "")
        raise InputError(f"{folder}: was run with other settings ({shown}); give a new {option('output')}")
    return dataclasses.replace(cell, workdir=str(folder))


def _write(folder: Path, cell: Cell) -> None:
    write_json(folder / _DONE, {"cell": dataclasses.asdict(cell)})
    # The checkpoints are the largest part of a run, and a finished run does not need them.
    remove_checkpoints(folder / "checkpoints")


def parameters_of(workdir: Workdir) -> int:
    """Returns how many numbers the model's variables have; 0 for a model that is not trained.

    Raises:
        InputError: best/ is damaged.
    """
    if workdir.config["model"] not in ("dvbpr", *TRAINED):
        return 0
    return sum(
        math.prod(shape)
        for name, shape in variable_shapes(workdir.path / "best").items()
        if name.endswith("VARIABLE_VALUE") and not name.startswith("save_counter")
    )
