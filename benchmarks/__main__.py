"""Runs all benchmarks, prints one line per ratio, and writes all of them as JSON.

    python -m benchmarks --output=out/bench.json
    python -m benchmarks --only=loop

Each ratio compares a time or memory with a limit of the same machine; both are measured alternately in the same run.
"""

import importlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from absl import flags

from tfrecords.files.json_file import write_json
from tools.common import app

MODULES = ("start", "auc", "baselines", "photos", "engines", "loop", "lazy_adam", "gan", "design", "build", "serve")
MODULES += ("ann",)

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("output", None, "the JSON file to write", flag_values=FLAGS)
flags.DEFINE_enum("only", None, MODULES, "run only this benchmark", flag_values=FLAGS)


def main(values: flags.FlagValues) -> None:
    """Runs the benchmarks, prints their ratios and writes the JSON file."""
    if values.only:
        rows = _measure(values.only)
    else:
        with tempfile.TemporaryDirectory(prefix="dvbpr-benchmark-") as folder:
            rows = [row for name in MODULES for row in _measure_alone(name, Path(folder) / f"{name}.json")]
    if values.output is not None:
        output = Path(values.output)
        output.parent.mkdir(parents=True, exist_ok=True)
        write_json(output, {**machine(), "rows": rows})


def _measure(name: str) -> list[dict]:
    rows = []
    for row in importlib.import_module(f"benchmarks.{name}").measure():
        rows.append({"benchmark": name, **row, "met": is_met(row)})
        verdict = "met" if rows[-1]["met"] else "missed"
        print(f"{row['what']}: {row['ratio']:.3g} x {row['against']} (aim {row['aim']}: {verdict})", flush=True)
    return rows


def _measure_alone(name: str, output: Path) -> list[dict]:
    """Runs one benchmark in its own process, so that peak memory and TensorFlow's threads belong only to it."""
    subprocess.run([sys.executable, "-m", "benchmarks", f"--only={name}", f"--output={output}"], check=True)
    return json.loads(output.read_text())["rows"]


def is_met(row: dict) -> bool:
    """Returns whether a row's ratio is on the right side of its aim."""
    sign, bound = row["aim"].split()
    return row["ratio"] >= float(bound) if sign == ">=" else row["ratio"] <= float(bound)


def machine() -> dict:
    """Returns the versions of Python and the libraries, and what is known of the machine."""
    packages = ("tensorflow", "keras", "numpy", "pillow")
    return {
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in packages},
        },
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "load_average": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


if __name__ == "__main__":
    app.run(main, FLAGS)
