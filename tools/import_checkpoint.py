"""Imports a checkpoint of the authors' TensorFlow 1 code, of the recommender or of the GAN, into a workdir.

    python -m tools.import_checkpoint --kind=dvbpr --checkpoint=PREFIX --dataset=out/fashion6 --workdir=out/release
    python -m tools.import_checkpoint --kind=gan --checkpoint=PREFIX --dataset=out/fashion6 --workdir=out/release_gan

PREFIX is the common path of the checkpoint's files, for example DVBPR_auc_100_39728.ckpt or DCGAN.model-311502.
All other tools use the workdir as if it had been trained here with --preset=release, and training can continue in it.
docs/guides/checkpoints.md has the variables' names and the meaning of the step.
"""

from collections.abc import Sequence

from absl import flags

from gan.tf1_checkpoints.config import ImportGanConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
flags.DEFINE_enum(
    "kind", None, ["dvbpr", "gan"], "whose checkpoint: the recommender's or the GAN's", required=True, flag_values=FLAGS
)
setting_flags.define(FLAGS, ImportGanConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one import, and prints one line."""
    from gan.tf1_checkpoints.import_gan import import_gan
    from tf_dvbpr.tf1_checkpoints.config import ImportConfig
    from tf_dvbpr.tf1_checkpoints.import_recommender import import_checkpoint
    from tfrecords.errors import InputError

    if values.kind == "gan":
        config = ImportGanConfig(**setting_flags.given(values, ImportGanConfig))
        result = import_gan(config)
        _say_step(values.checkpoint, config.assumes_step())
        print(
            f"{values.workdir}: the GAN at step {result['step']}, latents of {result['latent_dim']}, "
            f"{result['image_size']} pixels, of {', '.join(result['categories'])}"
        )
        return
    if values.measure_samples is not None:
        raise InputError(f"--measure_samples={values.measure_samples} is the GAN's: leave it out with --kind=dvbpr")
    config = ImportConfig(**setting_flags.given(values, ImportConfig))
    result = import_checkpoint(config)
    _say_step(values.checkpoint, config.assumes_step())
    adam = "with" if result["moments"] else "without"
    print(
        f"{values.workdir}: DVBPR at step {result['step']}, {adam} Adam's moments, K = {result['dim']}, "
        f"{result['image_size']} pixels; validation AUC {result['score']:.4f} ({result['users']} users, "
        f"{result['items']} items)"
    )


def _say_step(checkpoint: str, assumed: bool) -> None:
    if assumed:
        print(f"{checkpoint}: its name ends in no number of steps, so it counts as step 0; --step gives another")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-import-checkpoint`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
