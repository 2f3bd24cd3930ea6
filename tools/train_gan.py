"""Trains the GAN on a data set's photos: a generator that draws garments of a category, and its discriminator.

    python -m tools.train_gan --dataset=out/fashion --workdir=out/gan --preset=fast --image_size=64

A preset sets all flags below that are not given (docs/guides/gan.md has the table). After a kill, the same command
resumes from the last checkpoint and ends with the same result. The workdir has reals.png and, for every --eval_every
steps, samples-STEP.png of the same latents. TensorBoard shows the progress:
tensorboard --logdir=WORKDIR.
"""

from collections.abc import Sequence

from absl import flags

from gan.config import GanConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, GanConfig, defaults_of_preset=True)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one training, and prints one line."""
    from gan.training.train import resolve, train

    given = setting_flags.given(values, GanConfig)
    dataset, workdir, preset = given.pop("dataset"), given.pop("workdir"), given.pop("preset", GanConfig.preset)
    result = train(resolve(dataset, workdir, preset, given))
    print(
        f"{values.workdir}: step {result['step']}, {result['seconds'] / 60:.1f} minutes of training on "
        f"{result['photos']} photos of {', '.join(result['categories'])}"
    )


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-train-gan`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
