"""Imports the authors' checkpoint of the recommender into a workdir."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import tensorflow as tf

from tf_dvbpr.compat import check_versions
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.dvbpr.training import DvbprTraining
from tf_dvbpr.tf1_checkpoints.config import ImportConfig
from tf_dvbpr.tf1_checkpoints.names import FIRST_DENSE, LAST_DENSE, USERS, WEIGHTS, slot_shapes, slots, weight_shapes
from tf_dvbpr.tf1_checkpoints.reader import Tf1Checkpoint
from tf_dvbpr.training import loop
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.atomic_folder import first_folder
from tfrecords.files.output_check import check_writable
from tfrecords.photo_store.store import PhotoStore


def import_checkpoint(config: ImportConfig, show_progress: bool = True) -> dict:
    """Writes a workdir as `train` with preset ``release`` would have left it right after a validation.

    K and the photos' size are read from the shapes. If the file has Adam's moments, Adam's iterations are the step;
    otherwise Adam starts again.

    Returns:
        ``users``, ``items``, ``dim``, ``image_size``, ``step``, ``moments`` (whether the file has them) and
        ``score`` (validation AUC).

    Raises:
        InputError: the files or their variables are not those expected, or the data set or workdir do not fit.
    """
    checkpoint, step = opened(config, "dvbpr")
    moments = any(name in checkpoint.shapes for name in slots())
    names = {**WEIGHTS, **slots()} if moments else WEIGHTS
    checkpoint.check_names(names, "the recommender's checkpoint" + (" with Adam's moments" if moments else ""))
    dataset = Dataset.open(config.dataset)
    settings = _settings(config, checkpoint, dataset, moments)
    values = {ours: checkpoint.read(theirs) for theirs, ours in names.items()}
    if moments:
        values |= {f"{adam}_adam/iterations": np.int64(step) for adam in ("network", "user")}

    def make(workdir: Workdir) -> DvbprTraining:
        photos = PhotoStore(dataset, settings.image_size, settings.photo_store, show_progress)
        return DvbprTraining(settings, dataset, photos, workdir, progress=show_progress)

    result = adopt_in_new_workdir(settings, dataset, "dvbpr", {}, values, make, step, show_progress)
    return {
        "users": dataset.num_users,
        "items": dataset.num_items,
        "dim": settings.dim,
        "image_size": settings.image_size,
        "step": step,
        "moments": moments,
        "score": result["best_score"],
    }


def opened(config: ImportConfig, kind: str) -> tuple[Tf1Checkpoint, int]:
    """Opens the files; returns them and their step. Raises InputError if the workdir exists or the kind is wrong."""
    check_versions()
    check_new(Path(config.workdir))
    checkpoint, step = Tf1Checkpoint(config.checkpoint), config.steps()
    checkpoint.check_kind(kind)
    return checkpoint, step


def adopt_in_new_workdir(
    settings: object,
    dataset: Dataset,
    model: str,
    facts: dict[str, object],
    values: dict[str, np.ndarray],
    make: Callable[[Workdir], loop.Trainable],
    step: int,
    show_progress: bool,
) -> dict:
    """Writes a workdir of a model that was trained elsewhere; it gets its name when it is complete.

    Args:
        settings: the config of a training that could have produced it.
        dataset: its data set.
        model: and
        facts: see `Workdir.create_or_resume`.
        values: values of the training's state by name; the dict is emptied. Other variables keep the values of a
            new training.
        make: creates the training.
        step: number of its training steps so far.
        show_progress: show bars and figures.

    Returns:
        The same as `tf_dvbpr.training.loop.run`.
    """
    output = Path(settings.workdir).absolute()
    with first_folder(output, "importing a checkpoint", lambda: check_new(output)) as folder:
        workdir = Workdir.create_or_resume(settings, dataset, model, facts=facts, path=folder)
        trainable = make(workdir)
        state = trainable.state()
        for name in list(values):
            state[name].assign(tf.cast(values.pop(name), state[name].dtype))
        return loop.adopt(trainable, step, folder, show_progress)


def _settings(config: ImportConfig, checkpoint: Tf1Checkpoint, dataset: Dataset, moments: bool) -> TrainConfig:
    """Returns preset `release` with K and the photos' size from the shapes; checks all shapes."""
    shapes, prefix = checkpoint.shapes, checkpoint.prefix
    rank_two = {name: shapes[name] for name in (USERS, FIRST_DENSE, LAST_DENSE) if len(shapes[name]) == 2}
    dim = rank_two.get(LAST_DENSE, (0, 0))[1]
    inputs = rank_two.get(FIRST_DENSE, (0, 0))[0]
    users = rank_two.get(USERS, (dataset.num_users,))[0]
    side = math.isqrt(inputs // 256)
    if side * side * 256 != inputs or not inputs:
        raise InputError(
            f"{prefix}: {FIRST_DENSE} is {list(shapes[FIRST_DENSE])}, expected [12544, 4096] of photos at 224 pixels, "
            "or [n * n * 256, 4096] of photos at 32 n"
        )
    if users != dataset.num_users:
        raise InputError(
            f"{prefix}: {USERS} has {users} rows, one a user, and {dataset.path} has {dataset.num_users} users; give "
            "the data set that it was trained on"
        )
    expected = weight_shapes(dataset.num_users, dim, side * 32)
    checkpoint.check_shapes({**expected, **slot_shapes(expected)} if moments else expected)
    return resolve(config.dataset, config.workdir, "release", {"dim": dim, "image_size": side * 32})


def check_new(output: Path) -> None:
    """Raises InputError if something is at `output` already, except an empty folder."""
    check_writable(output, folder=True)
    if output.exists() and any(output.iterdir()):
        raise InputError(f"{output}: is not empty; a checkpoint is imported into a new {option('workdir')}")
