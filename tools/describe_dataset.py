"""Describes a dataset folder: its size, long tail, categories, split and purchases over time, with some photos.

    python -m tools.describe_dataset --dataset=out/fashion

The picture goes to photos.png in the dataset folder unless --picture names another place.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from tfrecords import settings

from .common import app, setting_flags


@dataclasses.dataclass(frozen=True)
class DescribeConfig:
    """What to describe and to draw; each field's help describes it."""

    dataset: str = settings.required("the dataset folder")
    picture: str | None = settings.setting(
        None, "file for the picture of sample photos; photos.png in the data set if not given"
    )
    photos: int = settings.setting(10, "number of sample photos of each category", settings.at_least(1))
    seed: int = settings.setting(0, "seed of the sample", settings.at_least(0))
    verify: bool = settings.setting(False, "first compare every shard with its checksum and with dataset.json")

    def __post_init__(self) -> None:
        settings.check_settings(self)


FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, DescribeConfig)


def main(values: flags.FlagValues) -> None:
    """Opens the data set, counts, prints and draws."""
    from tf_dvbpr.pictures import grid
    from tfrecords.dataset import Dataset
    from tfrecords.summary import sample_items, summarise

    from .common import dataset_tables

    config = DescribeConfig(**setting_flags.given(values, DescribeConfig))
    dataset = Dataset.open(config.dataset)
    picture = Path(config.picture) if config.picture else dataset.path / "photos.png"
    grid.check_name(picture)
    if config.verify:
        dataset.verify()
    summary = summarise(dataset)
    parts = [
        dataset_tables.table_two(dataset),
        dataset_tables.long_tail(dataset, summary),
        dataset_tables.categories(summary),
        dataset_tables.over_time(dataset),
        dataset_tables.new_after(dataset),
    ]
    lines = [
        dataset_tables.split(dataset),
        dataset_tables.drawn_among_equals(dataset),
        dataset_tables.photos(dataset, summary),
        dataset_tables.features(dataset),
        dataset_tables.activations(dataset),
        dataset_tables.left_out(dataset),
        dataset_tables.known_auc(dataset),
        "every shard has its checksum and holds what dataset.json says" if config.verify else "",
    ]
    print("\n\n".join([*filter(None, parts), "\n".join(line for line in lines if line)]))
    rows = [
        grid.Row(name, dataset.encoded_photos(items), [str(dataset.item_keys[item]) for item in items])
        for name, items in sample_items(dataset, config.photos, config.seed)
    ]
    grid.save(grid.draw(rows, columns=config.photos), picture)
    print(f"sample photos in {picture}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-describe-dataset`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
