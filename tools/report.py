r"""Writes one HTML page about a run: data, learning curves, tables, generated garments, designs for users.

    python -m tools.report --recommender=out/run --gan=out/gan --output=out/report.html
    python -m tools.report --recommender=out/run --gan=out/gan --table3=out/table3 --samples=out/samples \
        --table4=out/table4 --design=out/design --tailor=out/tailor --explain=out/why --output=out/report.html

Everything is in that one file, including the pictures; it needs no network. The page has no section for a source that
is not given.
"""

from collections.abc import Sequence

from absl import flags

from gan.report.config import ReportConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, ReportConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints one line."""
    from gan.report.report import write_report

    result = write_report(ReportConfig(**setting_flags.given(values, ReportConfig)))
    print(f"{result['output']}: {', '.join(result['sections'])}; {result['bytes'] / 1024:,.0f} KB")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-report`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
