"""Where new photos would rank in the catalogue, and the users, and groups of users, who would like them most.

    python -m tools.score_photos --workdir=out/run --photos=new_designs --output=out/scores
    python -m tools.score_photos --workdir=out/run --photos=new_designs --groups=segments.csv --category=women_tops
    python -m tools.score_photos --workdir=out/run --photos=new_designs --user=u00012,u00013

A photo's percentile for a user is the share of the catalogue that the user would score below it. The folder gets
scores.json, scores.csv and photos.png. docs/guides/score_photos.md has the formulas.
"""

from collections.abc import Sequence

from absl import flags

from tfrecords import settings

from .common import app

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("workdir", None, "folder of a training of DVBPR", required=True, flag_values=FLAGS)
flags.DEFINE_string("photos", None, "folder of photos", required=True, flag_values=FLAGS)
flags.DEFINE_string(
    "output",
    None,
    "folder for scores.json, scores.csv and photos.png; an earlier result is replaced",
    flag_values=FLAGS,
)
flags.DEFINE_integer(
    "users", None, "users named for each photo, who would like it most; 10 if not given", flag_values=FLAGS
)
flags.DEFINE_string("user", None, "ask only this user, by key, or several with commas between", flag_values=FLAGS)
flags.DEFINE_string(
    "groups", None, "a CSV file with the columns user and group; clusters of tastes if not given", flag_values=FLAGS
)
flags.DEFINE_integer(
    "clusters", None, "k-means clusters of the users' taste vectors, 0: none; 8 if not given", flag_values=FLAGS
)
flags.DEFINE_string("dataset", None, settings.MOVED_DATASET, flag_values=FLAGS)
flags.DEFINE_string("category", None, "compare with the items of this category only", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call, the tables."""
    from tf_dvbpr.photo_scoring.score import ScorePhotosConfig, score_photos

    from .common import photo_score_tables as tables

    names = ("workdir", "photos", "output", "users", "user", "groups", "clusters", "category", "dataset")
    scores = score_photos(ScorePhotosConfig(**{name: values[name].value for name in names}))
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
    """Entry point of `dvbpr-score-photos`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
