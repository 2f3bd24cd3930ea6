"""What a step of the GAN moves and by how much, which photos it draws, exact resume."""

import dataclasses
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from gan.latents import draw_latents
from gan.training import trainable as gan_training
from gan.training.losses import discriminator_hinge, discriminator_loss, generator_hinge, generator_loss
from gan.training.train import train
from gan.training.trainable import GanTraining
from tests.support.repository import repository
from tests.support.tiny_gan import (
    PAIRS,
    TINY,
    changed,
    checkpoint_values,
    flags_of,
    metrics_without_clock,
    tiny_config,
    values_of,
)
from tf_dvbpr import stateless
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photo_store.table import load_photo_table
from tfrecords.photos.decode import normalise

pytestmark = [pytest.mark.stack, pytest.mark.usefixtures("few_pairs")]

ROOT = repository()
# Dies as a power cut would: what the third grid brought is on the disk, its checkpoint is not.
DIES = """
import os, signal, sys
from gan.metrics import training_metrics as measures
from tf_dvbpr.training.checkpoint import Checkpoints

save = Checkpoints.save

def dying(self, step, state):
    if self._folder.name == "checkpoints" and step == 18:
        os.kill(os.getpid(), signal.SIGKILL)
    save(self, step, state)

Checkpoints.save = dying
measures._PAIRS = int(sys.argv.pop(1))
from tools.train_gan import cli
cli(["train_gan", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def photos(planted):
    return PhotoStore(planted, 32, "host", progress=False)


def training(photos, tmp_path, preset="fast", categories=None, names=("tops", "shoes"), **given):
    config = tiny_config("data", tmp_path, preset, **{"measure_samples": 0, **given})
    categories = np.arange(90, dtype=np.int32) % 2 if categories is None else categories
    return GanTraining(config, photos, categories, names, Workdir(tmp_path, {"train": {}}))


@pytest.mark.parametrize("preset", ["fast", "release"])
@pytest.mark.slow
def test_killed_with_the_same_command_again_equals_unbroken(preset, planted_folder, request, tmp_path):
    unbroken = request.getfixturevalue(f"{preset}_gan")
    samples = 100 if preset == "fast" else 0
    config = tiny_config(planted_folder, tmp_path / "run", preset, measure_samples=samples)
    # The judge of a start that ended before its first step: the tool's own takes long.
    (tmp_path / "run").mkdir()
    shutil.copy(unbroken / "config.json", tmp_path / "run")
    if samples:
        shutil.copytree(unbroken / "judge", tmp_path / "run/judge")
    command = [sys.executable, "-c", DIES, str(PAIRS), *flags_of(config, "measure_samples")]
    killed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1200)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    assert [line["step"] for line in metrics_without_clock(tmp_path / "run")] == [6, 12, 18]
    assert tf.train.latest_checkpoint(str(tmp_path / "run/checkpoints")).endswith("step-16")
    with (tmp_path / "run/metrics.jsonl").open("a") as file:
        file.write('{"step": 24, "photos"')
    train(config, show_progress=False)
    assert metrics_without_clock(tmp_path / "run") == metrics_without_clock(unbroken)
    for folder in ("checkpoints", "best"):
        expected, found = checkpoint_values(unbroken / folder), checkpoint_values(tmp_path / "run" / folder)
        assert expected.keys() == found.keys()
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value, err_msg=name)
    kept = checkpoint_values(unbroken / "checkpoints")
    assert {"generator_adam/dense/kernel/v", "discriminator_adam/conv0/kernel/m"} <= set(kept)
    own = ("trained_generator/", "discriminator/conv0/singular") if samples else ("discriminator/norm1/moving_mean",)
    assert all(any(name.startswith(part) for name in kept) for part in own)
    for file in unbroken.glob("samples-*.png"):
        assert file.read_bytes() == (tmp_path / "run" / file.name).read_bytes()


@pytest.mark.slow
def test_upsampling_in_two_parts_equals_one(planted_folder, tmp_path):
    short = {"generator": "upsampling", "measure_samples": 0, "eval_every": 3, "checkpoint_every": 2}
    whole = tiny_config(planted_folder, tmp_path / "whole", max_photos=6 * 8, **short)
    train(whole, show_progress=False)
    part = dataclasses.replace(whole, workdir=str(tmp_path / "part"), max_photos=4 * 8)
    train(part, show_progress=False)
    train(dataclasses.replace(part, max_photos=6 * 8), show_progress=False)
    for folder in ("checkpoints", "best"):
        expected, found = (checkpoint_values(tmp_path / run / folder) for run in ("whole", "part"))
        assert expected.keys() == found.keys()
        assert {"generator/norm3/moving_mean", "generator/conv2/kernel"} <= set(expected)
        for name, value in expected.items():
            np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.slow
def test_a_finished_run_is_left_alone_and_can_be_made_longer(release_gan, planted_folder, tmp_path):
    shutil.copytree(release_gan, tmp_path / "run")
    config = tiny_config(planted_folder, tmp_path / "run", "release", measure_samples=0)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run/checkpoints").iterdir()}
    assert train(config, show_progress=False)["step"] == 24
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "run/checkpoints").iterdir()}
    longer = dataclasses.replace(config, max_photos=26 * 8)
    assert train(longer, show_progress=False)["step"] == 26
    # Without figures the last weights are the ones kept.
    assert [line["best"] for line in metrics_without_clock(tmp_path / "run")] == [True] * 5
    assert tf.train.latest_checkpoint(str(tmp_path / "run/best")).endswith("step-26")


@pytest.mark.parametrize("preset", ["fast", "release"])
def test_each_step_moves_its_own_network_alone(preset, photos, tmp_path):
    trainable = training(photos, tmp_path, preset)
    generator = trainable.generator
    draw = np.random.default_rng(0)
    reals = tf.constant(draw.uniform(-1, 1, (8, 32, 32, 3)), tf.float32)
    labels, step = tf.one_hot(np.arange(8) % 2, 2), tf.constant(3, tf.int64)
    with tf.GradientTape() as tape:
        fakes = generator(tf.constant(draw.normal(size=(8, 8)), tf.float32), labels, training=True)
    before = values_of(trainable.state())
    trainable.discriminator_step(reals, fakes, labels, step)
    moved = changed(before, trainable.state())
    assert moved and all(name.startswith("discriminator") for name in moved)
    statistics = {name for name in before if name.endswith(("moving_mean", "moving_variance", "singular"))}
    of_discriminator = {name for name in statistics if name.startswith("discriminator/")}
    of_discriminator -= {"discriminator/dense/singular"}  # One unit has one direction.
    kernels = {f"discriminator/{layer}/kernel" for layer in ("conv0", "conv1", "conv2", "conv3", "dense")}
    assert of_discriminator | kernels <= moved

    before = values_of(trainable.state())
    trainable.generator_step(tape, fakes, labels, step)
    moved = changed(before, trainable.state())
    assert moved and not any(name.startswith("discriminator") for name in moved)
    trained = "trained_generator" if preset == "fast" else "generator"
    layers = (
        ("dense", "conv0", "conv2", "image", "norm1")
        if preset == "fast"
        else ("dense", "deconv1", "deconv4", "deconv7")
    )
    kernels = {f"{trained}/{layer}/kernel" for layer in layers}
    assert kernels <= moved
    if preset == "fast":  # The average follows, statistics included.
        assert {name.removeprefix("trained_") for name in kernels} <= moved
        assert "generator/norm3/moving_mean" in moved
    else:
        assert not any("moving" in name for name in moved)


class Adam:
    """Kingma and Ba 2015, with the epsilon beside the uncorrected moment, as TensorFlow has it."""

    def __init__(self, rate, beta1, beta2, epsilon):
        self.rate, self.beta1, self.beta2, self.epsilon = rate, beta1, beta2, epsilon
        self.count, self.moments = 0, {}

    def move(self, variables, gradients):
        self.count += 1
        rate = self.rate * np.sqrt(1 - self.beta2**self.count) / (1 - self.beta1**self.count)
        for name, variable in variables.items():
            gradient = gradients[name].numpy().astype(np.float64)
            m, v = self.moments.get(name, (0.0, 0.0))
            m, v = self.beta1 * m + (1 - self.beta1) * gradient, self.beta2 * v + (1 - self.beta2) * gradient**2
            self.moments[name] = m, v
            variable.assign_sub((rate * m / (np.sqrt(v) + self.epsilon)).astype(np.float32))


@pytest.mark.parametrize(
    ("preset", "losses"),
    [
        ("fast", {"least_squares": (discriminator_loss, generator_loss)}),
        ("fast", {"hinge": (discriminator_hinge, generator_hinge)}),
        ("release", {"least_squares": (discriminator_loss, generator_loss)}),
    ],
)
@pytest.mark.slow
def test_two_steps_are_those_of_a_plain_rewrite(preset, losses, photos, tmp_path):
    ((name, (of_scores, of_fakes)),) = losses.items()
    # An epsilon that lets the size of a gradient matter and not its sign alone.
    given = {
        "augment": "",
        "flip": False,
        "adam_epsilon": 0.1,
        "learning_rate": 0.05,
        "discriminator_learning_rate": 0.02,
        "adversarial_loss": name,
    }
    tested, plain = (training(photos, tmp_path, preset, **given) for _ in range(2))
    generator, discriminator = plain.generator, plain.discriminator
    of_generator, of_discriminator = generator.named_trainables(), discriminator.named_trainables()
    config = tiny_config("data", tmp_path, preset, **given)
    adams = [Adam(rate, config.beta1, config.beta2, 0.1) for rate in (0.02, 0.05)]
    average = values_of(generator.named_variables())
    for step, batch in enumerate(tested.batches(None, 0, 2)):
        figures = tested.train_step(batch)

        labels = tf.one_hot(batch["categories"], 2)
        seed = stateless.seed_of(config.seed, stateless.LATENTS, step)
        latents = draw_latents(seed, 8, 8, config.latent_distribution)
        reals, fakes = normalise(photos.gather(batch["items"])), generator(latents, labels, training=True)
        statistics = values_of(generator.named_variables())
        discriminator.move_singular_vectors()
        with tf.GradientTape() as tape:
            scores = [discriminator(images, labels, training=True) for images in (reals, fakes)]
            loss = of_scores(*scores)
        assert float(figures["discriminator"]) == pytest.approx(float(loss), rel=1e-3)
        adams[0].move(of_discriminator, tape.gradient(loss, of_discriminator))
        with tf.GradientTape() as tape:
            again = generator(latents, labels, training=True)
            loss = of_fakes(discriminator(again, labels, training=True, move=False))
        assert float(figures["generator"]) == pytest.approx(float(loss), rel=1e-3)
        adams[1].move(of_generator, tape.gradient(loss, of_generator))
        # The second pass moved the statistics a second time.
        for name, variable in generator.named_variables().items():
            if "/moving_" in name:
                variable.assign(statistics[name])
        decay = min(config.average, (1 + step) / (10 + step))
        for name, variable in generator.named_variables().items():
            average[name] = decay * average[name] + (1 - decay) * variable.numpy()
    for networks in ((tested.generator, generator), (tested.discriminator, discriminator)):
        found, expected = (values_of(network.named_variables()) for network in networks)
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=2e-3, atol=2e-5, err_msg=name)
    shown = values_of(tested.shown.named_variables())
    for name, value in average.items():
        np.testing.assert_allclose(shown[name], value, rtol=2e-3, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("preset", ["fast", "release"])
@pytest.mark.slow
def test_a_step_in_mixed_precision_is_that_in_float32_but_for_its_digits(preset, photos, tmp_path):
    figures = []
    for precision in ("float32", "mixed_bfloat16"):
        trainable = training(photos, tmp_path, preset, precision=precision)
        figures.append(
            {
                name: float(value)
                for name, value in trainable.train_step(next(iter(trainable.batches(None, 0, 1)))).items()
            }
        )
        assert {value.dtype for name, value in trainable.state().items() if "iterations" not in name} == {tf.float32}
    for name, value in figures[0].items():
        assert figures[1][name] == pytest.approx(value, rel=0.1, abs=0.02), name


def drawn(trainable, steps):
    batches = list(trainable.batches(None, 0, steps).as_numpy_iterator())
    return tuple(np.stack([batch[key] for batch in batches]) for key in ("items", "categories", "photos"))


@pytest.mark.parametrize("store", ["host", "encoded"])
def test_photos_are_the_tables_rows_of_their_categories(store, planted, tmp_path):
    photos = PhotoStore(planted, 32, store, progress=False)
    trainable = training(photos, tmp_path, categories=planted.item_categories, names=planted.category_names)
    items, categories, pixels = drawn(trainable, 4)
    np.testing.assert_array_equal(categories, planted.item_categories[items])
    np.testing.assert_array_equal(pixels, load_photo_table(planted, 32, progress=False)[items])
    assert len(np.unique(items)) > 20


def test_a_batch_from_the_middle_is_that_of_an_unbroken_run(photos, tmp_path):
    trainable = training(photos, tmp_path)
    whole = list(trainable.batches(None, 0, 6).as_numpy_iterator())
    later = list(trainable.batches(None, 4, 6).as_numpy_iterator())
    for one, other in zip(whole[4:], later, strict=True):
        np.testing.assert_array_equal(one["items"], other["items"])
    other_seed = training(photos, tmp_path, seed=1)
    assert (next(iter(other_seed.batches(None, 0, 1)))["items"] != whole[0]["items"]).numpy().any()


@pytest.mark.parametrize("balanced", [True, False])
def test_how_often_a_photo_is_drawn(balanced, photos, tmp_path):
    # Ten photos without a category, none of category 1, twenty of 0, sixty of 2.
    categories = np.repeat(np.int32([0, -1, 2]), [20, 10, 60])
    trainable = training(photos, tmp_path, categories=categories, names=("a", "b", "c"), balanced=balanced)
    items, found, _ = drawn(trainable, 400)
    np.testing.assert_array_equal(found, categories[items])
    share = np.array([1 / 40, 0, 1 / 120]) if balanced else np.array([1 / 80, 0, 1 / 80])
    expected = np.repeat(share, [20, 10, 60]) * items.size
    counts = np.bincount(items.ravel(), minlength=90)
    assert not counts[expected == 0].any()
    some = expected > 0
    # Pearson's statistic has a mean of 79 and a standard deviation of 12.6.
    assert 35 < (np.square(counts - expected)[some] / expected[some]).sum() < 135
    first = (found == 0).mean()
    assert first == pytest.approx(0.5 if balanced else 0.25, abs=0.035)


@pytest.mark.slow
def test_a_loss_that_is_not_finite_stops_with_its_step(planted_folder, tmp_path):
    config = tiny_config(planted_folder, tmp_path / "run", "release", learning_rate=1e30, measure_samples=0)
    with pytest.raises(InputError, match=r"the loss '\w+' is (nan|inf) at step 1; .* with a lower learning_rate"):
        train(config, show_progress=False)
    assert not list(tmp_path.glob("run/*/step-*"))


@pytest.mark.slow
def test_the_checkpoint_before_it_is_kept(release_gan, planted_folder, tmp_path, monkeypatch):
    shutil.copytree(release_gan, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in tmp_path.glob("run/*/step-*")}
    endless = (discriminator_loss, lambda scores: tf.reduce_mean(scores) / 0.0)
    monkeypatch.setitem(gan_training.LOSSES, "least_squares", endless)
    longer = tiny_config(planted_folder, tmp_path / "run", "release", measure_samples=0, max_photos=26 * 8)
    with pytest.raises(InputError, match=r"the loss 'generator' is (nan|-?inf) at step 25"):
        train(longer, show_progress=False)
    assert {path.name: path.read_bytes() for path in tmp_path.glob("run/*/step-*")} == before


def test_the_workdir_gets_its_pictures(fast_gan):
    assert {path.name for path in fast_gan.glob("*.png")} == {
        "reals.png",
        *(f"samples-{n}.png" for n in range(0, 25, 6)),
    }
    assert TINY["eval_every"] == 6
