"""The settings of tools.import_checkpoint and tools.export_checkpoint."""

import dataclasses
import re
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.settings import between, check_settings, required, setting

_MOST_STEPS = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class ImportConfig:
    """What to import, and the output; each field's help describes it."""

    checkpoint: str = required("common path of its files, without .index and .data-...")
    dataset: str = required("dataset folder of the same data")
    workdir: str = required("folder to write")
    step: int | None = setting(
        None,
        "number of training steps so far; default: the number at the end of its name, or 0",
        between(0, _MOST_STEPS),
    )

    def __post_init__(self) -> None:
        check_settings(self)

    def steps(self) -> int:
        """Returns `step`, or that of the name, or 0. Raises InputError if the name's number is too large for a step."""
        return self.step if self.step is not None else self._named_step() or 0

    def assumes_step(self) -> bool:
        """Returns whether neither `step` nor the name gives a step."""
        return self.step is None and self._named_step() is None

    def _named_step(self) -> int | None:
        """Returns the number at the end of the name: 39728 for ``DVBPR_auc_100_39728.ckpt``."""
        number = re.search(r"(\d+)(?:\.ckpt)?$", Path(self.checkpoint).name)
        if number is None:
            return None
        if int(number[1]) > _MOST_STEPS:
            raise InputError(
                f"{option('checkpoint', self.checkpoint)}: its number is too large for a step; give {option('step')}"
            )
        return int(number[1])


@dataclasses.dataclass(frozen=True)
class ExportCheckpointConfig:
    """What to export, and the output; each field's help describes it."""

    workdir: str = required("folder of a training")
    output: str = required("common path of the files to write; end it with the step, which the files do not hold")
    best: bool = setting(
        False, "write the weights of the best validation, with zeros as Adam's moments; default: the newest checkpoint"
    )
    overwrite: bool = setting(False, "replace an existing checkpoint")
