"""The settings of the import of a checkpoint of the GAN (tools.import_checkpoint)."""

import dataclasses

from tf_dvbpr.tf1_checkpoints.config import ImportConfig
from tfrecords.errors import option
from tfrecords.settings import setting


@dataclasses.dataclass(frozen=True)
class ImportGanConfig(ImportConfig):
    """What to import, and the output; each field's help describes it."""

    measure_samples: int | None = setting(
        None,
        f"number of images for the GAN's metrics; 0: no metrics; default: as {option('preset', 'release')}",
    )
