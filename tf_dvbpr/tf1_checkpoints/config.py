"""What tools.import_checkpoint and tools.export_checkpoint are asked for."""

import dataclasses
import re
from pathlib import Path

from tfrecords.errors import InputError, option
from tfrecords.settings import between, check_settings, required, setting

_MOST_STEPS = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class ImportConfig:
    """What to import, and where to; each field's help says what it is."""

    checkpoint: str = required("common name of its files, without .index and .data-...")
    dataset: str = required("folder that tools.build_dataset left, of the same data")
    workdir: str = required("folder to make")
    step: int | None = setting(
        None, "training steps behind it; by default the number its name ends in, else 0", between(0, _MOST_STEPS)
    )

    def __post_init__(self) -> None:
        check_settings(self)

    def steps(self) -> int:
        """`step`, or that of the name, or 0. Raises InputError for a number in the name that no training reaches."""
        return self.step if self.step is not None else self._named_step() or 0

    def assumes_step(self) -> bool:
        """Whether neither `step` nor the name says one."""
        return self.step is None and self._named_step() is None

    def _named_step(self) -> int | None:
        """The number that the name ends in: 39728 of ``DVBPR_auc_100_39728.ckpt``."""
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
    """What to export, and where to; each field's help says what it is."""

    workdir: str = required("folder of a training")
    output: str = required("common name of the files to write; end it in the step, which is kept nowhere else")
    best: bool = setting(False, "the weights of the best validation, Adam's moments zero; default: the newest")
    overwrite: bool = setting(False, "replace the checkpoint that is at output")
