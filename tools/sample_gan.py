"""Draws images with a trained GAN: a grid per category, interpolations, and images beside the photos nearest to them.

    python -m tools.sample_gan --workdir=out/gan --output=out/samples

The output folder has CATEGORY.png for each category, interpolation.png, nearest.png (needs the data set) and
latents.npz, from which --latents draws the same images again.
"""

from collections.abc import Sequence

from absl import flags

from gan.sampling.config import SampleConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, SampleConfig, leave_out=("categories",))
flags.DEFINE_string("category", None, "a category, or several with commas between; default: all", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints one line."""
    from gan.sampling.samples import draw_samples
    from tfrecords.errors import InputError

    drawn = ("category", "count", "seed", "truncation")
    needless = [f"--{name}" for name in drawn if values.latents is not None and values[name].present]
    if needless:
        raise InputError(f"{', '.join(needless)}: --latents={values.latents} says which images; leave one of them out")
    categories = (values.category,) if values.category else ()
    config = SampleConfig(**setting_flags.given(values, SampleConfig), categories=categories)
    result = draw_samples(config)
    print(f"{values.output}: {result['images']} images of step {result['step']} in {', '.join(result['files'])}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-sample-gan`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
