"""Builds a dataset folder from CSV files and photos, the authors' .npy file, raw dumps, or the synthetic wardrobe.

    python -m tools.build_dataset --source=csv --input=my_shop --output=out/my_shop
    python -m tools.build_dataset --source=release --input=AmazonFashion6ImgPartitioned.npy --output=out/fashion6
    python -m tools.build_dataset --source=wardrobe --output=out/wardrobe
    python -m tools.build_dataset --source=amazon --input=dumps --images=photos --subset=fashion --output=out/fashion
    python -m tools.build_dataset --source=tradesy --input=tradesy.json.gz --images=photos --output=out/tradesy

The formats: docs/guides/your_data.md (CSV files), docs/guides/authors_data.md (.npy files),
docs/guides/raw_sources.md (dumps).
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from .common import amazon_flags, app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_enum(
    "source",
    None,
    ["csv", "release", "wardrobe", "amazon", "tradesy"],
    "where the data comes from",
    required=True,
    flag_values=FLAGS,
)
flags.DEFINE_string(
    "input",
    None,
    "csv: folder with interactions.csv and items.csv; release: the .npy file; amazon: folder with meta_*.json.gz and "
    "reviews_*.json.gz; tradesy: the file tradesy.json.gz",
    flag_values=FLAGS,
)
flags.DEFINE_string("output", None, "the dataset folder to make", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "images",
    None,
    "csv: the folder that the column image is relative to, input if not given; amazon, tradesy: the folder of photos "
    "named by item",
    flag_values=FLAGS,
)
flags.DEFINE_string("name", None, "the data set's name; the input's if not given", flag_values=FLAGS)
flags.DEFINE_integer(
    "seed", None, "all but release: seed of the split and of the drawings; 0 if not given", flag_values=FLAGS
)
flags.DEFINE_integer(
    "min_actions", None, "csv, amazon, tradesy: leave out users with fewer; 5 if not given", flag_values=FLAGS
)
flags.DEFINE_enum(
    "resize_filter",
    None,
    ["nearest", "bilinear", "bicubic", "lanczos3", "area"],
    "how readers resize photos; nearest for release, bicubic otherwise, if not given",
    flag_values=FLAGS,
)
flags.DEFINE_enum(
    "fit", "stretch", ["stretch", "pad"], "how readers make photos square; pad fills with white", flag_values=FLAGS
)
flags.DEFINE_integer(
    "image_size",
    None,
    "all but wardrobe: encode photos anew, shorter side at most this many pixels (at least 8), 0 keeps their bytes; "
    "wardrobe: side of the drawings, 32 to 1024, 128 if not given",
    flag_values=FLAGS,
)
flags.DEFINE_integer("shards", None, "files that the items are spread over; 4 if not given", flag_values=FLAGS)
flags.DEFINE_list("category_names", None, "release: names of the categories in their order", flag_values=FLAGS)
flags.DEFINE_bool(
    "skip_bad_images",
    False,
    "leave out items whose photo is unusable or whose features are missing; release: give them a white photo",
    flag_values=FLAGS,
)
flags.DEFINE_bool("overwrite", False, "replace the data set that is at output", flag_values=FLAGS)
flags.DEFINE_integer("users", None, "wardrobe: number of users, at least 1; 2400 if not given", flag_values=FLAGS)
flags.DEFINE_integer("items", None, "wardrobe: number of items, at least 100; 3600 if not given", flag_values=FLAGS)
flags.DEFINE_string(
    "features", None, "amazon, tradesy: a .b file of image features to store with the items", flag_values=FLAGS
)
amazon_flags.define(FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, the table."""
    from tfrecords.build import BuildConfig, build_dataset

    from .common import dataset_tables

    config = BuildConfig(
        source=values.source,
        output=Path(values.output),
        input=app.optional_path(values.input),
        images=app.optional_path(values.images),
        name=values.name,
        seed=values.seed,
        min_actions=values.min_actions,
        resize_filter=values.resize_filter,
        fit=values.fit,
        image_size=values.image_size,
        shards=values.shards,
        category_names=tuple(values.category_names) if values.category_names else None,
        skip_bad_images=values.skip_bad_images,
        overwrite=values.overwrite,
        users=values.users,
        items=values.items,
        features=app.optional_path(values.features),
        subset=values.subset,
        category_path=values.category_path,
        category_levels=values.category_levels,
    )
    dataset = build_dataset(config)
    parts = (dataset_tables.table_two, dataset_tables.left_out, dataset_tables.bad_images, dataset_tables.known_auc)
    lines = [*(part(dataset) for part in parts), f"written to {dataset.path}"]
    print("\n".join(line for line in lines if line))


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-build-dataset`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
