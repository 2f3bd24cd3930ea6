"""The frozen network that a discriminator looks through: given to a training, kept in its workdir, opened there."""

import zipfile
from pathlib import Path

import numpy as np

from gan.categories import labelled
from gan.config import LITE0, NO_EYES, GanConfig
from gan.networks.cnnf_eyes import CONVOLUTIONS, CnnfEyes
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.networks.cnnf import CNNF
from tf_dvbpr.networks.efficientnet_lite import EfficientNetLite0, read_lite0
from tf_dvbpr.networks.lite0_model import installed_lite0
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError, option, prefixed, renamed
from tfrecords.files.atomic_file import whole_file

FILE = "eyes.npz"
Eyes = EfficientNetLite0 | CnnfEyes


def given_arrays(config: GanConfig, category_names: tuple[str, ...]) -> dict[str, np.ndarray] | None:
    """What the settings name, by name of the array; None: no eyes.

    Raises InputError for a file that is not EfficientNet-Lite0's, and for a workdir that is no recommender's with a
    CNN-F, or of other categories.
    """
    if config.eyes == NO_EYES:
        return None
    if config.eyes == LITE0:
        return read_lite0(config.eyes_weights or _installed(), "eyes_weights")
    flag = option("eyes_workdir")
    with prefixed(flag):
        opened = Workdir.open(config.eyes_workdir)
        network = open_embedder(opened).network
    if not isinstance(network, CNNF):
        raise InputError(
            f"{flag}={opened.path}: its network is not CNN-F; give a recommender trained without --backbone"
        )
    known = labelled(opened.dataset())[1]
    if set(known) != set(category_names):
        raise InputError(
            f"{flag}={opened.path}: this recommender knows {_listed(known)}; the photos to draw are "
            f"{_listed(category_names)}. Eyes need a recommender of the same categories"
        )
    return {name: value.numpy() for name, value in network.named_variables().items() if name[:5] in CONVOLUTIONS}


def _installed() -> Path:
    try:
        with renamed(network="eyes", weights="eyes_weights"):
            return installed_lite0()
    except InputError as error:
        raise InputError(f"{error.marked}. {option('eyes', NO_EYES)} does without them") from None


def keep_eyes(config: GanConfig, given: dict[str, np.ndarray] | None, folder: Path) -> None:
    """Writes the eyes into a workdir: from then on its networks need neither their file nor their workdir.

    Args:
        config: the settings.
        given: as `given_arrays` gave them.
        folder: the workdir.

    Raises:
        InputError: the workdir was trained with eyes of the same name that were others.
    """
    if given is None:
        return
    file = folder / FILE
    if file.is_file() and (folder / "checkpoints" / "checkpoint").is_file():
        kept = _read(file)
        if kept.keys() != given.keys() or any(not np.array_equal(kept[name], given[name]) for name in given):
            name = "eyes_weights" if config.eyes == LITE0 else "eyes_workdir"
            named = option(name, getattr(config, name))
            raise InputError(
                f"{folder}: this workdir was trained with other eyes than {named} holds now. Give a new "
                f"{option('workdir')}, or the old weights to go on"
            )
        return
    with whole_file(file) as temporary, temporary.open("wb") as opened:
        np.savez(opened, **given)


def open_eyes(config: GanConfig, folder: Path) -> Eyes | None:
    """Those kept in a workdir; None: its discriminator has none. Raises InputError for a missing or damaged file."""
    if config.eyes == NO_EYES:
        return None
    return (EfficientNetLite0 if config.eyes == LITE0 else CnnfEyes)(_read(folder / FILE))


def _read(file: Path) -> dict[str, np.ndarray]:
    remedy = "Copy it from where this workdir came from"
    if not file.is_file():
        raise InputError(f"{file}: missing; the discriminator looks through the network in it. {remedy}")
    try:
        if not zipfile.is_zipfile(file):
            raise ValueError("no whole .npz")
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except PermissionError:
        raise  # says nothing about the content
    except Exception as error:  # NumPy and zipfile raise nearly anything on damaged files.
        raise InputError(f"{file}: damaged ({' '.join(str(error).split())[:200]}). {remedy}") from error


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
