"""Design through the real networks, small: gradients, weights that stay, inversion."""

import numpy as np
import pytest
import tensorflow as tf

from gan.networks.discriminator import build_discriminator
from gan.networks.generator import build_generator
from gan.search.config import InversionConfig
from gan.search.invert import Inverter
from gan.search.latent_form import draw_starts, to_latent
from gan.search.maximise import Maximiser
from gan.search.measures import objective
from gan.search.networks import Networks
from gan.trained import network_weights
from tests.support.tiny_gan import changed, enliven, values_of
from tests.support.toy_design import ascent, labels_of, taste_of
from tf_dvbpr import stateless
from tf_dvbpr.networks.cnnf import build_cnnf

pytestmark = pytest.mark.stack

ROWS, LATENT, DIM = 6, 8, 8
STEP = 1e-3  # Far smaller and float32 shows, far larger and the networks' bends do.
LABELS = labels_of(np.arange(ROWS) % 2)


@pytest.fixture(scope="module")
def gan():
    return enliven(build_generator(32, LATENT, 2, width=8)), build_discriminator(32, 2, width=8, norm="spectral")


@pytest.fixture(scope="module")
def taste():
    # CNN-F's style vectors are small before it is trained.
    return taste_of(20 * np.random.default_rng(1).normal(size=[ROWS, DIM]))


@pytest.fixture
def draw():
    return np.random.default_rng(0)


def networks_of(gan, photo_size=32):
    return Networks(*gan, build_cnnf(DIM, photo_size), LATENT, 2, image_size=32, photo_size=photo_size)


@pytest.mark.slow
def test_the_gradient_is_that_of_finite_differences(gan, taste, draw):
    """Of the objective and both its parts, along their gradients and random directions."""
    networks = networks_of(gan, photo_size=64)

    def values(variable):
        value, record = objective(networks, to_latent(variable, "tanh"), LABELS, taste, 1.0)
        return tf.concat([value[None], tf.transpose(record)], 0)

    @tf.function
    def slopes(variable):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(variable)
            parts = tf.unstack(values(variable))
        return tf.stack([tape.gradient(part, variable) for part in parts])

    variable, look = draw.uniform(-1, 1, [ROWS, LATENT]).astype(np.float32), tf.function(values)
    gradients = slopes(tf.constant(variable)).numpy().astype(np.float64)  # [3, B, Z]
    lengths = np.linalg.norm(gradients, axis=2)
    errors = []
    for direction in (*gradients, *draw.normal(size=[4, ROWS, LATENT])):
        direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
        ends = [look(tf.constant((variable + way * STEP * direction).astype(np.float32))).numpy() for way in (1, -1)]
        seen = (ends[0].astype(np.float64) - ends[1]) / (2 * STEP)
        errors.append(np.abs(seen - (gradients * direction).sum(2)) / lengths)
    # Where a ReLU or a maximum changes sides within the step, the difference is of neither side.
    assert (lengths > 0).all()
    assert (np.mean(np.array(errors) < 0.05, axis=(0, 2)) > 0.9).all(), np.quantile(errors, [0.5, 0.9, 1.0])


@pytest.mark.slow
def test_design_moves_no_weight_and_finds_better(gan, taste):
    networks = networks_of(gan)
    weights = {**network_weights(*gan), **networks.embed.named_variables()}
    assert len(weights) == len(network_weights(*gan)) + 16
    before = values_of(weights)
    starts = tf.random.stateless_normal([ROWS, LATENT], [0, 1])
    found = Maximiser(networks, ascent(steps=8))(starts, LABELS, taste)
    assert (found.best[:, 0] > found.records[0, :, 0]).all()
    images = gan[0](tf.constant(found.latents), LABELS)
    Inverter(networks, InversionConfig(1, 4, 3), "free")(images[:2], LABELS[:2], progress=False)
    assert changed(before, weights) == set()


@pytest.mark.slow
def test_a_generated_image_is_inverted(gan, draw):
    """From a start near its code; far from it the search may end in another valley."""
    config = InversionConfig(invert_starts=1, invert_candidates=1, invert_steps=150, invert_rate=0.01)
    inverter = Inverter(networks_of(gan), config, "free")
    near = draw_starts(stateless.seed_of(0, stateless.INVERSION), 1, LATENT, "free").numpy()  # The only candidate.
    codes = (near + draw.normal(0, 0.05, [2, LATENT])).astype(np.float32)
    photos = gan[0](tf.constant(codes), LABELS[:2])
    first = np.abs(gan[0](tf.constant(near.repeat(2, 0)), LABELS[:2]) - photos).mean((1, 2, 3))
    found = inverter(photos, LABELS[:2], progress=False)
    assert (found.errors < 0.1 * first).all()
    np.testing.assert_allclose(found.latents, codes, atol=0.02)
