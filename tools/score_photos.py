"""Scores new photos: where they would rank in the catalogue, and which users and groups would like them most.

    python -m tools.score_photos --workdir=out/run --photos=new_designs --output=out/scores
    python -m tools.score_photos --workdir=out/run --photos=new_designs --groups=segments.csv --category=women_tops
    python -m tools.score_photos --workdir=out/run --photos=new_designs --user=u00012,u00013

A photo's percentile for a user is the share of the catalogue that the user would score below it. The output folder has
scores.json, scores.csv and photos.png. docs/guides/score_photos.md has the formulas.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.photo_scoring.config import ScorePhotosConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, ScorePhotosConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints the tables."""
    from tf_dvbpr.photo_scoring.score import score_photos

    from .common import photo_score_tables as tables

    scores = score_photos(ScorePhotosConfig(**setting_flags.given(values, ScorePhotosConfig)))
    parts = [
        tables.heading(scores),
        tables.photos(scores, values.output),
        tables.groups(scores),
        tables.left_out(scores),
    ]
    print("\n\n".join(part for part in parts if part))
    if values.output:
        print(f"\nwritten to {values.output}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-score-photos`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
