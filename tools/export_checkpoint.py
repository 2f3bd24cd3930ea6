"""Writes a workdir's weights as a checkpoint that the authors' TensorFlow 1 code restores.

    python -m tools.export_checkpoint --workdir=out/release --output=out/ckpt/DVBPR-60040

It writes two files, OUTPUT.index and OUTPUT.data-00000-of-00001. Only networks of --preset=release can be written;
docs/guides/checkpoints.md has the variables' names.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from tf_dvbpr.tf1_checkpoints.config import ExportCheckpointConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, ExportCheckpointConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints one line."""
    from gan.tf1_checkpoints.export_gan import export_gan_checkpoint
    from tf_dvbpr.model_names import GAN
    from tf_dvbpr.tf1_checkpoints.export_recommender import export_checkpoint
    from tf_dvbpr.tf1_checkpoints.reader import ENDINGS
    from tf_dvbpr.workdir import Workdir

    config = ExportCheckpointConfig(**setting_flags.given(values, ExportCheckpointConfig))
    is_gan = Workdir.open(config.workdir).config["model"] == GAN
    result = export_gan_checkpoint(config) if is_gan else export_checkpoint(config)
    size = sum(Path(f"{values.output}{ending}").stat().st_size for ending in ENDINGS)
    files = " and ".join(ENDINGS)
    print(f"{values.output}{files}, {size / 1e6:.1f} MB: {result['variables']} variables, step {result['step']}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-export-checkpoint`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
