"""What tools.export_saved_model is asked for, of a designer."""

import dataclasses

from tf_dvbpr.dvbpr.config import PRESET
from tf_dvbpr.serving.config import ExportConfig
from tfrecords.errors import option
from tfrecords.settings import setting


@dataclasses.dataclass(frozen=True)
class DesignerExportConfig(ExportConfig):
    """What to export, and where to; `workdir` is the recommender's. Each field's help says what it is."""

    gan: str | None = setting(None, "folder of a training of the GAN, to design with")
    preset: str = setting("fast", f"with {option('gan')}: form of the latents, rate of the ascent", PRESET)
