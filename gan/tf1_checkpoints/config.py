"""What tools.import_checkpoint is asked for, of the GAN."""

import dataclasses

from tf_dvbpr.tf1_checkpoints.config import ImportConfig
from tfrecords.errors import option
from tfrecords.settings import setting


@dataclasses.dataclass(frozen=True)
class ImportGanConfig(ImportConfig):
    """What to import, and where to; each field's help says what it is."""

    measure_samples: int | None = setting(
        None,
        f"images that the GAN's figures are computed on; 0: no figures; by default as {option('preset', 'release')}",
    )
