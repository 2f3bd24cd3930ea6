"""Exports a recommender's and a GAN's workdir as one SavedModel that recommends, designs and tailors."""

from pathlib import Path

from gan.design.model_pair import Studio
from gan.search.config import TAILORING, InversionConfig, resolve
from gan.serving.config import DesignerExportConfig
from gan.serving.designer_tailor import TailorModule
from tf_dvbpr.serving.export import check_export, index_of, save
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import renamed


def export_design(config: DesignerExportConfig) -> dict:
    """Writes the SavedModel under a temporary name next to ``config.output`` and renames it when it is complete.

    Returns:
        ``users``, ``items``, ``step``, the names of the ``signatures``, the figures of the ``index`` (None: none) and
        ``notes`` on how the two differ.

    Raises:
        InputError: the two do not fit together, a data set is gone or was changed, ``config.output`` exists,
            or the index finds too little.
    """
    output = Path(config.output).absolute()
    check_export(output, config.overwrite)
    ascent = resolve(config.preset, {})
    with renamed(recommender="workdir"):
        studio = Studio.open(config.workdir, config.gan, ascent.precision, config.dataset)
    ascent = studio.settled(ascent)
    factors, known = Workdir.open(config.workdir).factors(), studio.dataset.own_items()
    rate, inversion = TAILORING["learning_rate"], InversionConfig()
    index = index_of(config, factors, studio.dataset)
    module = TailorModule(studio, known, factors, ascent, rate, inversion, config.max_pixels, index)
    signatures = module.signatures()
    figures = save(module, signatures, output, config.overwrite, index, studio.dataset.category_names)
    return {
        "users": studio.dataset.num_users,
        "items": studio.dataset.num_items,
        "step": factors.step,
        "signatures": [name for name in signatures if name != "serving_default"],
        "index": figures,
        "notes": studio.notes,
    }
