"""Makes item features: sends every photo of a data set through one network, and appends the rows to the store."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from tf_dvbpr.compat import check_versions
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.features import import_file
from tf_dvbpr.features.config import ExtractConfig
from tf_dvbpr.features.import_file import RowSource
from tf_dvbpr.networks.engine import Engine, choose_engine
from tf_dvbpr.networks.engine_names import FLOAT32
from tf_dvbpr.networks.hub_preset import preset_hashes
from tf_dvbpr.networks.imagenet_networks import CNNF, LITE0, is_folder
from tf_dvbpr.networks.lite0_model import installed_lite0
from tf_dvbpr.networks.pretrained import Pretrained, load_pretrained
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.features.store import check_differ, zero_rows
from tfrecords.features.writer import FOLDER, FeatureWriter, check_name, difference, feature_file, read_record
from tfrecords.files.folder_lock import locked
from tfrecords.files.sha256 import file_sha256
from tfrecords.photos.decode import decode_photo
from tfrecords.progress_bar import progress_bar

# Of features that are there: whatever these say, they are the features asked for, up to their last bits.
_FREE = ("batch_size", "engine", "versions")


@dataclasses.dataclass(frozen=True)
class Extracted:
    """The result of `extract`: the .npy file, a summary of it, and whether it existed before."""

    path: Path
    record: dict
    already: bool


def extract(config: ExtractConfig, progress: bool = True, tell: Callable[[str], None] | None = None) -> Extracted:
    """Makes features, or resumes after a killed run with the same settings; the result is bitwise the same.

    Args:
        config: what to make.
        progress: whether to show a progress bar.
        tell: called with a line on how the rows are made, before the first row, and one on rows that are all zeros.

    Raises:
        InputError: no data set, weights or run; a file that lacks items; features of this name made in another way; a
            value that is NaN or infinite; all items alike; or another process makes features of this data set.
    """
    check_versions()
    if config.name is not None:
        check_name(config.name)
    dataset = Dataset.open(config.dataset)
    if config.from_file is not None:
        source = import_file.open_file(config.from_file, config.keys, dataset, progress)
    elif config.workdir is not None:
        source = _own_network(config, dataset)
        if config.name is None:
            network = source.made_by["network"]
            config = dataclasses.replace(config, name=network if network == CNNF else f"trained_{network}")
    else:
        source = _pretrained(config, dataset)
    with locked(dataset.path / FOLDER, "making features"):
        return _extract(config, dataset, source, progress, tell)


def _extract(
    config: ExtractConfig,
    dataset: Dataset,
    source: RowSource,
    progress: bool,
    tell: Callable[[str], None] | None,
) -> Extracted:
    path = feature_file(dataset, config.name, "npy")
    if not config.overwrite and _already(config, dataset, source):
        return Extracted(path, read_record(dataset, config.name), already=True)
    if tell is not None:
        tell(_description(config, source))
    unit = "photo" if config.from_file is None else "row"
    with FeatureWriter(
        dataset, config.name, source.dim, source.made_by, config.overwrite, joined=("engine",)
    ) as writer:
        bar = progress_bar(
            total=dataset.num_items, initial=writer.done, desc=config.name, unit=unit, disable=not progress
        )
        try:
            with dataset.damage_named(), bar:
                for block in source.blocks(writer.done):
                    writer.append(block)
                    bar.update(len(block))
            check_differ(writer.rows, f"features {config.name}")
        except KeyboardInterrupt as interrupt:
            raise KeyboardInterrupt(
                f"{writer.done} of {dataset.num_items} items are done; the same command goes on from there"
            ) from interrupt
        except InputError:
            writer.discard()  # Rows of bad input stay bad, so the next run must not continue after them.
            raise
        zeros = zero_rows(writer.rows)
        if len(zeros) and tell is not None:
            tell(
                f"warning: {len(zeros)} of {dataset.num_items} items have zeros alone, the first of them "
                f"{dataset.item_keys[zeros[0]]}: to a model that looks at features they are all alike"
            )
        writer.finish()
    return Extracted(path, read_record(dataset, config.name), already=False)


def _already(config: ExtractConfig, dataset: Dataset, source: RowSource) -> bool:
    record = read_record(dataset, config.name)
    if record is None:
        return False
    made = {"dim": source.dim, "dataset_fingerprint": dataset.fingerprint, "made_by": source.made_by}
    there = {name: record[name] for name in made}
    settings = [{**one, "made_by": _settings(one["made_by"])} for one in (there, made)]
    if settings[0] != settings[1]:
        raise InputError(
            f"{feature_file(dataset, config.name, 'json')}: features of this name were made in another way "
            f"({difference(*settings)}); pass {option('overwrite')} to replace them, or another {option('name')}"
        )
    return True


def _description(config: ExtractConfig, source: RowSource) -> str:
    made_by = source.made_by
    if config.from_file is not None:
        return f"features {config.name}: {source.dim} values an item from {made_by['from_file']}"
    origin = (
        f"weights {made_by['weights']}" if config.workdir is None else f"step {made_by['step']} of {config.workdir}"
    )
    line = f"features {config.name}: {source.dim} values an item, {made_by['layer']} in {made_by['network']}, {origin}"
    run_by = f", run by {made_by['engine']}" + (f" in {made_by['precision']}" if "precision" in made_by else "")
    if not made_by.get("batch_norm_epsilon"):
        return line + run_by
    epsilon = " and ".join(map(str, made_by["batch_norm_epsilon"]))
    whose = "as given" if config.batch_norm_epsilon is not None else "the library's"
    if config.weights is not None and config.batch_norm_epsilon is None and config.network != LITE0:
        whose += "; no file says which its weights were trained with, batch_norm_epsilon sets it"
    return f"{line}, BatchNormalization epsilon {epsilon} ({whose}){run_by}"


def _settings(made_by: dict) -> dict:
    return {name: value for name, value in made_by.items() if name not in _FREE}


def _pretrained(config: ExtractConfig, dataset: Dataset) -> RowSource:
    engine = choose_engine(config.engine, config.precision)
    network = load_pretrained(config.network, _weights_file(config.network, config.weights), config.batch_norm_epsilon)
    record = pretrained_record(config.network, config.weights, network)
    made_by = {**record, **_photos(config, engine, network.image_size, dataset)}
    return RowSource(made_by, network.dim, _through(network.embed, engine, config, dataset, network.image_size))


def pretrained_record(name: str, weights: Path | None, network: Pretrained) -> dict:
    """Returns what is to be known of a network's features: network, weights, layer, epsilon and preprocessing.

    Args:
        name: the network's name or folder.
        weights: its file; None: the library's own.
        network: the network, loaded with them.
    """
    file = _weights_file(name, weights)
    origin = {"weights": "imagenet, the library's"}
    if file is not None:
        origin = {"weights": file.name, "weights_sha256": file_sha256(file)}
    preset = is_folder(name)
    if preset:
        origin = {"weights": "of that folder", "files_sha256": preset_hashes(name)}
    return {
        "network": Path(name).resolve().name if preset else name,
        **origin,
        "layer": network.layer if preset else f"the input of {network.layer}",
        "batch_norm_epsilon": list(network.epsilons),
        "preprocessing": f"{network.preprocessing} of RGB 0..255",
    }


def _weights_file(name: str, weights: Path | None) -> Path | None:
    return installed_lite0() if weights is None and name == LITE0 else weights


def _own_network(config: ExtractConfig, dataset: Dataset) -> RowSource:
    workdir = Workdir.open(config.workdir)
    if workdir.config["dataset_fingerprint"] != dataset.fingerprint:
        raise InputError(
            f"{option('workdir', config.workdir)}: a run of another data set ({workdir.config['dataset']}), which may "
            f"have seen what {dataset.path} holds out; give a run of this one"
        )
    workdir.moved_to = str(dataset.path)
    engine = choose_engine(config.engine, config.precision)
    embedder = open_embedder(workdir)
    made_by = {
        "network": Path(workdir.config["train"].get("backbone", CNNF)).name,
        "run": workdir.path.resolve().name,
        "step": workdir.factors().step,
        "factors_sha256": file_sha256(workdir.path / "factors.npz"),
        "layer": embedder.hidden_layer,
        "preprocessing": embedder.preprocessing,
        **_photos(config, engine, embedder.image_size, dataset),
    }
    size = embedder.image_size
    hidden = tf.function(embedder.hidden, input_signature=[tf.TensorSpec([None, size, size, 3], tf.uint8)])
    return RowSource(made_by, embedder.hidden_dim, _through(hidden, engine, config, dataset, size))


def _photos(config: ExtractConfig, engine: Engine, size: int, dataset: Dataset) -> dict:
    return {
        # The features of both engines are one kind; of a run that went on with another engine, both are named.
        "engine": f"{engine.name} {engine.version}",
        **({"precision": engine.precision} if engine.precision != FLOAT32 else {}),
        "image_size": size,
        "fit": dataset.fit,
        "resize_filter": dataset.resize_filter,
        "batch_size": config.batch_size,  # The batch size changes the last bits of a row.
        "versions": {"tensorflow": tf.__version__, "keras": keras.__version__},
    }


def _through(
    embed: Callable[[tf.Tensor], tf.Tensor], engine: Engine, config: ExtractConfig, dataset: Dataset, size: int
) -> Callable[[int], Iterator[np.ndarray]]:
    def decode(_: tf.Tensor, encoded: tf.Tensor) -> tf.Tensor:
        return decode_photo(encoded, size, dataset.resize_filter, dataset.fit)

    def blocks(start: int) -> Iterator[np.ndarray]:
        photos = dataset.photos().skip(start).map(decode, num_parallel_calls=tf.data.AUTOTUNE)
        run = engine.compile(embed)
        for batch in photos.batch(config.batch_size).prefetch(2).as_numpy_iterator():
            yield run(batch)[0]

    return blocks
