"""Measures the processor time of tools that need no TensorFlow, beside the bare import of TensorFlow."""

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tf_dvbpr.baselines.config import BaselineConfig
from tf_dvbpr.baselines.train import train
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset

USERS, ITEMS = 500, 500
ROUNDS = 3
_IMPORT = [sys.executable, "-c", "import tensorflow"]


def measure() -> list[dict]:
    """Measures each tool in a process of its own, in turns with the import of TensorFlow."""
    with tempfile.TemporaryDirectory(prefix="dvbpr-benchmark-") as folder:
        data, run = Path(folder) / "data", Path(folder) / "run"
        build_dataset(BuildConfig("wardrobe", data, users=USERS, items=ITEMS), progress=False)
        train(BaselineConfig(str(data), str(run), "poprank"), False)
        tools = {
            "evaluate_auc --help": ["evaluate_auc", "--help"],
            "recommend, 10 items": ["recommend", f"--workdir={run}", f"--user={Dataset.open(data).user_keys[0]}"],
            "describe_dataset": ["describe_dataset", f"--dataset={data}", f"--picture={folder}/photos.png"],
            "report": ["report", f"--recommender={run}", f"--output={folder}/report.html"],
        }
        runs = {what: [sys.executable, "-m", f"tools.{name}", *rest] for what, (name, *rest) in tools.items()}
        seconds: dict[str, list[float]] = {what: [] for what in ("", *runs)}
        for _ in range(ROUNDS):
            for what, command in {"": _IMPORT, **runs}.items():
                seconds[what].append(_processor_seconds(command))
    best = {what: min(times) for what, times in seconds.items()}
    return [
        {
            "what": f"processor time of {what}, {USERS} users, {ITEMS} items",
            "against": "one second",
            "ratio": best[what],
            "aim": "<= 1",
            "seconds": best[what],
            "import_of_tensorflow_seconds": best[""],
        }
        for what in runs
    ]


def _processor_seconds(command: list[str]) -> float:
    before = _of_children()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _of_children() - before


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    for row in measure():
        print(
            f"{row['what']}: {row['seconds']:.2f} s; import of TensorFlow {row['import_of_tensorflow_seconds']:.2f} s"
        )
