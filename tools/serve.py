r"""Serves an export over HTTP, with TensorFlow Serving's REST interface.

    python -m tools.serve --model=out/export --name=dvbpr
    curl -s http://127.0.0.1:8501/v1/models/dvbpr
    curl -s http://127.0.0.1:8501/v1/models/dvbpr:predict \
        -d '{"inputs": {"user_keys": ["u00012"], "k": 5, "category": ""}}'

It serves the highest version in the folder. When a higher one appears, it replaces the served version, and no request
is lost. On SIGTERM or Ctrl-C, it answers the requests that have arrived, then stops. docs/guides/serving.md has the
addresses and the formats.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.server.config import ServeConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, ServeConfig)


def main(values: flags.FlagValues) -> None:
    """Turns the flags into a config, and makes one call."""
    from tf_dvbpr.server.serve import serve

    serve(ServeConfig(**setting_flags.given(values, ServeConfig)))


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `dvbpr-serve`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
