"""Measures how many photos shared negatives need for the AUC that one negative per positive reaches in a budget.

    python -m benchmarks.negatives --dataset=out/wardrobe --output=out/negatives --photos=92160 --seeds=3

It trains with each kind of negatives and each seed, with the settings of the preset fast but without the average of
weights, and validates every 7680 photos. After an interruption, the same command resumes. It prints the curves, the
photos needed, and the paired difference of the best AUC with its standard error over seeds. OUTPUT/negatives.json has
all of them.
"""

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from tools.common import app, table

_EVALUATE_EVERY = 7680  # photos; a multiple of a step's photos, 256 (one) and 160 (shared)

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string(
    "dataset", None, "the dataset folder, written by tools.build_dataset", required=True, flag_values=FLAGS
)
flags.DEFINE_string("output", None, "the folder for the runs and negatives.json", required=True, flag_values=FLAGS)
flags.DEFINE_integer("photos", 92160, "photos per run", lower_bound=_EVALUATE_EVERY, flag_values=FLAGS)
flags.DEFINE_integer("seeds", 3, "number of seeds", lower_bound=1, flag_values=FLAGS)


def curve(dataset: str, workdir: Path, kind: str, seed: int, photos: int) -> list[tuple[int, float]]:
    """Trains one run and returns (photos, validation AUC) for each validation."""
    from tf_dvbpr.dvbpr.presets import resolve
    from tf_dvbpr.dvbpr.train import train
    from tf_dvbpr.training.metrics_log import MetricsLog

    given = {"negatives": kind, "seed": seed, "max_photos": photos, "epochs": 1e6, "batch_size": 128, "average": 0.0}
    if kind == "shared":
        given["shared_negatives"] = 32
    config = resolve(dataset, str(workdir), "fast", given)
    train(resolve(dataset, str(workdir), "fast", {**given, "eval_every": _EVALUATE_EVERY // config.photos_per_step}))
    return [(line["photos"], line["auc/validation_all"]) for line in MetricsLog(workdir / "metrics.jsonl").read()]


def compare(dataset: str, output: Path, photos: int, seeds: int) -> dict:
    """Returns all curves, and for each seed the photos at which shared reaches the best AUC of one (None: never)."""
    result = {"dataset": dataset, "photos": photos, "one": [], "shared": [], "needed": []}
    for seed in range(seeds):
        for kind in ("one", "shared"):
            result[kind].append(curve(dataset, output / f"{kind}-{seed}", kind, seed, photos))
        goal = max(auc for _, auc in result["one"][-1])
        result["needed"].append(next((seen for seen, auc in result["shared"][-1] if auc >= goal), None))
    gains = [
        max(auc for _, auc in shared) - max(auc for _, auc in one)
        for one, shared in zip(result["one"], result["shared"], strict=True)
    ]
    error = statistics.stdev(gains) / math.sqrt(seeds) if seeds > 1 else None
    return {**result, "gain": statistics.mean(gains), "gain_se": error}


def main(values: flags.FlagValues) -> None:
    """Runs the comparison, prints its tables and writes negatives.json."""
    output = Path(values.output)
    result = compare(values.dataset, output, values.photos, values.seeds)
    (output / "negatives.json").write_text(json.dumps(result, indent=2) + "\n")
    runs = [(f"{kind} {seed}", points) for kind in ("one", "shared") for seed, points in enumerate(result[kind])]
    stops = [seen for seen, _ in runs[0][1]]
    rows = [[name, *(f"{auc:.3f}" for _, auc in points)] for name, points in runs]
    print(table.render(["validation AUC at photos", *(f"{seen / 1000:.0f}k" for seen in stops)], rows))
    error = "" if result["gain_se"] is None else f" +- {result['gain_se']:.4f}"
    print(f"\nphotos until shared has one's best of {values.photos}: {result['needed']}")
    print(f"best of shared less best of one, mean over seeds: {result['gain']:+.4f}{error}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `python -m benchmarks.negatives`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
