"""Exports a workdir of the GAN as a SavedModel folder."""

from pathlib import Path

from gan.serving.module import GanModule
from gan.trained import TrainedGan
from tf_dvbpr.serving.config import ExportConfig
from tf_dvbpr.serving.export import check_export, save
from tf_dvbpr.workdir import Workdir


def export_gan(config: ExportConfig) -> dict:
    """Writes the SavedModel under a temporary name next to ``config.output`` and renames it when it is complete.

    Returns:
        ``categories``, ``step`` and the names of the ``signatures``.

    Raises:
        InputError: no trained GAN, its data set is gone or was changed, ``config.output`` exists.
    """
    output = Path(config.output).absolute()
    check_export(output, config.overwrite)
    trained, dataset = TrainedGan.open(config.workdir), Workdir.open(config.workdir, config.dataset).dataset()
    module = GanModule(trained, dataset.fit, dataset.resize_filter, config.max_pixels)
    signatures = module.signatures()
    save(module, signatures, output, config.overwrite)
    return {
        "categories": len(trained.present),
        "step": trained.step,
        "signatures": [name for name in signatures if name != "serving_default"],
    }
