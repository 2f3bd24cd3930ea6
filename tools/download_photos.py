"""Downloads the photos of a catalogue into a folder; if started again, it continues with the missing ones.

    python -m tools.download_photos --input=dumps --subset=fashion --images=photos
    python -m tools.download_photos --input=tradesy_item_urls.json.gz --images=photos
    python -m tools.download_photos --input=my_shop/items.csv --images=my_shop/images

If the input is a folder, it is Amazon's dump, as for tools.build_dataset; the photos that its data set needs are
downloaded. failures.csv in the folder of images lists the failures. docs/guides/raw_sources.md has the details.
"""

from collections.abc import Sequence

from absl import flags

from tfrecords.download.config import DownloadConfig

from .common import app, setting_flags, table

_REASONS_SHOWN = 8

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, DownloadConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints the table."""
    from tfrecords.download.photos import download_photos

    summary = download_photos(DownloadConfig(**setting_flags.given(values, DownloadConfig)))
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
    """Runs the command `dvbpr-download-photos`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
