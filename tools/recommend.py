"""Recommends the best items to users, as a table and a picture.

    python -m tools.recommend --workdir=out/run --user=u00012 --k=10 --picture=out/top.png
    python -m tools.recommend --workdir=out/run --user=u00012,u00013 --category=shoes

Items that the user owns are left out. The picture shows the user's purchases above the recommendations.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.recommender.config import DEFAULT_K, RecommendConfig

from .common import app, setting_flags, table

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, RecommendConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, makes one call, and prints the tables."""
    from tf_dvbpr.recommender.recommend import recommend

    config = RecommendConfig(**setting_flags.given(values, RecommendConfig))
    for user, items in recommend(config).items():
        print(f"{user}")
        rows = [(item.rank, item.item, item.category or "-", f"{item.score:.4f}") for item in items]
        print(table.render(["rank", "item", "category", "score"], rows, left=(1, 2)))
        if len(items) < (config.k or DEFAULT_K):
            print(f"(only {len(items)} items are left to recommend)")
        print()
    if config.picture is not None:
        print(f"picture written to {config.picture}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-recommend`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
