"""The settings of an extraction of features (tools.extract_features)."""

import dataclasses
from pathlib import Path

from tf_dvbpr.networks.engine_names import AUTO, ENGINES, FLOAT32, PRECISIONS
from tf_dvbpr.networks.imagenet_networks import PRETRAINED, is_folder
from tfrecords.errors import InputError, option
from tfrecords.settings import Bounds, between, check_settings, one_of, required, setting

_MOST_PHOTOS = 4096  # in a batch: 600 MB at 224 x 224 pixels


@dataclasses.dataclass(frozen=True)
class ExtractConfig:
    """Which features to make, in one of three ways: by an ImageNet network, by a run's own network, or from a file.

    Each field's help describes it.
    """

    dataset: Path = required("the dataset folder")
    network: str | None = setting(
        None,
        "a network trained on ImageNet, whose classifier's input is kept; or the folder of a KerasHub preset, with a "
        "slash, as in ./dinov2; resnet50 if no way is chosen",
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
    workdir: Path | None = setting(
        None, "instead of network: a training, whose last layer's input is kept (for CNN-F: fc7)"
    )
    from_file: Path | None = setting(
        None, "instead of network: a .b or .npy file of features, or a folder of tools.embed"
    )
    keys: Path | None = setting(
        None,
        "from_file .npy: the item key of each row, a .txt (one per line) or .npy file; if not given, rows are in item "
        "order",
    )
    name: str | None = setting(
        None, "the features' name; default: the network's name (trained_... for a workdir) or the file's"
    )
    engine: str = setting(
        AUTO,
        "what runs the network: tensorflow, openvino (extra openvino), or auto, which takes OpenVINO where it is "
        "installed and there is no GPU",
        one_of(*ENGINES),
    )
    precision: str = setting(
        FLOAT32,
        "precision of the network's products: float32, or bfloat16, which needs OpenVINO and a processor that "
        "multiplies in it",
        one_of(*PRECISIONS),
    )
    batch_size: int = setting(32, "photos that go through the network together", between(1, _MOST_PHOTOS))
    overwrite: bool = setting(False, "replace features of this name")

    def __post_init__(self) -> None:
        ways = [name for name in ("network", "workdir", "from_file") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise InputError(f"{option(ways[0])} and {option(ways[1])} contradict each other; give one of them")
        way = ways[0] if ways else "network"
        if way == "network" and self.network is None:
            object.__setattr__(self, "network", "resnet50")
        for name, its_way in (("weights", "network"), ("batch_norm_epsilon", "network"), ("keys", "from_file")):
            if getattr(self, name) is not None and way != its_way:
                raise InputError(f"{option(name)} has no effect with {option(way)}; leave it out")
        check_settings(self)
        for name, default in (("engine", AUTO), ("precision", FLOAT32)):
            if way == "from_file" and getattr(self, name) != default:
                raise InputError(f"{option(name)} has no effect with {option(way)}; leave it out")
        preset = self.network is not None and is_folder(self.network)
        for name in ("weights", "batch_norm_epsilon"):
            if preset and getattr(self, name) is not None:
                raise InputError(f"{option(name)} has no effect with a preset's folder; leave it out")
        if self.name is None and self.workdir is None:
            named = Path(self.network).resolve().name if preset else self.network
            object.__setattr__(self, "name", named or self.from_file.stem)
