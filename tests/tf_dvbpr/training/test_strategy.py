"""Several replicas and several workers end where one device with the same global batch ends."""

import json
import os
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.repository import repository
from tests.support.small_training import config_for, train_quietly
from tf_dvbpr.training.strategy import make_strategy
from tfrecords.errors import InputError

pytestmark = pytest.mark.stack

ROOT = repository()
FLAGS = {
    "image_size": 32,
    "dim": 8,
    "batch_size": 8,
    "shared_negatives": 8,
    "dropout": 0,
    "noflip": None,
    "max_photos": 96,
    "eval_every": 6,
    # Adam divides by the gradient's size, which turns the last digit of a gradient near 0 into a whole step. This is
    # more than most of CNN-F's gradients here, so that a step is in proportion to them, and little enough to learn.
    "adam_epsilon": 1e-4,
    "init": "glorot",
    "learning_rate": 0.1,
    "average": 0.5,
}
TRAIN = """
import sys
from tools.train_dvbpr import cli
cli(sys.argv)
"""
TWO_CPUS = f"""
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
{TRAIN}
"""
TINY = """
import keras
from tests.support.tiny_network import build_tiny
keras.applications.MobileNet = build_tiny
"""


def start(arguments, dataset, workdir, tf_config=None, **given):
    flags = {**FLAGS, **given, "dataset": dataset, "workdir": workdir}
    if given.get("negatives") == "one":
        del flags["shared_negatives"]
    options = [f"--{name}" if value is None else f"--{name}={value}" for name, value in flags.items()]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
    if tf_config:
        environment["TF_CONFIG"] = json.dumps(tf_config)
    return subprocess.Popen(
        [sys.executable, *arguments, *options], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )


def start_workers(arguments, dataset, workdir, **given):
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": index}} for index in range(2)]
    return [start(arguments, dataset, workdir, task, strategy="multi_worker", **given) for task in tasks]


def finish(*processes):
    for process in processes:
        _, shown = process.communicate(timeout=300)
        assert process.returncode == 0, shown[-2000:]


def weights(workdir):
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(workdir / "checkpoints")))
    shapes = reader.get_variable_to_shape_map()
    return {
        name.split("/.ATTRIBUTES")[0]: reader.get_tensor(name)
        for name in shapes
        if name.startswith(("backbone", "cnnf", "user_factors", "average"))
    }


def free_ports(count):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="module", params=["one", "shared"])
def single(request, planted_folder, make_folder):
    workdir = make_folder("single") / "run"
    finish(start(["-m", "tools.train_dvbpr"], planted_folder, workdir, negatives=request.param))
    return weights(workdir), request.param


def movement(values, name):
    """How far the training was still moving a variable: from its average to itself."""
    return np.abs(values[name] - values[f"average.S{name}"]).max()


def assert_close(found, expected, moving=("cnnf.Sconv1.Sbias", "cnnf.Sfc7.Sbias")):
    """`moving`: what has no penalty, so that the ranking alone moves it."""
    assert found.keys() == expected.keys()
    variables = [name for name in expected if not name.startswith("average")]
    assert 2 * len(variables) == len(expected)  # With their average.
    for name in ("user_factors", *moving):
        assert movement(expected, name) > 1e-4
    for name in variables:
        apart = 1e-6 + 1e-3 * movement(expected, name)
        for one in (name, f"average.S{name}"):
            np.testing.assert_allclose(found[one], expected[one], rtol=1e-6, atol=apart, err_msg=one)


def test_two_replicas_of_one_process(single, planted_folder, tmp_path):
    expected, negatives = single
    finish(start(["-c", TWO_CPUS], planted_folder, tmp_path / "run", strategy="mirrored", negatives=negatives))
    assert_close(weights(tmp_path / "run"), expected)


@pytest.mark.parametrize("optimizer", ["lazy_adam", "adamw"])
def test_other_optimizers_on_two_replicas(optimizer, planted_folder, tmp_path):
    if optimizer == "lazy_adam" and not hasattr(keras, "Variable"):
        pytest.importorskip("tensorflow_addons")
    given = {"optimizer": optimizer, "weight_decay": 0.1, "max_photos": 48}
    finish(start(["-m", "tools.train_dvbpr"], planted_folder, tmp_path / "one", **given))
    finish(start(["-c", TWO_CPUS], planted_folder, tmp_path / "two", strategy="mirrored", **given))
    assert_close(weights(tmp_path / "two"), weights(tmp_path / "one"))


def of_a_backbone(weights_file, freeze_through):
    given = {"backbone": "mobilenet", "weights": weights_file, "freeze_through": freeze_through, "max_photos": 48}
    given["weight_decay"] = 0
    return given if freeze_through == "all" else {**given, "network_learning_rate": 0.01}


@pytest.mark.parametrize(("freeze_through", "trained"), [("all", ""), ("c", "conv2d d"), ("none", "c conv2d d")])
def test_a_backbone_on_two_replicas(freeze_through, trained, own_planted, tiny_weights, tmp_path):
    given = of_a_backbone(tiny_weights, freeze_through)
    finish(start(["-c", TINY + TRAIN], own_planted.path, tmp_path / "one", **given))
    finish(start(["-c", TINY + TWO_CPUS], own_planted.path, tmp_path / "two", strategy="mirrored", **given))
    expected = weights(tmp_path / "one")
    assert_close(weights(tmp_path / "two"), expected, moving=("backbone.Sstyle.Skernel",))
    moving = {name: movement(expected, f"backbone.S{name}.Skernel") for name in ("c", "conv2d", "d")}
    assert all(moving[name] > 1e-4 if name in trained.split() else moving[name] == 0 for name in moving), moving


def test_two_workers(single, planted_folder, tmp_path):
    expected, negatives = single
    finish(*start_workers(["-m", "tools.train_dvbpr"], planted_folder, tmp_path / "run", negatives=negatives))
    assert_close(weights(tmp_path / "run"), expected)
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 1  # The chief alone writes.


def test_two_workers_with_a_backbone(own_planted, tiny_weights, tmp_path):
    given = of_a_backbone(tiny_weights, "c")
    given["batch_norm_epsilon"] = 0.02  # Other activations than any other test's here.
    if not hasattr(keras, "Variable"):  # Keras 2.
        with pytest.raises(InputError, match="backbone=mobilenet needs Keras 3"):
            train_quietly(config_for(own_planted.path, tmp_path / "run", strategy="multi_worker", **given))
        return
    finish(*start_workers(["-c", TINY + TRAIN], own_planted.path, tmp_path / "two", **given))
    finish(start(["-c", TINY + TRAIN], own_planted.path, tmp_path / "one", **given))
    assert_close(weights(tmp_path / "two"), weights(tmp_path / "one"), moving=("backbone.Sstyle.Skernel",))


def test_a_batch_that_replicas_cannot_share_is_refused(planted_folder, tmp_path):
    process = start(["-c", TWO_CPUS], planted_folder, tmp_path / "run", strategy="mirrored", batch_size=7)
    _, shown = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "--batch_size=7: must be a multiple of the 2 replicas" in shown and "Traceback" not in shown


def test_multi_worker_without_a_cluster_is_refused(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(InputError, match="TF_CONFIG is not set"):
        make_strategy("multi_worker")
