"""One training of the comparison, with its place on the disk: done once, never again."""

import dataclasses
import gc
import json
import math
from collections.abc import Sequence
from pathlib import Path

from tf_dvbpr.baselines import train as baselines
from tf_dvbpr.baselines.config import SETTINGS, TRAINED, BaselineConfig, resolve
from tf_dvbpr.comparison.config import CompareConfig
from tf_dvbpr.comparison.rows import Row
from tf_dvbpr.dvbpr import train as dvbpr
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.networks.imagenet_networks import CNNF
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.training.checkpoint import remove_checkpoints, variable_shapes
from tf_dvbpr.training.metrics_log import MetricsLog
from tf_dvbpr.workdir import FREE, STARTS_WITH, Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.json_file import write_json

_DONE = "cell.json"
# What may differ between runs of one model.
_APART = {"seed", *FREE, *STARTS_WITH}
_SHOWN = 4  # of the settings that differ


@dataclasses.dataclass(frozen=True)
class Cell:
    """A finished run.

    Attributes:
        workdir: its folder.
        settings: what it was tuned to, {} for the defaults.
        seed: of the run.
        validation: best validation AUC over all users.
        step: where.
        seconds: of training, validation not counted.
        parameters: how many numbers were trained.
    """

    workdir: str
    settings: dict
    seed: int
    validation: float
    step: int
    seconds: float
    parameters: int

    def factors(self) -> Factors:
        """The recommender at its best validation."""
        return Workdir.open(self.workdir).factors()


def run_cell(config: CompareConfig, dataset: Dataset, row: Row, settings: dict, seed: int) -> tuple[Cell, bool]:
    """Trains a cell, goes on with it, or finds it done.

    Returns:
        (the cell, whether it had to be trained now).
    """
    if row.model == "dvbpr" and config.dvbpr_workdir:
        return _given(config.dvbpr_workdir[seed], dataset, seed), False
    folder = Path(config.output) / "cells" / row.slug / ",".join([*format_settings(settings), f"seed={seed}"])
    training = _training(config, row, settings, seed, folder)
    done = _read(folder, dataset, training)
    if done is not None:
        return done, False
    gc.collect()  # Graphs are cyclic: the tables of the cell before would wait for the collector's turn.
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
    """Raises InputError where the runs given as seeds of one model differ in more than their seed."""
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


def format_settings(settings: dict, between: str = "=") -> list[str]:
    """Settings as they are shown, ``name=value`` each."""
    return [f"{name}{between}{value if isinstance(value, str) else f'{value:g}'}" for name, value in settings.items()]


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
        return dvbpr.resolve(config.dataset, str(folder), config.dvbpr_preset, given)
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
        return None  # Not done, or half-written: the training itself knows where to go on.
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
    # What resumes a run is the largest part of it, and this one is done.
    remove_checkpoints(folder / "checkpoints")


def parameters_of(workdir: Workdir) -> int:
    """How many numbers the model's variables have; 0 for one that trains none.

    Raises InputError where best/ is damaged.
    """
    if workdir.config["model"] not in ("dvbpr", *TRAINED):
        return 0
    return sum(
        math.prod(shape)
        for name, shape in variable_shapes(workdir.path / "best").items()
        if name.endswith("VARIABLE_VALUE") and not name.startswith("save_counter")
    )
