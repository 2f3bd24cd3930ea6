"""Configures a DVBPR that is small enough to train within a test, and compares two such runs."""

import json

import numpy as np
import tensorflow as tf

from tf_dvbpr.baselines import config as baseline_config
from tf_dvbpr.baselines import train as baselines
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.dvbpr.train import train
from tf_dvbpr.ranking.factors import Factors

SMALL = {"image_size": 32, "dim": 8, "batch_size": 16, "shared_negatives": 8, "epochs": 1.0, "eval_every": 4}


def settings(**given):
    merged = {**SMALL, **given}
    if merged.get("negatives") == "one":
        del merged["shared_negatives"]
    return merged


def config_for(dataset, workdir, preset="fast", **given):
    return resolve(str(dataset), str(workdir), preset, settings(**given))


def train_quietly(config):
    return train(config, show_progress=False)


def train_bpr_mf(dataset, workdir, epochs=1, show_progress=False):
    """Trains a BPR-MF, which takes a second."""
    config = baseline_config.resolve(str(dataset), str(workdir), "bpr_mf", {"epochs": epochs, "eval_every": 1})
    return baselines.train(config, show_progress=show_progress)


def checkpoint_values(workdir):
    newest = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
    reader = tf.train.load_checkpoint(newest)
    # The counter of this process's saves is no state of the training.
    passed_over = ("loop_state", "save_counter")
    names = [name for name in reader.get_variable_to_shape_map() if not name.startswith(passed_over)]
    return {name: reader.get_tensor(name) for name in names if name != "_CHECKPOINTABLE_OBJECT_GRAPH"}


def metrics_without_clock(workdir):
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def assert_same_run(one, two):
    assert metrics_without_clock(one) == metrics_without_clock(two)
    first, second = checkpoint_values(one), checkpoint_values(two)
    assert first.keys() == second.keys()
    assert any("adam" in name for name in first)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
    best_one, best_two = Factors.load(one / "factors.npz"), Factors.load(two / "factors.npz")
    assert best_one.step == best_two.step
    np.testing.assert_array_equal(best_one.item_factors, best_two.item_factors)
