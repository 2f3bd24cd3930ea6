"""Inversion: the latent whose image comes nearest to a photo."""

import numpy as np
import pytest
import tensorflow as tf

from gan.search import invert
from gan.search.config import InversionConfig
from gan.search.invert import Inverter
from gan.search.latent_form import draw_starts
from tests.support.toy_design import labels_of, toy
from tfrecords.errors import InputError

CODES = np.random.default_rng(8).uniform(-0.8, 0.8, [3, 12]).astype(np.float32)
MIX = np.linalg.qr(np.random.default_rng(9).normal(size=[12, 12]))[0].astype(np.float32)
SHIFT = np.array([[0.0], [0.3]], np.float32)


def mixed(latents, labels):
    """z Q + b_c, whose inverse is known."""
    return tf.reshape(latents @ tf.constant(MIX) + labels @ tf.constant(SHIFT), [-1, 2, 2, 3])


def photos_of(codes, categories):
    return tf.reshape(codes @ MIX + SHIFT[categories], [-1, 2, 2, 3])


@pytest.mark.parametrize("form", ["tanh", "free"])
def test_a_linear_generator_is_inverted(form):
    networks, _ = toy(generate=mixed)
    config = InversionConfig(invert_starts=2, invert_candidates=50, invert_steps=400, invert_rate=0.02)
    categories = np.array([0, 1, 1])
    inverter = Inverter(networks, config, form, batch_size=4)
    found = inverter(tf.constant(photos_of(CODES, categories)), labels_of(categories), progress=False)
    # Adam at a steady rate ends within about a step of the l1's kink.
    np.testing.assert_allclose(found.latents, CODES, atol=0.05)
    assert found.errors.max() < 0.01
    images = mixed(tf.constant(found.latents), labels_of(categories)).numpy()
    l1 = np.abs(images - photos_of(CODES, categories).numpy()).mean((1, 2, 3))
    np.testing.assert_allclose(found.errors, l1, atol=1e-5)


def test_each_photo_is_inverted_by_itself():
    networks, _ = toy(generate=mixed)
    config = InversionConfig(invert_starts=2, invert_candidates=9, invert_steps=30)
    categories = np.array([0, 1, 1])
    photos, labels = tf.constant(photos_of(CODES, categories)), labels_of(categories)
    together = Inverter(networks, config, "free", batch_size=4)(photos, labels, progress=False)
    for row in range(3):
        alone = Inverter(networks, config, "free")(photos[row : row + 1], labels[row : row + 1], progress=False)
        np.testing.assert_allclose(alone.latents[0], together.latents[row], atol=1e-4)
        np.testing.assert_allclose(alone.errors[0], together.errors[row], atol=1e-5)


def test_candidates_are_drawn_once_for_all_photos(monkeypatch):
    drawn = []
    monkeypatch.setattr(invert, "draw_starts", lambda *given: drawn.append(given) or draw_starts(*given))
    networks, _ = toy(generate=mixed)
    inverter = Inverter(networks, InversionConfig(1, 2, 1), "free")
    inverter(tf.constant(photos_of(CODES, [0, 1, 1])), labels_of([0, 1, 1]), progress=False)
    assert len(drawn) == 1


def test_the_nearest_of_the_starts_is_kept():
    """Where nothing can be learnt, the answer is the nearest candidate."""
    networks, _ = toy(generate=lambda latents, labels: tf.reshape(tf.sign(latents), [-1, 2, 2, 3]))
    photo = tf.reshape(tf.sign(tf.constant(CODES[:1])), [-1, 2, 2, 3])
    errors = [
        Inverter(networks, InversionConfig(starts, candidates, 1), "free")(photo, labels_of([0]), progress=False).errors
        for starts, candidates in ((1, 1), (1, 300), (5, 300))
    ]
    assert errors[1] < errors[0]
    np.testing.assert_allclose(errors[2], errors[1])


def test_a_latent_that_gives_nan_does_not_win():
    def generate(latents, labels):
        images = mixed(latents, labels)
        return tf.where(latents[:, :1, None, None] > 0, images, float("nan"))

    networks, _ = toy(generate=generate)
    codes = np.abs(CODES)
    config = InversionConfig(invert_starts=8, invert_candidates=8, invert_steps=20)
    found = Inverter(networks, config, "free")(tf.constant(photos_of(codes, [0, 0, 0])), labels_of([0] * 3), False)
    assert np.isfinite(found.errors).all() and (found.latents[:, 0] > 0).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("invert_starts", 0),
        ("invert_candidates", 7),
        ("invert_steps", 0),
        ("invert_rate", 0.0),
        ("invert_rate", np.nan),
    ],
)
def test_bad_settings_are_refused_by_name(name, value):
    with pytest.raises(InputError, match=f"{name}={value}: expected"):
        InversionConfig(**{name: value})


def test_an_inversion_can_be_watched():
    networks, _ = toy(generate=mixed)
    seen = []
    inverter = Inverter(networks, InversionConfig(2, 9, 50), "free")
    photos, labels = tf.constant(photos_of(CODES[:1], [0])), labels_of([0])
    found = inverter(photos, labels, progress=False, watch=lambda *given: seen.append(given))
    assert [step for step, *_ in seen] == [0, 20, 40, 50]
    errors = [-records.max() for _, _, records in seen[1:]]
    assert errors == sorted(errors, reverse=True) and found.errors[0] <= errors[-1]
    _, latents, records = seen[2]
    images = mixed(tf.constant(latents), tf.repeat(labels, 2, 0)).numpy()
    np.testing.assert_allclose(np.abs(images - photos.numpy()).mean((1, 2, 3)), -records[:, 0], atol=1e-5)
