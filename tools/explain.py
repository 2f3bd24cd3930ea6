"""Explains why users like or dislike a garment: by parts of its photo, by their purchases, and by attributes.

    python -m tools.explain --workdir=out/run --user=u00000,u00001 --item=w00024 --output=out/why
    python -m tools.explain --workdir=out/run --photo=new.jpg --groups=segments.csv --output=out/why
    python -m tools.explain --workdir=out/run --item=w00024 --output=out/why
    python -m tools.explain --workdir=out/run --gan=out/gan --user=u00000 --item=w00024 --reach=.9 --output=out/why

Without --user, the explanation is for all users together, and a table lists the segments of users that like the garment
least. The output folder has explain.png, explain.json, compared.csv, attributes.csv and all heat maps. With --gan it
also has change.png: the garment altered as little as possible until the user likes it. docs/guides/explain.md has the
formulas.
"""

from collections.abc import Sequence

from absl import flags

from gan.explanation.config import ChangeConfig
from tf_dvbpr.explanation.config import ExplainConfig
from tfrecords.errors import InputError, option

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, ExplainConfig)
setting_flags.define(FLAGS, ChangeConfig, leave_out=("gan",))
_GAN = "the GAN's workdir; with it, the smallest change that the users would like is shown too"
flags.DEFINE_string("gan", None, _GAN, flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into configs, makes one call, and prints tables."""
    from gan.explanation.explain import explain_with_gan
    from tf_dvbpr.explanation.explain import explain

    from .common import explanation_tables as tables
    from .common.photo_score_tables import unknown_users

    config, change = ExplainConfig(**setting_flags.given(values, ExplainConfig)), {}
    given = setting_flags.given(values, ChangeConfig)
    if values.gan is None:
        for name in given:
            raise InputError(
                f"{option(name)} has no effect without {option('gan')}; leave it out, or name a GAN's workdir"
            )
        result = explain(config)
    else:
        result, change = explain_with_gan(config, ChangeConfig(**given))
    parts = [
        tables.heading(result),
        tables.scores(result),
        tables.compared(result),
        tables.attributes(result),
        tables.segments(result),
        unknown_users(result.unknown_users),
        tables.changes(change),
        f"written to {values.output}",
    ]
    print("\n\n".join(part for part in parts if part))


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-explain`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
