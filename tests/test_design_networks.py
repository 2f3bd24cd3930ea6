"""Design through the real networks, small: gradients, weights that stay, inversion."""

import numpy as np
import pytest
import tensorflow as tf
from tiny_gan import changed, values_of
from toy_design import ascent

from gan.design.studio import Studio
from gan.sampling import network_weights
from tf_dvbpr.cnnf import build_cnnf
from tf_dvbpr.design.invert import InversionConfig, Inverter
from tf_dvbpr.design.latent_form import to_latent
from tf_dvbpr.design.maximise import Maximiser, objective

ROWS = 6
STEP = 3e-4  # Far smaller and float32 shows, far larger and the networks' bends do.


@pytest.fixture(scope="module")
def studio(small_recommender, lively_gan):
    return Studio.open(str(small_recommender), str(lively_gan), "float32")


@pytest.fixture
def draw():
    return np.random.default_rng(0)


@pytest.mark.parametrize("photo_size", [32, 64])
def test_the_gradient_is_that_of_finite_differences(studio, draw, photo_size):
    """Along the gradient itself and along random directions, through G, up-scaling, CNN-F, tanh and D."""
    networks = studio.networks
    if photo_size != networks.photo_size:
        cnnf = build_cnnf(8, photo_size, seed=1)
        networks = type(networks)(**{**vars(networks), "embed": cnnf, "photo_size": photo_size})
    labels, taste = studio.labels(np.arange(ROWS) % 2), studio.taste(np.arange(ROWS)[:, None])
    taste = taste._replace(factors=tf.constant(draw.normal(size=[ROWS, 1, 8]), tf.float32))

    @tf.function
    def value(variable):
        return objective(networks, to_latent(variable, "tanh"), labels, taste, 1.0)[0]

    @tf.function
    def slope(variable):
        with tf.GradientTape() as tape:
            tape.watch(variable)
            total = tf.reduce_sum(value(variable))
        return tape.gradient(total, variable)

    variable = draw.uniform(-1, 1, [ROWS, 8]).astype(np.float32)
    gradient = slope(tf.constant(variable)).numpy().astype(np.float64)
    for direction in (gradient, *draw.normal(size=[3, ROWS, 8])):
        direction = direction / np.linalg.norm(direction, axis=1, keepdims=True)
        ends = [(variable + way * STEP * direction).astype(np.float32) for way in (1, -1)]
        values = [value(tf.constant(end)).numpy().astype(np.float64) for end in ends]
        seen, expected = (values[0] - values[1]) / (2 * STEP), (gradient * direction).sum(1)
        assert np.linalg.norm(seen - expected) < 0.05 * np.linalg.norm(expected)


def test_design_moves_no_weight_and_finds_better(studio):
    networks = {
        **network_weights(studio.gan.generator, studio.gan.discriminator),
        **{f"phi/{name}": value for name, value in studio.embedder._model.weights().items()},
    }
    before = values_of(networks)
    assert {name.split("/")[0] for name in before} == {"generator", "discriminator", "phi"}
    starts = tf.random.stateless_normal([ROWS, 8], [0, 1])
    labels, taste = studio.labels(np.arange(ROWS) % 2), studio.taste(np.arange(ROWS)[:, None])
    found = Maximiser(studio.networks, ascent(steps=8))(starts, labels, taste)
    assert (found.best[:, 0] > found.records[0, :, 0]).all()
    images = studio.gan.generator(tf.constant(found.latents), labels)
    Inverter(studio.networks, InversionConfig(1, 4, 3), "free")(images[:2], labels[:2], progress=False)
    assert changed(before, networks) == set()


def test_a_generated_image_is_inverted(studio, draw):
    """From a start near its code; far from it the search may end in another valley."""
    labels = studio.labels(np.array([0, 1]))
    config = InversionConfig(invert_starts=1, invert_candidates=1, invert_steps=150, invert_rate=0.01)
    inverter = Inverter(studio.networks, config, "free")
    near = inverter._starts(tf.zeros([32, 32, 3]), labels[0]).numpy()
    codes = (near + draw.normal(0, 0.05, [2, 8])).astype(np.float32)
    photos = studio.gan.generator(tf.constant(codes), labels)
    first = np.abs(studio.gan.generator(tf.constant(near.repeat(2, 0)), labels) - photos).mean((1, 2, 3))
    found = inverter(photos, labels, progress=False)
    assert (found.errors < 0.1 * first).all()
    np.testing.assert_allclose(found.latents, codes, atol=0.02)
