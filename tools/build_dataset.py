"""Builds a dataset folder from tables and photos, the authors' .npy file, raw dumps, or the synthetic wardrobe.

    python -m tools.build_dataset --source=csv --input=my_shop --output=out/my_shop
    python -m tools.build_dataset --source=csv --input=my_shop --split=date=2020-06-30 --output=out/my_shop_by_date
    python -m tools.build_dataset --source=table --input=shop.db --images=photos --output=out/shop
    python -m tools.build_dataset --source=release --input=AmazonFashion6ImgPartitioned.npy --output=out/fashion6
    python -m tools.build_dataset --source=wardrobe --output=out/wardrobe
    python -m tools.build_dataset --source=amazon --input=dumps --images=photos --subset=fashion --output=out/fashion
    python -m tools.build_dataset --source=tradesy --input=tradesy.json.gz --images=photos --output=out/tradesy
    python -m tools.build_dataset --source=csv --input=my_shop --output=out/my_shop --beam --direct_num_workers=2

The pages on the formats are docs/guides/your_data.md (CSV files), docs/guides/tables.md (Parquet, JSON lines and
SQLite), docs/guides/authors_data.md (.npy files) and docs/guides/raw_sources.md (dumps). With --beam, every flag that
is not listed below is a pipeline option of Apache Beam: docs/guides/beam.md.
"""

import sys
from collections.abc import Sequence

from absl import flags

from tfrecords.build_config import BuildConfig
from tfrecords.errors import one_line, with_dashes

from .common import app, passed_on, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, BuildConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints the table."""
    from tfrecords.build import build_dataset

    from .common import dataset_tables

    config = BuildConfig(**setting_flags.given(values, BuildConfig), pipeline=passed_on.given(values))
    dataset = build_dataset(config, tell=_tell)
    parts = (
        dataset_tables.table_two,
        dataset_tables.left_out,
        dataset_tables.drawn_among_equals,
        dataset_tables.new_after,
        dataset_tables.bad_images,
        dataset_tables.known_auc,
    )
    lines = [*(part(dataset) for part in parts), f"written to {dataset.path}"]
    print("\n".join(line for line in lines if line))


def _tell(note: str) -> None:
    print(f"note: {one_line(with_dashes(note))}", file=sys.stderr)


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-build-dataset`."""
    app.run(main, FLAGS, argv, passes_on="beam")


if __name__ == "__main__":
    cli()
