"""Several replicas and several workers end where one device with the same global batch ends."""

import contextlib
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

pytestmark = [pytest.mark.stack, pytest.mark.slow]

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
TINY = """
import keras
from tests.support.tiny_network import build_tiny
keras.applications.MobileNet = build_tiny
"""
TRAIN = """
import sys
from tools.train_dvbpr import cli
cli(sys.argv)
"""
# Trains once for each line of its input, [the flags, the file for stderr], and says with what status it ended.
TRAIN_ON_REQUEST = """
import contextlib, gc, json, sys
from pathlib import Path
from tools.train_dvbpr import cli

for line in sys.stdin:
    flags, shown = json.loads(line)
    status = 0
    with Path(shown).open("w") as file, contextlib.redirect_stdout(file), contextlib.redirect_stderr(file):
        try:
            cli(["train_dvbpr", *flags])
        except SystemExit as end:
            status = end.code
    gc.collect()
    print(json.dumps(status), flush=True)
"""
TWO_CPUS = """
import tensorflow as tf
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
"""
# oneDNN rounds a batch of 4 otherwise than one of 8: on some processors the runs part at the second step.
ENVIRONMENT = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", "TF_ENABLE_ONEDNN_OPTS": "0"}


def flags_of(dataset, workdir, **given):
    flags = {**FLAGS, **given, "dataset": dataset, "workdir": workdir}
    if given.get("negatives") == "one":
        del flags["shared_negatives"]
    return [f"--{name}" if value is None else f"--{name}={value}" for name, value in flags.items()]


class Trainer:
    """A process of one or two devices that does one training after the other: TensorFlow takes seconds to import."""

    def __init__(self, code, folder):
        self.shown = folder / "stderr"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        command = [sys.executable, "-c", code + TINY + TRAIN_ON_REQUEST]
        self.process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, **pipes)

    def ended(self, dataset, workdir, **given):
        """(exit status, stdout and stderr) of a training."""
        print(json.dumps([flags_of(dataset, workdir, **given), str(self.shown)]), file=self.process.stdin, flush=True)
        status = self.process.stdout.readline()
        assert status, f"the process ended with status {self.process.wait(60)}"
        return json.loads(status), self.shown.read_text()

    def train(self, dataset, workdir, **given):
        """The weights of a training."""
        status, shown = self.ended(dataset, workdir, **given)
        assert status == 0, shown[-2000:]
        return weights(workdir)

    def close(self):
        self.process.communicate(timeout=60)


@pytest.fixture(scope="module")
def one_device(make_folder):
    with contextlib.closing(Trainer("", make_folder("one_device"))) as trainer:
        yield trainer


@pytest.fixture(scope="module")
def two_devices(make_folder):
    with contextlib.closing(Trainer(TWO_CPUS, make_folder("two_devices"))) as trainer:
        yield trainer


def start_worker(tf_config, *arguments):
    environment = {**ENVIRONMENT, "TF_CONFIG": json.dumps(tf_config)}
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def start_workers(arguments, dataset, workdir, **given):
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": index}} for index in range(2)]
    flags = flags_of(dataset, workdir, strategy="multi_worker", **given)
    return [start_worker(task, *arguments, *flags) for task in tasks]


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
        if name.startswith(("backbone", "cnnf", "user_factors", "latent_user", "latent_item", "average"))
    }


def free_ports(count):
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="module", params=["one", "shared"])
def single(request, one_device, planted_folder, make_folder):
    return one_device.train(planted_folder, make_folder("single") / "run", negatives=request.param), request.param


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


def test_two_replicas_of_one_process(single, two_devices, planted_folder, tmp_path):
    expected, negatives = single
    found = two_devices.train(planted_folder, tmp_path / "run", strategy="mirrored", negatives=negatives)
    assert_close(found, expected)


@pytest.mark.parametrize("optimizer", ["lazy_adam", "adamw"])
def test_other_optimizers_on_two_replicas(optimizer, one_device, two_devices, planted_folder, tmp_path):
    if optimizer == "lazy_adam" and not hasattr(keras, "Variable"):
        pytest.importorskip("tensorflow_addons")
    given = {"optimizer": optimizer, "weight_decay": 0.1, "max_photos": 48}
    expected = one_device.train(planted_folder, tmp_path / "one", **given)
    assert_close(two_devices.train(planted_folder, tmp_path / "two", strategy="mirrored", **given), expected)


def of_a_backbone(weights_file, freeze_through):
    given = {"backbone": "mobilenet", "weights": weights_file, "freeze_through": freeze_through, "max_photos": 48}
    given["weight_decay"] = 0
    return given if freeze_through == "all" else {**given, "network_learning_rate": 0.01}


@pytest.mark.parametrize(("freeze_through", "trained"), [("all", ""), ("c", "conv2d d"), ("none", "c conv2d d")])
def test_a_backbone_on_two_replicas(
    freeze_through, trained, one_device, two_devices, own_planted, tiny_weights, tmp_path
):
    given = of_a_backbone(tiny_weights, freeze_through)
    expected = one_device.train(own_planted.path, tmp_path / "one", **given)
    found = two_devices.train(own_planted.path, tmp_path / "two", strategy="mirrored", **given)
    assert_close(found, expected, moving=("backbone.Sstyle.Skernel",))
    moving = {name: movement(expected, f"backbone.S{name}.Skernel") for name in ("c", "conv2d", "d")}
    assert all(moving[name] > 1e-4 if name in trained.split() else moving[name] == 0 for name in moving), moving


def test_two_workers(single, planted_folder, tmp_path):
    expected, negatives = single
    finish(*start_workers(["-m", "tools.train_dvbpr"], planted_folder, tmp_path / "run", negatives=negatives))
    assert_close(weights(tmp_path / "run"), expected)
    assert len((tmp_path / "run" / "metrics.jsonl").read_text().splitlines()) == 1  # The chief alone writes.


def test_two_workers_with_a_backbone(one_device, own_planted, tiny_weights, tmp_path):
    given = of_a_backbone(tiny_weights, "c")
    given["batch_norm_epsilon"] = 0.02  # Other activations than any other test's here.
    if not hasattr(keras, "Variable"):  # Keras 2.
        with pytest.raises(InputError, match="backbone=mobilenet needs Keras 3"):
            train_quietly(config_for(own_planted.path, tmp_path / "run", strategy="multi_worker", **given))
        return
    finish(*start_workers(["-c", TINY + TRAIN], own_planted.path, tmp_path / "two", **given))
    expected = one_device.train(own_planted.path, tmp_path / "one", **given)
    assert_close(weights(tmp_path / "two"), expected, moving=("backbone.Sstyle.Skernel",))


def test_a_batch_that_replicas_cannot_share_is_refused(two_devices, planted_folder, tmp_path):
    status, shown = two_devices.ended(planted_folder, tmp_path / "run", strategy="mirrored", batch_size=7)
    assert status == 1
    assert "--batch_size=7: must be a multiple of the 2 replicas" in shown and "Traceback" not in shown


def test_multi_worker_without_a_cluster_is_refused(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(InputError, match="TF_CONFIG is not set"):
        make_strategy("multi_worker")
