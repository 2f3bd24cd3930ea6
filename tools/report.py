r"""Writes one HTML page of a run: data, learning curves, tables, generated garments, designs for people.

    python -m tools.report --recommender=out/run --gan=out/gan --output=out/report.html
    python -m tools.report --recommender=out/run --gan=out/gan --table3=out/table3 --samples=out/samples \
        --table4=out/table4 --design=out/design --tailor=out/tailor --output=out/report.html

Everything is in that one file, pictures too; it needs no network. What is not given is left out.
"""

from collections.abc import Sequence

from absl import flags

from tfrecords import settings

from .common import app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("output", None, "the HTML file to write", required=True, flag_values=FLAGS)
flags.DEFINE_string("recommender", None, "workdir of a recommender; this or --gan is needed", flag_values=FLAGS)
flags.DEFINE_string("gan", None, "workdir of the GAN", flag_values=FLAGS)
flags.DEFINE_string("dataset", None, settings.MOVED_DATASET, flag_values=FLAGS)
flags.DEFINE_string("table3", None, "folder that tools.compare left", flag_values=FLAGS)
flags.DEFINE_string("samples", None, "folder that tools.sample_gan left", flag_values=FLAGS)
flags.DEFINE_list("table4", [], "folders that tools.evaluate_design left, with commas between", flag_values=FLAGS)
flags.DEFINE_string("design", None, "folder that tools.design left", flag_values=FLAGS)
flags.DEFINE_string("tailor", None, "folder that tools.tailor left", flag_values=FLAGS)
flags.DEFINE_string("title", None, "of the page; named after the models and the data if not given", flag_values=FLAGS)
flags.DEFINE_integer("shown", 12, "designs, and tailorings, shown at most", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, one closing line."""
    from gan.report.config import ReportConfig
    from gan.report.report import write_report

    config = ReportConfig(
        output=values.output,
        recommender=values.recommender,
        gan=values.gan,
        table3=values.table3,
        samples=values.samples,
        table4=tuple(values.table4),
        design=values.design,
        tailor=values.tailor,
        title=values.title,
        shown=values.shown,
        dataset=values.dataset,
    )
    result = write_report(config)
    print(f"{result['output']}: {', '.join(result['sections'])}; {result['bytes'] / 1024:,.0f} KB")


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-report`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
