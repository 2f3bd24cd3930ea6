"""The settings of tools.embed."""

import dataclasses
from pathlib import Path

from tf_dvbpr.networks.imagenet_networks import PRETRAINED, is_folder
from tfrecords.choices import FILTERS, FITS
from tfrecords.errors import InputError, option
from tfrecords.files.remote_path import is_remote
from tfrecords.settings import MOVED_DATASET, Bounds, between, check_settings, one_of, required, setting

NAME, PATH = "name", "path"
_MOST_PHOTOS = 4096  # in a batch: 600 MB at 224 x 224 pixels
_OF_A_NETWORK = ("weights", "batch_norm_epsilon", "fit", "resize_filter")


@dataclasses.dataclass(frozen=True)
class EmbedConfig:
    """Which photos to embed, and with which network; each field's help describes it."""

    photos: Path = required("the folder of photos, with the folders in it")
    output: Path = required("the folder to write")
    workdir: Path | None = setting(None, "a training of DVBPR, whose Phi embeds the photos")
    dataset: str | None = setting(None, MOVED_DATASET)
    network: str | None = setting(
        None,
        "instead of workdir: a network trained on ImageNet, whose classifier's input is kept; or the folder of a "
        "KerasHub preset, with a slash, as in ./dinov2",
        Bounds(
            lambda value: value in PRETRAINED or is_folder(value),
            "one of " + ", ".join(PRETRAINED) + ", or a KerasHub preset's folder, as in ./dinov2",
        ),
    )
    weights: Path | None = setting(
        None,
        "network: its HDF5 weights file, including the classifier; if not given, the library's weights are downloaded. "
        "lite0: its package's .pth file or an .npz; if not given, that of the installed package",
    )
    batch_norm_epsilon: float | None = setting(
        None,
        "network: epsilon of its BatchNormalization layers, if its weights need another than the library's",
        Bounds(lambda value: 0 < value < 1, "a number over 0 and under 1"),
    )
    fit: str | None = setting(
        None, "network: how photos become square; stretch if not given; a run has its data set's", one_of(*FITS)
    )
    resize_filter: str | None = setting(
        None, "network: how photos are resized; bicubic if not given; a run has its data set's", one_of(*FILTERS)
    )
    keys: str = setting(
        NAME,
        "what a row is called; name: the file's name without its ending, as an item's photo is named; path: the file's "
        "path in the folder",
        one_of(NAME, PATH),
    )
    shards: int | None = setting(None, "number of files; one for every 65536 photos if not given", between(1, 10_000))
    batch_size: int = setting(32, "photos that go through the network together", between(1, _MOST_PHOTOS))
    overwrite: bool = setting(False, "replace an earlier result at output")
    beam: bool = setting(
        False,
        "embed with Apache Beam; then every flag that is not listed here is a pipeline option, and photos and output "
        "may be at any path that Beam's file systems know",
    )
    pipeline: tuple[str, ...] = ()  # the pipeline options, --name=value each

    def __post_init__(self) -> None:
        check_settings(self)
        if self.workdir is None and self.network is None:
            raise InputError(f"{option('workdir')}, a training of DVBPR, or {option('network')} expected; give one")
        if self.workdir is not None and self.network is not None:
            raise InputError(f"{option('workdir')} and {option('network')} contradict each other; give one of them")
        for name in _OF_A_NETWORK if self.network is None else ("dataset",):
            if getattr(self, name) is not None:
                way = "workdir" if self.network is None else "network"
                raise InputError(f"{option(name)} has no effect with {option(way)}; leave it out")
        for name in ("photos", "output") if not self.beam else ():
            if is_remote(getattr(self, name)):
                raise InputError(
                    f"{option(name, getattr(self, name))}: a folder on this machine expected; with {option('beam')} it "
                    "may be anywhere"
                )
        if self.pipeline and not self.beam:
            raise InputError(
                f"{option('pipeline', self.pipeline)} has no effect without {option('beam')}; leave it out"
            )
