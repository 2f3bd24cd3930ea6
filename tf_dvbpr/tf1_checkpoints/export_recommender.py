"""Exports a workdir of DVBPR as a checkpoint that the authors' code loads."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import tensorflow as tf

from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.tf1_checkpoints.config import ExportCheckpointConfig
from tf_dvbpr.tf1_checkpoints.names import WEIGHTS, slot_shapes, slots, weight_shapes
from tf_dvbpr.tf1_checkpoints.reader import write_tf1_checkpoint
from tf_dvbpr.training.checkpoint import Checkpoints
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError, option
from tfrecords.files.output_check import check_writable

# Settings that change the network; K and the number of users are settings of the authors' code.
_ARCHITECTURE = ("backbone", "image_size", "conv1_padding", "item_bias", "latent_dim")


def export_checkpoint(config: ExportCheckpointConfig) -> dict:
    """Writes the seventeen weights with Adam's moments, atomically.

    The moments are those of the newest checkpoint; with ``best`` they are zeros, as at the start of a training, since
    best/ has none.

    Returns:
        ``variables`` (their number) and ``step``.

    Raises:
        InputError: no workdir of DVBPR, a network other than the release's, nothing trained, or `output` exists.
    """
    output = new_checkpoint(config)
    workdir = Workdir.open(config.workdir)
    if workdir.config["model"] != "dvbpr":
        raise InputError(f"{workdir.path}: belongs to {workdir.model_name}, which the authors' code does not have")
    settings = settings_of(workdir, TrainConfig)
    check_architecture(workdir, settings, resolve("", "", "release", {}), _ARCHITECTURE)
    shapes = weight_shapes(len(workdir.factors().user_keys), settings.dim, settings.image_size)
    moments = slot_shapes(shapes)
    if config.best:
        values, step = saved_values(workdir.path / "best", WEIGHTS, shapes)
        values |= {name: tf.zeros(shape) for name, shape in moments.items()}
    else:
        values, step = saved_values(workdir.path / "checkpoints", {**WEIGHTS, **slots()}, {**shapes, **moments})
    write_tf1_checkpoint(output, values)
    return {"variables": len(values), "step": step}


def new_checkpoint(config: ExportCheckpointConfig) -> Path:
    """Returns the path of a config's output. Raises InputError if no checkpoint can be written there."""
    output = Path(config.output)
    check_writable(f"{output}.index")
    if output.is_dir():
        raise InputError(f"{option('output', output)}: a folder; give a file's name in it, as in {output / 'DVBPR'}")
    if Path(f"{output}.index").exists() and not config.overwrite:
        raise InputError(
            f"{output}: a checkpoint is here already; pass {option('overwrite')} to replace it or name another "
            f"{option('output')}"
        )
    return output


def settings_of(workdir: Workdir, kind: type) -> object:
    """Returns a workdir's settings as their config. Raises InputError if they are not of this `kind`."""
    try:
        return kind(**workdir.config["train"])
    except TypeError as error:
        raise InputError(f"{workdir.path}/config.json: not a run's config ({error}). Train again") from error


def check_architecture(workdir: Workdir, settings: object, release: object, names: Sequence[str]) -> None:
    """Raises InputError for the first setting that makes the networks differ from the release's."""
    for name in names:
        value, expected = getattr(settings, name), getattr(release, name)
        if value != expected:
            raise InputError(
                f"{workdir.path}: trained with {option(name, value)}, and the authors' code has {expected}; only "
                f"networks of {option('preset', 'release')} can be exported to it"
            )


def saved_values(
    folder: Path, names: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]
) -> tuple[dict[str, tf.Variable], int]:
    """Returns the values of the newest checkpoint of a workdir's folder, under the authors' names.

    Args:
        folder: ``checkpoints/`` or ``best/``.
        names: this project's names by the authors' names.
        shapes: shapes by the authors' names.

    Returns:
        (the values, their step). Raises InputError if there is no checkpoint or it cannot be read.
    """
    values = {name: tf.Variable(tf.zeros(shapes[name])) for name in names}
    state = Checkpoints(folder, {names[name]: value for name, value in values.items()}).restore()
    if state is None:
        raise InputError(f"{folder}: no checkpoint here yet; train to the first one")
    return values, state["step"]
