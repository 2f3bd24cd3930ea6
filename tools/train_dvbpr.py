"""Trains DVBPR on a data set: photos and purchases in, user and item factors out.

    python -m tools.train_dvbpr --dataset=out/fashion --workdir=out/run --preset=fast

A preset sets all flags below that are not given (docs/reference/presets.md has the table). Killed at any moment, the
same command resumes from the last checkpoint and ends as if it had not been killed. Progress is also in TensorBoard:
tensorboard --logdir=WORKDIR.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.dvbpr.config import TrainConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, TrainConfig, defaults_of_preset=True)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one training, one closing line."""
    from tf_dvbpr.dvbpr.train import resolve, train

    given = setting_flags.given(values, TrainConfig)
    dataset, workdir, preset = given.pop("dataset"), given.pop("workdir"), given.pop("preset", TrainConfig.preset)
    result = train(resolve(dataset, workdir, preset, given))
    print(
        f"{values.workdir}: best validation AUC {result['best_score']:.4f} at step {result['best_step']} "
        f"of {result['step']}, {result['seconds'] / 60:.1f} minutes of training"
    )


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-train-dvbpr`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
