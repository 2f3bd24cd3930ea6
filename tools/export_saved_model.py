"""Exports a trained recommender or GAN as a SavedModel that TensorFlow alone can load and TensorFlow Serving can serve.

    python -m tools.export_saved_model --workdir=out/run --output=out/export/1

Signatures of a recommender: recommend (also the default), score, embed_image, score_image; of a GAN: generate (also the
default), discriminate. docs/serving.md tells their inputs, outputs and how to call them.
"""

from collections.abc import Sequence

from absl import flags

from tools import app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("workdir", None, "folder of a training", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "output",
    None,
    "folder to make; end it in a version number for TensorFlow Serving",
    required=True,
    flag_values=FLAGS,
)
flags.DEFINE_bool("overwrite", False, "replace the SavedModel that is at output", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, one closing line."""
    from gan.export import export_gan
    from tf_dvbpr.export import ExportConfig, export
    from tf_dvbpr.model_names import GAN
    from tf_dvbpr.workdir import Workdir

    config = ExportConfig(values.workdir, values.output, values.overwrite)
    is_gan = Workdir.open(config.workdir).config["model"] == GAN
    result = export_gan(config) if is_gan else export(config)
    holds = f"{result['categories']} categories" if is_gan else f"{result['users']} users, {result['items']} items"
    print(f"{values.output}: {holds}, step {result['step']}; signatures {', '.join(result['signatures'])}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-export-saved-model`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
