"""Trains one of the baselines that the paper compares DVBPR with, on any data set.

    python -m tools.train_baseline --dataset=out/fashion --workdir=out/vbpr --model=vbpr

The visual models need item features: tools.extract_features makes them. The result is a workdir like DVBPR's:
evaluate_auc, recommend and export_saved_model work on it. docs/reference/baselines.md has the models' formulas.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.baselines.config import BaselineConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, BaselineConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one training, and prints one line."""
    from tf_dvbpr.baselines.config import resolve
    from tf_dvbpr.baselines.train import train
    from tf_dvbpr.model_names import NAMES

    given = setting_flags.given(values, BaselineConfig)
    result = train(resolve(*(given.pop(name) for name in ("dataset", "workdir", "model")), given))
    trained = f" at step {result['best_step']} of {result['step']}, {result['seconds']:.1f} s of training"
    print(
        f"{values.workdir}: {NAMES[values.model]}, best validation AUC {result['best_score']:.4f}"
        + (trained if result["step"] else "")
    )


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-train-baseline`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
