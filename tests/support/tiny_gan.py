"""Configures GANs that train in seconds, and runs tools as their console scripts do."""

import json
import shutil

import numpy as np
import tensorflow as tf

from gan.trained import TrainedGan, network_weights
from gan.training.train import resolve
from tests.support.tool import call
from tf_dvbpr.training.checkpoint import Checkpoints
from tools import train_gan

TINY = {
    "eyes": "none",
    "image_size": 32,
    "latent_dim": 8,
    "generator_width": 8,
    "discriminator_width": 8,
    "batch_size": 8,
    "max_photos": 24 * 8,
    "eval_every": 6,
    "checkpoint_every": 4,
}
PAIRS = 30  # instead of 600 for the diversity, which would take most of the time of the metrics


def tiny_config(dataset, workdir, preset="fast", **given):
    return resolve(str(dataset), str(workdir), preset, {**TINY, **given})


def flags_of(config, *names):
    """Returns the command line of a `tiny_config`."""
    named = ("dataset", "workdir", "preset", *TINY, *names)
    return [f"--{name}={getattr(config, name)}" for name in named]


def training(dataset, workdir, *more, preset="fast", **given):
    """Returns tools.train_gan and its arguments for a tiny training."""
    return [train_gan, *flags_of(tiny_config(dataset, workdir, preset, **given), *given), *more]


def values_of(variables):
    return {name: variable.numpy() for name, variable in variables.items()}


def changed(before, variables):
    """Returns the names of the variables that changed."""
    return {name for name, variable in variables.items() if not np.array_equal(before[name], variable)}


def checkpoint_values(folder):
    """Returns all values of the newest checkpoint, without bookkeeping."""
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(folder)))
    passed_over = ("loop_state", "save_counter", "_CHECKPOINTABLE_OBJECT_GRAPH")
    names = [name for name in reader.get_variable_to_shape_map() if not name.startswith(passed_over)]
    # TensorFlow writes a slash in a name as .S.
    plain = [name.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE").replace(".S", "/") for name in names]
    return {short: reader.get_tensor(name) for short, name in zip(plain, names, strict=True)}


def metrics_without_clock(workdir):
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def enliven(generator, seed=0):
    """Gives a generator random weights that are large enough for different latents to give different images."""
    draw = np.random.default_rng(seed)
    for name, variable in generator.named_variables().items():
        if name.endswith("/kernel"):
            # Transposed convolution, [h, w, out, in]; with a stride of 2, an output uses about a quarter of the kernel.
            inputs = variable.shape[0] if name.startswith("dense") else np.prod(variable.shape) / variable.shape[2] / 2
            variable.assign(draw.normal(0, (2 / inputs) ** 0.5, variable.shape))
        else:
            variable.assign(tf.ones_like(variable) if name.endswith(("gamma", "variance")) else tf.zeros_like(variable))
    return generator


def lively_copy(workdir, copy):
    """Copies a workdir and applies `enliven` to the copy's generator."""
    shutil.copytree(workdir, copy, ignore=shutil.ignore_patterns("checkpoints", "best", "tensorboard"))
    trained = TrainedGan.open(workdir)
    weights = network_weights(enliven(trained.generator), trained.discriminator)
    Checkpoints(copy / "best", weights, keep=1).save(trained.step, {"step": trained.step})
    return copy


def run_tool(capsys, tool, *arguments):
    """Runs a tool and returns (exit status, standard output, standard error)."""
    return call(capsys, tool.cli, *arguments)


def refusal(capsys, tool, *arguments):
    """Returns the one line with which a tool refuses its input; progress bars may precede it."""
    status, _, err = run_tool(capsys, tool, *arguments)
    *before, line = err.rstrip("\n").splitlines()
    assert status == 1
    assert line.startswith("error: ")
    assert not any("error" in other or "Traceback" in other for other in before)
    return line
