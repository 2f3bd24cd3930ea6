"""Describes a dataset folder: its size, its long tail, its categories, its split, and a picture of some photos.

    python -m tools.describe_dataset --dataset=out/fashion

The picture goes to photos.png in the dataset folder unless --picture names another place.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from .common import app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("dataset", None, "the dataset folder", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "picture", None, "where the sample photos go; photos.png in the data set if not given", flag_values=FLAGS
)
flags.DEFINE_integer("photos", 10, "sample photos of each category", lower_bound=1, flag_values=FLAGS)
flags.DEFINE_integer("seed", 0, "which photos are sampled", lower_bound=0, flag_values=FLAGS)
flags.DEFINE_bool(
    "verify", False, "compare every shard with its checksum, and with dataset.json, first", flag_values=FLAGS
)


def main(values: flags.FlagValues) -> None:
    """Opens, counts, prints, draws."""
    from tf_dvbpr.pictures import grid
    from tfrecords.dataset import Dataset
    from tfrecords.summary import sample_items, summarise

    from .common import dataset_tables

    dataset = Dataset.open(values.dataset)
    picture = Path(values.picture) if values.picture else dataset.path / "photos.png"
    grid.check_name(picture)
    if values.verify:
        dataset.verify()
    summary = summarise(dataset)
    parts = [
        dataset_tables.table_two(dataset),
        dataset_tables.long_tail(dataset, summary),
        dataset_tables.categories(summary),
    ]
    lines = [
        dataset_tables.split(dataset),
        dataset_tables.photos(dataset, summary),
        dataset_tables.features(dataset),
        dataset_tables.activations(dataset),
        dataset_tables.left_out(dataset),
        dataset_tables.known_auc(dataset),
        "every shard has its checksum and holds what dataset.json says" if values.verify else "",
    ]
    print("\n\n".join([*parts, "\n".join(line for line in lines if line)]))
    rows = [
        grid.Row(name, dataset.encoded_photos(items), [str(dataset.item_keys[item]) for item in items])
        for name, items in sample_items(dataset, values.photos, values.seed)
    ]
    grid.save(grid.draw(rows, columns=values.photos), picture)
    print(f"sample photos in {picture}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-describe-dataset`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
