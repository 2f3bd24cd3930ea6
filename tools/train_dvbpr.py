"""Trains DVBPR on a data set: learns user and item factors from photos and purchases.

    python -m tools.train_dvbpr --dataset=out/fashion --workdir=out/run --preset=fast

A preset sets all flags below that are not given (docs/reference/presets.md has the table). After a kill, the same
command resumes from the last checkpoint and ends with the same result. TensorBoard shows the progress:
tensorboard --logdir=WORKDIR.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.dvbpr.config import TrainConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, TrainConfig, defaults_of_preset=True)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one training, and prints one line."""
    from tf_dvbpr.dvbpr.presets import resolve
    from tf_dvbpr.dvbpr.train import train

    given = setting_flags.given(values, TrainConfig)
    dataset, workdir, preset = given.pop("dataset"), given.pop("workdir"), given.pop("preset", TrainConfig.preset)
    result = train(resolve(dataset, workdir, preset, given))
    print(
        f"{values.workdir}: best validation AUC {result['best_score']:.4f} at step {result['best_step']} "
        f"of {result['step']}, {result['seconds'] / 60:.1f} minutes of training"
    )


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-train-dvbpr`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
