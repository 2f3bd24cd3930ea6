"""Exports a workdir as a SavedModel folder."""

from pathlib import Path

import tensorflow as tf

from tf_dvbpr.approximate.config import NONE, IndexConfig
from tf_dvbpr.approximate.files import write_index
from tf_dvbpr.approximate.search_index import SearchIndex, make_index
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.plain_path import is_lost
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.score_checks import check_finite, factors_for
from tf_dvbpr.serving.config import ExportConfig
from tf_dvbpr.serving.module import ServingModule
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.atomic_folder import FolderKind, check_output, whole_folder


def export(config: ExportConfig) -> dict:
    """Writes the SavedModel under a temporary name next to `output` and renames it when it is complete.

    Returns:
        ``users``, ``items``, ``step``, the names of the ``signatures``, and the figures of the ``index`` (None: none).

    Raises:
        InputError: no trained workdir, its data set is gone or was changed, factors are not finite, `output` exists, or
            the index finds too little.
    """
    output = Path(config.output).absolute()
    check_export(output, config.overwrite)
    workdir = Workdir.open(config.workdir, config.dataset)
    dataset, factors = workdir.dataset(), workdir.factors()
    check_finite(*factors_for(factors, dataset))
    index = index_of(config, factors, dataset)
    embedder = open_embedder(workdir) if workdir.config["model"] == "dvbpr" else None
    categories = dataset.item_categories, dataset.category_names
    module = ServingModule(factors, *dataset.own_items(), *categories, embedder, config.max_pixels, index)
    signatures = module.signatures()
    figures = save(module, signatures, output, config.overwrite, index, dataset.category_names)
    return {
        "users": dataset.num_users,
        "items": dataset.num_items,
        "step": factors.step,
        "signatures": [name for name in signatures if name != "serving_default"],
        "index": figures,
    }


def index_of(config: IndexConfig, factors: Factors, dataset: Dataset) -> SearchIndex | None:
    """Makes the index that a config asks for; None: it asks for none. Raises InputError as `make_index` does."""
    if config.index == NONE:
        return None
    return make_index(factors, dataset.own_items(), dataset.item_categories, dataset.category_names, config)


def save(
    module: tf.Module,
    signatures: dict,
    output: Path,
    overwrite: bool = False,
    index: SearchIndex | None = None,
    category_names: tuple[str, ...] = (),
) -> dict | None:
    """Saves a module, with the index beside it; an existing `output` is replaced only when all of it is complete.

    Returns:
        The figures of the index (`write_index`); None without one.
    """
    with whole_folder(output, _SAVED_MODEL, overwrite=overwrite) as partial:
        tf.saved_model.save(module, str(partial), signatures=signatures)
        return None if index is None else write_index(partial, index, category_names)


def check_export(output: Path, overwrite: bool) -> None:
    """Raises InputError if a SavedModel cannot be written to the path, or not be loaded from it."""
    if is_lost(output):
        raise InputError(
            f"{output}: TensorFlow takes [ ] and \\ in a path for a pattern and could not load a SavedModel from "
            f"there; name a folder without them as {option('output')}"
        )
    check_output(output, _SAVED_MODEL, overwrite)


def _files_of_tensorflow(folder: Path) -> set[str]:
    """Returns the files that any version of TensorFlow writes; this project's modules have no assets."""
    data = {path.relative_to(folder).as_posix() for path in folder.glob("variables/variables.data-?????-of-?????")}
    return {*data, "variables/variables.index", "saved_model.pb", "fingerprint.pb", "keras_metadata.pb"}


_SAVED_MODEL = FolderKind("a SavedModel", "saved_model.pb", "exporting a SavedModel", _files_of_tensorflow)
