"""The folder of one run: config, checkpoints, best weights and factors (its files: docs/reference/workdir.md)."""

import dataclasses
import os
import platform
from pathlib import Path

import numpy as np

from tf_dvbpr import __version__
from tf_dvbpr.model_names import GAN, WORKDIRS
from tf_dvbpr.ranking.factors import Factors
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError, option
from tfrecords.files.json_file import parse_json, write_json
from tfrecords.schema import METADATA_FILE
from tfrecords.settings import has_type

# These settings may change between two starts of a run: they do not change the result.
FREE = ("dataset", "workdir", "preset", "photo_store", "checkpoint_every", "engine")
# These only say when the run ends, so a run may be extended, unless the learning rate depends on its length.
_LENGTH = ("epochs", "max_photos", "patience")
# Only the first start reads these; a resumed training may leave them out.
STARTS_WITH = ("weights",)
_NOT_GIVEN = ("", None)


class Workdir:
    """An existing run.

    Attributes:
        path: its folder.
        config: the content of `config.json`: ``model``, ``dataset``, ``dataset_fingerprint``, ``train``, ``versions``.
        moved_to: the new folder of its data set, if it was moved; None: where the training found it.
    """

    def __init__(self, path: Path, config: dict, moved_to: str | None = None) -> None:
        self.path = path
        self.config = config
        self.moved_to = moved_to

    @classmethod
    def open(cls, path: str | os.PathLike, moved_to: str | None = None) -> "Workdir":
        """Opens an existing run. Raises InputError if there is none, or if its config cannot be read."""
        path = Path(path)
        file = path / "config.json"
        if not file.is_file():
            raise InputError(f"{path}: not a workdir (no config.json). Give the workdir of a training")
        try:
            config = parse_json(file.read_text(encoding="utf-8"))
            config["train"].items(), Path(config["dataset"]), config["dataset_fingerprint"], WORKDIRS[config["model"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"{file}: not a run's config ({error}). Train again in a new workdir") from error
        return cls(path, config, moved_to)

    @classmethod
    def create_or_resume(
        cls,
        config: object,
        dataset: Dataset,
        model: str = "dvbpr",
        write: bool = True,
        facts: dict[str, object] | None = None,
        path: Path | None = None,
    ) -> "Workdir":
        """Returns the workdir of this training: a new one, or that of an earlier start with the same settings and data.

        Args:
            config: the settings, a dataclass.
            dataset: the data set of the settings.
            model: the model's name.
            write: write config.json.
            facts: further content of config.json, as JSON.
            path: temporary path, if the folder is renamed to the config's workdir when it is complete.

        A run that has trained nothing yet accepts new settings. Raises InputError if the folder belongs to other
        settings or another data set, or holds other files.
        """
        import keras
        import tensorflow as tf

        path = Path(path or config.workdir)
        settings = {
            "model": model,
            "dataset": str(dataset.path.resolve()),
            "dataset_fingerprint": dataset.fingerprint,
            "train": dataclasses.asdict(config),
            "versions": {
                "tf_dvbpr": __version__,
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "numpy": np.__version__,
                "python": platform.python_version(),
            },
            **(facts or {}),
        }
        if (path / "config.json").exists():
            started = cls.open(path)
            if started._has_trained():
                old, new = started.settings(type(config)), settings["train"]
                if started.has_checkpoint():
                    left_out = [name for name in STARTS_WITH if name in new and new[name] in _NOT_GIVEN]
                    new.update({name: old[name] for name in left_out})
                started._refuse_other(settings, old)
        elif path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(f"{path}: exists and is not a workdir. Give {option('workdir')} a new or empty folder")
        if write:
            path.mkdir(parents=True, exist_ok=True)
            write_json(path / "config.json", settings)
        return cls(path, settings)

    def has_checkpoint(self) -> bool:
        """Returns whether there is a checkpoint from which a training would resume."""
        return (self.path / "checkpoints" / "checkpoint").is_file()

    def _has_trained(self) -> bool:
        files = ("checkpoints/checkpoint", "factors.npz", "metrics.jsonl")
        return any((self.path / name).is_file() and (self.path / name).stat().st_size for name in files)

    def _refuse_other(self, settings: dict, old: dict) -> None:
        if self.config["dataset_fingerprint"] != settings["dataset_fingerprint"]:
            raise InputError(
                f"{self.path}: this workdir belongs to another data set (of {self.config['dataset']}), not to "
                f"{settings['dataset']}. Give a new {option('workdir')}"
            )
        if self.config["model"] != settings["model"]:
            raise InputError(
                f"{self.path}: this workdir belongs to {WORKDIRS[self.config['model']]}, not to "
                f"{WORKDIRS[settings['model']]}. Give a new {option('workdir')}"
            )
        free = FREE + (_LENGTH if settings["train"].get("decay", "none") == "none" else ())
        new = settings["train"]
        for name in new:
            if name not in free and old[name] != new[name]:
                before, now = (
                    f"without {option(name)}" if values[name] in _NOT_GIVEN else f"with {option(name, values[name])}"
                    for values in (old, new)
                )
                raise InputError(
                    f"{self.path}: this workdir was trained {before}, not {now}. Give a new {option('workdir')}, or "
                    "the old setting to resume"
                )

    def settings(self, config: type) -> dict[str, object]:
        """Returns the run's settings by the names of a config's fields.

        A setting that the run's version did not have yet gets its default. Raises InputError for a value of another
        type than the field.
        """
        fields = dataclasses.fields(config)
        settings = {**{field.name: field.default for field in fields}, **self.config["train"]}
        for field in fields:
            value = settings[field.name]
            if field.name in self.config["train"] and not has_type(value, field.type):
                raise InputError(
                    f"{self.path / 'config.json'}: train.{field.name} is {value!r}, which no training writes. Undo the "
                    "change, or train again in a new workdir"
                )
        return settings

    @property
    def model_name(self) -> str:
        """Returns the model's name, as in tables."""
        return WORKDIRS[self.config["model"]]

    def factors(self) -> Factors:
        """Returns the factors of the best validation so far. Raises InputError if there are none."""
        if self.config["model"] == GAN:
            raise InputError(f"{self.path}: the GAN's workdir, and it recommends nothing; give a recommender's")
        return Factors.load(self.path / "factors.npz")

    def dataset(self) -> Dataset:
        """Returns the run's data set. Raises InputError if it is gone or was changed."""
        expected = Path(self.config["dataset"])
        if self.moved_to is None and not (expected / METADATA_FILE).is_file():
            raise InputError(
                f"{self.path}: trained on a data set at {expected}, and there is none now. If it was moved, give its "
                f"folder as {option('dataset')}; else build it again with the same flags"
            )
        dataset = Dataset.open(expected if self.moved_to is None else self.moved_to)
        if self.moved_to is not None and dataset.fingerprint != self.config["dataset_fingerprint"]:
            raise InputError(
                f"{option('dataset', self.moved_to)}: data set {dataset.name!r} is another than {self.path} was "
                f"trained on (which was at {expected}); give that one, wherever it is now"
            )
        if dataset.fingerprint != self.config["dataset_fingerprint"]:
            raise InputError(
                f"{dataset.path}: not the data set that {self.path} was trained on (its contents changed). "
                "Build it again with the same flags, or train in a new workdir"
            )
        return dataset
