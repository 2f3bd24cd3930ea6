"""The settings of an export (tools.export_saved_model)."""

import dataclasses

from tf_dvbpr.approximate.config import IndexConfig
from tfrecords.settings import MOVED_DATASET, at_least, check_settings, required, setting

MAX_PIXELS = 50_000_000  # default of the export; the largest photos that phones take


@dataclasses.dataclass(frozen=True)
class ExportConfig(IndexConfig):
    """What to export, and the output; each field's help describes it."""

    workdir: str = required("folder of a training")
    output: str = required("folder to write; for TensorFlow Serving end it with a version number")
    overwrite: bool = setting(False, "replace an existing SavedModel")
    max_pixels: int = setting(
        MAX_PIXELS,
        "largest number of pixels, height times width, of a photo sent to the model; larger ones are marked unreadable",
        at_least(64),
    )
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
        self.check_index()
