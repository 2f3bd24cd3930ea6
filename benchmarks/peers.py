"""Compares our BPR-MF with cornac's, on the same split and with the same exact AUC.

    pip install cornac
    python -m benchmarks.peers --dataset=out/wardrobe --output=out/peers

Both use the same numbers of factors and regularisers, draw positives uniformly over the purchases and negatives over
the items, and have item biases. Cornac trains by SGD on single triplets, ours by Adam on large batches. The regulariser
with the best validation AUC of each is compared on test. Writes OUTPUT/peers.json.
"""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from absl import flags

from tfrecords.errors import InputError
from tools.common import app, table

_REGULARISERS = (0.01, 0.05, 0.1)
_ITERATIONS, _RATE = 300, 0.05  # cornac's; larger values change its AUC by less than .002 here

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string(
    "dataset", None, "the dataset folder, written by tools.build_dataset", required=True, flag_values=FLAGS
)
flags.DEFINE_string("output", None, "the folder for the runs and peers.json", required=True, flag_values=FLAGS)
flags.DEFINE_integer("dim", 50, "number of factors", lower_bound=1, flag_values=FLAGS)


def factors_of_cornac(
    dataset: object, dim: int, regulariser: float, iterations: int = _ITERATIONS
) -> tuple[np.ndarray, np.ndarray]:
    """Trains cornac's BPR and returns it as two matrices."""
    try:
        import cornac
    except ImportError as error:
        raise InputError(f"this comparison needs cornac ({error}): pip install cornac") from error
    users = np.repeat(np.arange(dataset.num_users), np.diff(dataset.train_indptr))
    ids = [{key: key for key in range(count)} for count in (dataset.num_users, dataset.num_items)]
    triples = (users, dataset.train_items, np.ones(len(users), np.float32))
    model = cornac.models.BPR(
        k=dim, max_iter=iterations, learning_rate=_RATE, lambda_reg=regulariser, use_bias=True, num_threads=1, seed=0
    )
    model.fit(cornac.data.Dataset(dataset.num_users, dataset.num_items, *ids, triples))
    users = np.concatenate([model.u_factors, np.ones([dataset.num_users, 1], np.float32)], 1)
    return users, np.concatenate([model.i_factors, model.i_biases[:, None]], 1)


def ours(dataset: str, workdir: Path, dim: int, regulariser: float) -> tuple[np.ndarray, np.ndarray]:
    """Trains our BPR-MF and returns it as two matrices."""
    from tf_dvbpr.baselines.config import resolve
    from tf_dvbpr.baselines.train import train
    from tf_dvbpr.workdir import Workdir

    train(resolve(dataset, str(workdir), "bpr_mf", {"dim": dim, "regularisation": regulariser}), show_progress=False)
    factors = Workdir.open(workdir).factors()
    return factors.user_factors, factors.item_factors


def main(values: flags.FlagValues) -> None:
    """Trains both with each regulariser, prints the table and writes peers.json."""
    from tf_dvbpr.ranking import auc
    from tf_dvbpr.ranking.held_out import SPLITS
    from tfrecords.dataset import Dataset

    dataset, output = Dataset.open(values.dataset), Path(values.output)
    rows = []
    for name in ("cornac", "tf_dvbpr"):
        for regulariser in _REGULARISERS:
            started = time.perf_counter()
            if name == "cornac":
                factors = factors_of_cornac(dataset, values.dim, regulariser)
            else:
                factors = ours(values.dataset, output / f"bpr_mf-{regulariser}", values.dim, regulariser)
            seconds = time.perf_counter() - started
            validation, test = (auc.evaluate(factors, dataset, split) for split in SPLITS)
            figures = {"validation": validation.all, "test_all": test.all, "test_cold": test.cold}
            rows.append({"name": name, "regulariser": regulariser, **figures, "seconds": seconds})
    best = {
        name: max((row for row in rows if row["name"] == name), key=lambda row: row["validation"])
        for name in ("cornac", "tf_dvbpr")
    }
    difference = {figure: best["tf_dvbpr"][figure] - best["cornac"][figure] for figure in ("test_all", "test_cold")}
    output.mkdir(parents=True, exist_ok=True)
    (output / "peers.json").write_text(json.dumps({"rows": rows, "difference": difference}, indent=2) + "\n")
    shown = [[*(f"{cell:.4f}" if isinstance(cell, float) else cell for cell in row.values())] for row in rows]
    print(table.render(list(rows[0]), shown))
    print(f"ours less cornac's, each at its best on validation: {difference}")


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `python -m benchmarks.peers`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
