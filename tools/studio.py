r"""Opens the studio: one page on which a designer asks a trained recommender and a trained GAN.

    python -m tools.studio --workdir=out/run --gan=out/gan
    python -m tools.studio --workdir=out/run --gan=out/gan --port=8600

The command prints the page's address, which only this machine can open. On the page one picks people, or uploads photos
that a guest likes, and sees what they bought, what the catalogue has for them, and what the GAN designs for them. A
photo dropped on the page is ranked, explained and tailored. Ctrl-C stops the studio. docs/guides/studio.md shows the
page.
"""

from collections.abc import Sequence

from absl import flags

from gan.studio.config import StudioConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, StudioConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, and makes one call."""
    from gan.studio.serve import serve

    serve(StudioConfig(**setting_flags.given(values, StudioConfig)))


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-studio`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
