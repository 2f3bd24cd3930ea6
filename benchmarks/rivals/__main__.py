"""Compares with another library what both can do, in turns in one process, and adds the rows to a JSON file.

    make bench-peers
    python -m benchmarks.rivals --rival=openvino --output=out/bench-peers.json

Each rival has an environment of its own, which `make bench-peers` makes.
"""

import importlib
import importlib.metadata
import json
from pathlib import Path

from absl import flags

from benchmarks.__main__ import is_met, machine
from tfrecords.errors import InputError, option
from tfrecords.files.json_file import write_json
from tools.common import app

# Our module's name: the package.
RIVALS = {"cornac": "cornac", "keras_rs": "keras-rs", "openvino": "openvino", "pytorch": "torch"}

FLAGS = app.new_flags(__doc__)
flags.DEFINE_enum("rival", None, list(RIVALS), "the library to compare with", required=True, flag_values=FLAGS)
flags.DEFINE_string("output", None, "the JSON file that the rows are added to", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Measures the rows of one rival, prints them and replaces its rows in the JSON file."""
    package = RIVALS[values.rival]
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as error:
        raise InputError(f"{option('rival', values.rival)}: {package} is not installed; make bench-peers") from error
    rows = []
    for row in importlib.import_module(f"benchmarks.rivals.by_{values.rival}").measure():
        rows.append({"rival": f"{package} {version}", **row, "met": is_met(row), **machine()})
        verdict = "met" if rows[-1]["met"] else "missed"
        print(f"{row['what']}: {row['ratio']:.3g} x {row['against']} (aim {row['aim']}: {verdict})", flush=True)
    if values.output is not None:
        output = Path(values.output)
        output.parent.mkdir(parents=True, exist_ok=True)
        before = json.loads(output.read_text())["rows"] if output.exists() else []
        others = [row for row in before if row["rival"].split()[0] != package]
        write_json(output, {"rows": [*others, *rows]})


if __name__ == "__main__":
    app.run(main, FLAGS)
