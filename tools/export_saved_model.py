"""Exports a trained recommender or GAN as a SavedModel, which needs only TensorFlow (or TensorFlow Serving).

    python -m tools.export_saved_model --workdir=out/run --output=out/export/1
    python -m tools.export_saved_model --workdir=out/run --output=out/export/2 --index=ivfpq
    python -m tools.export_saved_model --workdir=out/run --gan=out/gan --output=out/designer/1

Signatures of a recommender: recommend (also the default), score, embed_image, score_image, explain; of a GAN: generate
(also the default), discriminate; of a recommender with --gan: the recommender's, design and tailor. With --index,
recommend searches approximately, and recommend_exact scores every item.
docs/guides/serving.md has their inputs, their outputs and examples.
"""

from collections.abc import Sequence

from absl import flags

from gan.serving.config import DesignerExportConfig

from .common import app, setting_flags
from .common.index_line import index_line

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, DesignerExportConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints one line."""
    from gan.serving.designer_export import export_design
    from gan.serving.export import export_gan
    from tf_dvbpr.approximate.config import NONE
    from tf_dvbpr.model_names import GAN
    from tf_dvbpr.serving.export import export
    from tf_dvbpr.workdir import Workdir
    from tfrecords.errors import InputError

    if values.preset is not None and values.gan is None:
        raise InputError(f"--preset={values.preset}: --preset has no effect without --gan; leave it out")
    config = DesignerExportConfig(**setting_flags.given(values, DesignerExportConfig))
    is_gan = Workdir.open(config.workdir).config["model"] == GAN
    if is_gan:
        if values.gan is not None:
            raise InputError(f"--workdir={values.workdir}: a GAN already; with --gan give a recommender's --workdir")
        if config.index != NONE:
            raise InputError(f"--index={config.index}: a GAN has no items to search; leave it out")
        result = export_gan(config)
    else:
        result = export(config) if values.gan is None else export_design(config)
    for note in result.get("notes", ()):
        print(f"note: {note}")
    holds = f"{result['categories']} categories" if is_gan else f"{result['users']} users, {result['items']} items"
    print(f"{values.output}: {holds}, step {result['step']}; signatures {', '.join(result['signatures'])}")
    if result.get("index"):
        print(index_line(result["index"]))


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-export-saved-model`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
