"""Why a person likes or dislikes a garment: where on its photo, beside what they bought, and which attributes.

    python -m tools.explain --workdir=out/run --user=u00000,u00001 --item=w00024 --output=out/why
    python -m tools.explain --workdir=out/run --photo=new.jpg --groups=segments.csv --output=out/why
    python -m tools.explain --workdir=out/run --item=w00024 --output=out/why

Without --user everybody is asked, and the segments of users that like it least are told. The folder gets explain.png,
explain.json, compared.csv, attributes.csv and all heat maps. docs/guides/explain.md has the formulas.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.explanation.config import ExplainConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, ExplainConfig)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, the tables."""
    from tf_dvbpr.explanation.explain import explain

    from .common import explanation_tables as tables

    result = explain(ExplainConfig(**setting_flags.given(values, ExplainConfig)))
    parts = [
        tables.heading(result),
        tables.scores(result),
        tables.compared(result),
        tables.attributes(result),
        tables.segments(result),
        f"written to {values.output}",
    ]
    print("\n\n".join(part for part in parts if part))


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-explain`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
