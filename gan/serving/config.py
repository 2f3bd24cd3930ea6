"""The settings of the export of a designer (tools.export_saved_model)."""

import dataclasses

from tf_dvbpr.dvbpr.config import PRESET
from tf_dvbpr.serving.config import ExportConfig
from tfrecords.errors import option
from tfrecords.settings import setting


@dataclasses.dataclass(frozen=True)
class DesignerExportConfig(ExportConfig):
    """What to export, and the output; `workdir` is the recommender's. Each field's help describes it."""

    gan: str | None = setting(None, "folder of a training of the GAN; the export then also designs")
    preset: str = setting("fast", f"with {option('gan')}: sets the form of the latents and the learning rate", PRESET)
