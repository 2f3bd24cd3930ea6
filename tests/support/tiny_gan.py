"""GANs small enough to train in seconds, and the tools as their console scripts run them."""

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
    "image_size": 32,
    "latent_dim": 8,
    "generator_width": 8,
    "discriminator_width": 8,
    "batch_size": 8,
    "max_photos": 24 * 8,
    "eval_every": 6,
    "checkpoint_every": 4,
}
# No preset has it: with `fast` its singular vectors are resumed and moved too.
NORM = {"fast": "spectral", "paper": "batch", "release": "batch"}
PAIRS = 30  # Instead of the diversity's 600, which take most of the time of figures.


def tiny_config(dataset, workdir, preset="fast", **given):
    return resolve(str(dataset), str(workdir), preset, {**TINY, "discriminator_norm": NORM[preset], **given})


def flags_of(config, *names):
    """The command line that says what a `tiny_config` says."""
    named = ("dataset", "workdir", "preset", "discriminator_norm", *TINY, *names)
    return [f"--{name}={getattr(config, name)}" for name in named]


def training(dataset, workdir, *more, preset="fast", **given):
    """tools.train_gan and its arguments for a tiny training."""
    return [train_gan, *flags_of(tiny_config(dataset, workdir, preset, **given), *given), *more]


def values_of(variables):
    return {name: variable.numpy() for name, variable in variables.items()}


def changed(before, variables):
    """Names of the variables that are no longer what they were."""
    return {name for name, variable in variables.items() if not np.array_equal(before[name], variable)}


def checkpoint_values(folder):
    """All of the newest checkpoint, bookkeeping apart."""
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(folder)))
    passed_over = ("loop_state", "save_counter", "_CHECKPOINTABLE_OBJECT_GRAPH")
    names = [name for name in reader.get_variable_to_shape_map() if not name.startswith(passed_over)]
    # TensorFlow writes a slash inside a name as .S.
    plain = [name.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE").replace(".S", "/") for name in names]
    return {short: reader.get_tensor(name) for short, name in zip(plain, names, strict=True)}


def metrics_without_clock(workdir):
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def enliven(generator, seed=0):
    """Gives a generator random weights of a size that lets the latents through, as a tiny training does not."""
    draw = np.random.default_rng(seed)
    for name, variable in generator.named_variables().items():
        if name.endswith("/kernel"):
            # Of a transposed convolution [h, w, out, in]; a stride of 2 meets about a quarter of its taps.
            inputs = variable.shape[0] if name.startswith("dense") else np.prod(variable.shape) / variable.shape[2] / 2
            variable.assign(draw.normal(0, (2 / inputs) ** 0.5, variable.shape))
        else:
            variable.assign(tf.ones_like(variable) if name.endswith(("gamma", "variance")) else tf.zeros_like(variable))
    return generator


def lively_copy(workdir, copy):
    """A copy of a workdir with its generator enlivened."""
    shutil.copytree(workdir, copy, ignore=shutil.ignore_patterns("checkpoints", "best", "tensorboard"))
    trained = TrainedGan.open(workdir)
    weights = network_weights(enliven(trained.generator), trained.discriminator)
    Checkpoints(copy / "best", weights, keep=1).save(trained.step, {"step": trained.step})
    return copy


def run_tool(capsys, tool, *arguments):
    """(exit status, standard output, standard error)."""
    return call(capsys, tool.cli, *arguments)


def refusal(capsys, tool, *arguments):
    """The one line that a tool refuses with; progress bars may come before it."""
    status, _, err = run_tool(capsys, tool, *arguments)
    *before, line = err.rstrip("\n").splitlines()
    assert status == 1
    assert line.startswith("error: ")
    assert not any("error" in other or "Traceback" in other for other in before)
    return line
