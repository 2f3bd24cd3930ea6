"""Exports a trained recommender or GAN as a SavedModel that TensorFlow alone can load and TensorFlow Serving can serve.

    python -m tools.export_saved_model --workdir=out/run --output=out/export/1
    python -m tools.export_saved_model --workdir=out/run --gan=out/gan --output=out/designer/1

Signatures of a recommender: recommend (also the default), score, embed_image, score_image; of a GAN: generate (also the
default), discriminate; of a recommender with --gan: the recommender's, design and tailor. docs/guides/serving.md has
their inputs, their outputs and examples.
"""

from collections.abc import Sequence

from absl import flags

from tfrecords import settings

from .common import app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("workdir", None, "folder of a training", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "output",
    None,
    "folder to make; end it in a version number for TensorFlow Serving",
    required=True,
    flag_values=FLAGS,
)
flags.DEFINE_string("gan", None, "folder of a training of the GAN, to design with", flag_values=FLAGS)
flags.DEFINE_enum(
    "preset",
    "fast",
    ["fast", "paper", "release"],
    "with --gan: form of the latents, rate of the ascent",
    flag_values=FLAGS,
)
flags.DEFINE_integer(
    "max_pixels",
    50_000_000,
    "most pixels of a photo sent to the model, height times width; one of more is marked unreadable, not decoded",
    lower_bound=64,
    flag_values=FLAGS,
)
flags.DEFINE_string("dataset", None, settings.MOVED_DATASET, flag_values=FLAGS)
flags.DEFINE_bool("overwrite", False, "replace the SavedModel that is at output", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, one closing line."""
    from gan.serving.designer_export import export_design
    from gan.serving.export import export_gan
    from tf_dvbpr.model_names import GAN
    from tf_dvbpr.serving.export import ExportConfig, export
    from tf_dvbpr.workdir import Workdir
    from tfrecords.errors import InputError

    if values["preset"].present and values.gan is None:
        raise InputError(f"--preset={values.preset}: --preset has no effect without --gan; leave it out")
    config = ExportConfig(values.workdir, values.output, values.overwrite, values.max_pixels, values.dataset)
    is_gan = Workdir.open(config.workdir).config["model"] == GAN
    if is_gan:
        if values.gan is not None:
            raise InputError(f"--workdir={values.workdir}: a GAN already; with --gan give a recommender's --workdir")
        result = export_gan(config)
    else:
        result = export(config) if values.gan is None else export_design(config, values.gan, values.preset)
    for note in result.get("notes", ()):
        print(f"note: {note}")
    holds = f"{result['categories']} categories" if is_gan else f"{result['users']} users, {result['items']} items"
    print(f"{values.output}: {holds}, step {result['step']}; signatures {', '.join(result['signatures'])}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-export-saved-model`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
