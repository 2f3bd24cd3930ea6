r"""Serves an export over HTTP, in TensorFlow Serving's REST form.

    python -m tools.serve --model=out/export --name=dvbpr
    curl -s http://127.0.0.1:8501/v1/models/dvbpr
    curl -s http://127.0.0.1:8501/v1/models/dvbpr:predict \
        -d '{"inputs": {"user_keys": ["u00012"], "k": 5, "category": ""}}'

The highest version of the folder is served, and replaced without a lost request when a higher one comes. SIGTERM and
Ctrl-C stop the server when the requests that came are answered. docs/guides/serving.md has the addresses and the forms.
"""

from collections.abc import Sequence

from absl import flags

from tf_dvbpr.server.config import ServeConfig

from .common import app, setting_flags

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, ServeConfig)


def main(values: flags.FlagValues) -> None:
    """Flags to config, one call."""
    from tf_dvbpr.server.serve import serve

    serve(ServeConfig(**setting_flags.given(values, ServeConfig)))


def cli(argv: Sequence[str] | None = None) -> None:
    """Entry point of `dvbpr-serve`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
