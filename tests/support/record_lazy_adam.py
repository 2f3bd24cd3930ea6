"""Records the steps of TensorFlow Addons' LazyAdam in lazy_adam.json, for test_optimizers.py.

    python -m tests.support.record_lazy_adam

It needs an environment of `pip install '.[addons]'` (Python 3.11, TensorFlow 2.15.1, tensorflow-addons 0.23.0).
"""

import json
from pathlib import Path

import numpy as np

FILE = Path(__file__).with_name("lazy_adam.json")
ROWS, WIDTH, BATCH, STEPS = 9, 3, 6, 7
# The learning rate and its schedule: constant, or with warm-up and cosine.
CASES = {
    "constant": {"peak": 0.01, "epsilon": 1e-8},
    "scheduled": {"peak": 0.1, "warmup_steps": 3, "decay_steps": STEPS, "epsilon": 1e-3},
}


def rate_of(case):
    """Returns the learning rate in the form that optimisers accept."""
    from tf_dvbpr.training.learning_rate import LearningRate

    settings = {name: value for name, value in CASES[case].items() if name != "epsilon"}
    return LearningRate(**settings) if len(settings) > 1 else settings["peak"]


def batches():
    """Returns (rows, gradients) of each step: rows 0 to 2 are in every second step, the last in none; some repeat."""
    draw = np.random.default_rng(5)
    for step in range(STEPS):
        rows = draw.integers(0 if step % 2 else 3, ROWS - 1, BATCH)
        rows[-1] = rows[0]
        scales = 10.0 ** draw.integers(-4, 2, (BATCH, 1))
        yield rows, (draw.normal(size=(BATCH, WIDTH)) * scales).astype(np.float32)


def start():
    """Returns the table before the first step."""
    return np.random.default_rng(4).uniform(-1, 1, (ROWS, WIDTH)).astype(np.float32)


def record():
    """Returns the table and both moments after each step of each case."""
    import tensorflow as tf
    from tensorflow_addons.optimizers import LazyAdam

    recorded = {}
    for case, settings in CASES.items():
        table = tf.Variable(start())
        optimizer = LazyAdam(rate_of(case), epsilon=settings["epsilon"])
        recorded[case] = []
        for rows, gradients in batches():
            optimizer.apply_gradients([(tf.IndexedSlices(gradients, rows, table.shape), table)])
            values = {"table": table, "m": optimizer.get_slot(table, "m"), "v": optimizer.get_slot(table, "v")}
            recorded[case].append({name: value.numpy().tolist() for name, value in values.items()})
    return recorded


if __name__ == "__main__":
    FILE.write_text(json.dumps(record()) + "\n")
