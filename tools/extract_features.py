"""Makes item features for the visual baselines, or imports them from a file, into the dataset folder's features/.

    python -m tools.extract_features --dataset=out/fashion --network=resnet50 --weights=resnet50.weights.h5
    python -m tools.extract_features --dataset=out/fashion --workdir=out/run
    python -m tools.extract_features --dataset=out/fashion --from_file=image_features.b

After a kill, the same command resumes. docs/guides/features.md has the formats, and says why --batch_norm_epsilon
matters.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.features.config import ExtractConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, ExtractConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints the result."""
    from tf_dvbpr.features.extract import extract

    result = extract(ExtractConfig(**setting_flags.given(values, ExtractConfig)), tell=print)
    shape = f"float32 [{result.record['items']}, {result.record['dim']}]"
    print(f"{result.path}: {shape}, {'there already' if result.already else 'written'}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-extract-features`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
