"""What tools.export_saved_model is asked for."""

import dataclasses

from tfrecords.settings import MOVED_DATASET, at_least, check_settings, required, setting

MAX_PIXELS = 50_000_000  # unless an export says otherwise: the largest that cameras of phones make


@dataclasses.dataclass(frozen=True)
class ExportConfig:
    """What to export, and where to; each field's help says what it is."""

    workdir: str = required("folder of a training")
    output: str = required("folder to make; end it in a version number for TensorFlow Serving")
    overwrite: bool = setting(False, "replace the SavedModel that is at output")
    max_pixels: int = setting(
        MAX_PIXELS,
        "most pixels of a photo sent to the model, height times width; one of more is marked unreadable, not decoded",
        at_least(64),
    )
    dataset: str | None = setting(None, MOVED_DATASET)

    def __post_init__(self) -> None:
        check_settings(self)
