"""Makes item features for the visual baselines, or takes them from a file, into the dataset folder's features/.

    python -m tools.extract_features --dataset=out/fashion --network=resnet50 --weights=resnet50.weights.h5
    python -m tools.extract_features --dataset=out/fashion --workdir=out/run
    python -m tools.extract_features --dataset=out/fashion --from_file=image_features.b

A killed run goes on where it stopped. docs/guides/features.md has the formats, and why --batch_norm_epsilon matters.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from .common import app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("dataset", None, "the dataset folder", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "network",
    None,
    "a network of keras.applications, the layer before its classifier; resnet50 if no way is chosen",
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "weights",
    None,
    "network: its HDF5 weights file, classifier included; the library's download if not given",
    flag_values=FLAGS,
)
flags.DEFINE_float(
    "batch_norm_epsilon",
    None,
    "network: epsilon of its BatchNormalization layers, where the weights were trained with another than the library's",
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "workdir", None, "instead of network: a training; what its last layer sees (CNN-F's fc7)", flag_values=FLAGS
)
flags.DEFINE_string("from_file", None, "instead of network: a .b or .npy file of features", flag_values=FLAGS)
flags.DEFINE_string(
    "keys",
    None,
    "from_file .npy: the item key of each row, a .txt (one a line) or .npy file; rows are in item order if not given",
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "name", None, "the features' name; the network's (trained_... of a workdir) or the file's", flag_values=FLAGS
)
flags.DEFINE_integer("batch_size", 32, "photos that go through the network together", flag_values=FLAGS)
flags.DEFINE_bool("overwrite", False, "replace features of this name", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, the closing lines."""
    from tf_dvbpr.features.extract import ExtractConfig, extract

    config = ExtractConfig(
        dataset=Path(values.dataset),
        network=values.network,
        weights=app.optional_path(values.weights),
        batch_norm_epsilon=values.batch_norm_epsilon,
        workdir=app.optional_path(values.workdir),
        from_file=app.optional_path(values.from_file),
        keys=app.optional_path(values.keys),
        name=values.name,
        batch_size=values.batch_size,
        overwrite=values.overwrite,
    )
    result = extract(config, tell=print)
    shape = f"float32 [{result.record['items']}, {result.record['dim']}]"
    print(f"{result.path}: {shape}, {'there already' if result.already else 'written'}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-extract-features`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
