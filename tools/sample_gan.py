"""Draws images with a trained GAN: a grid a category, interpolations, and images beside the photos nearest to them.

    python -m tools.sample_gan --workdir=out/gan --output=out/samples

The folder gets CATEGORY.png each, interpolation.png, nearest.png (needs the data set) and latents.npz, with which
--latents draws the same images again.
"""

from collections.abc import Sequence

from absl import flags

from tools.common import app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("workdir", None, "folder of a training of the GAN", required=True, flag_values=FLAGS)
flags.DEFINE_string("output", None, "folder for the pictures", required=True, flag_values=FLAGS)
flags.DEFINE_string("category", None, "a category, or several with commas between; default: all", flag_values=FLAGS)
flags.DEFINE_integer("count", 64, "images of each category", flag_values=FLAGS)
flags.DEFINE_integer("seed", 0, "of the latents", flag_values=FLAGS)
flags.DEFINE_float(
    "truncation", 1.0, "factor on the latents: below 1 truer to the category and less varied", flag_values=FLAGS
)
flags.DEFINE_string("latents", None, "an earlier latents.npz, to draw its images again", flag_values=FLAGS)
flags.DEFINE_integer("interpolations", 2, "strips of each category", flag_values=FLAGS)
flags.DEFINE_integer("steps", 8, "images of a strip", flag_values=FLAGS)
flags.DEFINE_integer(
    "neighbours", 8, "images of each category shown beside the photos nearest to them; 0: none", flag_values=FLAGS
)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, one closing line."""
    from gan.sampling.config import SampleConfig
    from gan.sampling.samples import draw_samples
    from tfrecords.errors import InputError

    drawn = ("category", "count", "seed", "truncation")
    needless = [f"--{name}" for name in drawn if values.latents is not None and values[name].present]
    if needless:
        raise InputError(f"{', '.join(needless)}: --latents={values.latents} says which images; leave one of them out")
    config = SampleConfig(
        workdir=values.workdir,
        output=values.output,
        categories=(values.category,) if values.category else (),
        count=values.count,
        seed=values.seed,
        truncation=values.truncation,
        latents=values.latents,
        interpolations=values.interpolations,
        steps=values.steps,
        neighbours=values.neighbours,
    )
    result = draw_samples(config)
    print(f"{values.output}: {result['images']} images of step {result['step']} in {', '.join(result['files'])}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-sample-gan`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
