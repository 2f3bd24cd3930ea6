"""Fetches the photos of a catalogue into a folder; started again, it goes on with what is missing.

    python -m tools.download_photos --input=dumps --subset=fashion --images=photos
    python -m tools.download_photos --input=tradesy_item_urls.json.gz --images=photos
    python -m tools.download_photos --input=my_shop/items.csv --images=my_shop/images

A folder is one of Amazon's dump, as for tools.build_dataset: the photos that its data set needs are fetched. What did
not come is listed in failures.csv in the folder of images. docs/guides/raw_sources.md tells more.
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from .common import amazon_flags, app, table

_REASONS_SHOWN = 8

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string(
    "input",
    None,
    "folder with meta_*.json.gz and reviews_*.json.gz; or a file of metadata; or a .csv file with the columns item_id "
    "and url (or imUrl)",
    required=True,
    flag_values=FLAGS,
)
flags.DEFINE_string("images", None, "the folder to put the photos in", required=True, flag_values=FLAGS)
amazon_flags.define(FLAGS)
flags.DEFINE_integer(
    "min_actions",
    None,
    "with a folder: leave out items that only users with fewer purchases bought; 5 if not given",
    flag_values=FLAGS,
)
flags.DEFINE_integer("workers", 8, "photos fetched at once", flag_values=FLAGS)
flags.DEFINE_integer("per_host", 4, "of these at one host", flag_values=FLAGS)
flags.DEFINE_float("delay", 0.05, "least seconds between the starts of two requests to a host", flag_values=FLAGS)
flags.DEFINE_float("timeout", 20.0, "seconds without a byte until a try has failed", flag_values=FLAGS)
flags.DEFINE_integer("retries", 4, "further tries after one that failed but might not again", flag_values=FLAGS)
flags.DEFINE_float("backoff", 1.0, "seconds before the first further try, doubled for each", flag_values=FLAGS)
flags.DEFINE_integer("max_bytes", 20_000_000, "largest file that is taken", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, the table."""
    from tfrecords.download.config import DownloadConfig
    from tfrecords.download.photos import download_photos

    summary = download_photos(
        DownloadConfig(
            input=Path(values.input),
            images=Path(values.images),
            subset=values.subset,
            category_path=values.category_path,
            category_levels=values.category_levels,
            min_actions=values.min_actions,
            workers=values.workers,
            per_host=values.per_host,
            delay=values.delay,
            timeout=values.timeout,
            retries=values.retries,
            backoff=values.backoff,
            max_bytes=values.max_bytes,
        )
    )
    shown = [(f"  {reason}", count) for reason, count in summary.reasons[:_REASONS_SHOWN]]
    others = sum(count for _, count in summary.reasons[_REASONS_SHOWN:])
    rows = [
        ("fetched", summary.fetched),
        ("there already", summary.kept),
        ("failed", summary.failed),
        *shown,
        *([("  other reasons", others)] if others else []),
    ]
    print(table.render(["photos", "count"], rows))
    if summary.failed:
        print(f"what failed is listed in {summary.failures}; the same command tries it again")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-download-photos`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
