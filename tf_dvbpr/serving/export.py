"""From a workdir to a SavedModel folder."""

import dataclasses
from pathlib import Path

import tensorflow as tf

from tf_dvbpr.ranking.score_checks import check_finite, factors_for
from tf_dvbpr.serving.module import ServingModule
from tf_dvbpr.serving.photos import MAX_PIXELS
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.files.atomic_folder import whole_folder
from tfrecords.files.output_check import check_place


@dataclasses.dataclass(frozen=True)
class ExportConfig:
    """What to export.

    Attributes:
        workdir: a run of tools.train_dvbpr.
        output: the folder to make.
        overwrite: replace a SavedModel that is already at `output`.
        max_pixels: the most pixels of a photo that the exported model decodes; one of more is unreadable.
    """

    workdir: str
    output: str
    overwrite: bool = False
    max_pixels: int = MAX_PIXELS


def export(config: ExportConfig) -> dict:
    """Writes the SavedModel under a temporary name next to `output` and renames it when whole.

    Returns:
        ``users``, ``items``, ``step`` and the names of the ``signatures``.

    Raises:
        InputError: no trained workdir, its data set is gone or another, factors not finite, `output` is taken.
    """
    output = Path(config.output).absolute()
    check_output(output, config.overwrite)
    workdir = Workdir.open(config.workdir)
    dataset, factors = workdir.dataset(), workdir.factors()
    check_finite(*factors_for(factors, dataset))
    known = dataset.own_items()
    embedder = workdir.embedder() if workdir.config["model"] == "dvbpr" else None
    module = ServingModule(
        factors, *known, dataset.item_categories, dataset.category_names, embedder, config.max_pixels
    )
    signatures = module.signatures()
    save(module, signatures, output)
    return {
        "users": dataset.num_users,
        "items": dataset.num_items,
        "step": factors.step,
        "signatures": [name for name in signatures if name != "serving_default"],
    }


def save(module: tf.Module, signatures: dict, output: Path) -> None:
    """Saves a module; what is at `output` is replaced only once the new SavedModel is whole."""
    with whole_folder(output, "saved_model.pb", "exporting a SavedModel") as partial:
        tf.saved_model.save(module, str(partial), signatures=signatures)


def check_output(output: Path, overwrite: bool) -> None:
    """Raises InputError where no SavedModel may be written: a file, other things, one without `overwrite`."""
    check_place(output, folder=True)
    if not output.exists() or not any(output.iterdir()):
        return
    if not (output / "saved_model.pb").is_file():
        raise InputError(f"{output}: holds something that is no SavedModel; name a new folder as --output")
    if not overwrite:
        raise InputError(
            f"{output}: a SavedModel is here already; pass --overwrite to replace it or name another folder"
        )
