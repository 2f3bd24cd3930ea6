"""Losses, latents and augmentation by hand."""

import numpy as np
import pytest
import tensorflow as tf

from gan.latents import draw_latents, interpolate, truncate
from gan.training.augmentation import augment
from gan.training.losses import discriminator_hinge, discriminator_loss, generator_hinge, generator_loss

SEED = tf.constant([3, 4])


def test_the_losses_are_equation_seven():
    real, fake = tf.constant([1.0, 3.0]), tf.constant([0.0, 2.0])
    # ((1-1)^2 + (3-1)^2) / 2 + (0^2 + 2^2) / 2 and ((0-1)^2 + (2-1)^2) / 2
    assert float(discriminator_loss(real, fake)) == pytest.approx(2.0 + 2.0)
    assert float(generator_loss(fake)) == pytest.approx(1.0)


def test_the_hinge_asks_no_more_than_one_of_a_score():
    real, fake = tf.constant([-1.0, 3.0]), tf.constant([-4.0, 0.5])
    # (max(0, 1+1) + max(0, 1-3)) / 2 + (max(0, 1-4) + max(0, 1+0.5)) / 2 and -(-4 + 0.5) / 2
    assert float(discriminator_hinge(real, fake)) == pytest.approx(1.0 + 0.75)
    assert float(generator_hinge(fake)) == pytest.approx(1.75)


def test_latents_have_their_distribution_and_come_from_the_seed_alone():
    normal = draw_latents(SEED, 2000, 10, "normal").numpy()
    uniform = draw_latents(SEED, 2000, 10, "uniform").numpy()
    assert abs(normal.mean()) < 0.03
    assert normal.std() == pytest.approx(1.0, abs=0.03)
    assert -1 <= uniform.min() < -0.99
    assert 0.99 < uniform.max() <= 1
    assert abs(uniform.mean()) < 0.03
    assert np.array_equal(normal, draw_latents(SEED, 2000, 10, "normal"))
    assert not np.array_equal(normal, draw_latents(SEED + 1, 2000, 10, "normal"))
    np.testing.assert_allclose(truncate(normal, 0.5), normal / 2)


def test_interpolation_keeps_both_ends_and_stays_as_long_as_they_are():
    start, end = tf.constant([2.0, 0.0]), tf.constant([0.0, 2.0])
    arc = interpolate(start, end, 3, "normal").numpy()
    np.testing.assert_allclose(arc, [[2, 0], [2**0.5, 2**0.5], [0, 2]], atol=1e-6)
    np.testing.assert_allclose(interpolate(start, end, 3, "uniform"), [[2, 0], [1, 1], [0, 2]], atol=1e-6)
    np.testing.assert_allclose(interpolate(start, start, 2, "normal"), [[2, 0], [2, 0]])


def test_augmentation_is_seeded_and_differs_from_image_to_image():
    images = tf.random.stateless_uniform([4, 16, 16, 3], [0, 1], -1.0, 1.0)
    for kinds in (("colour",), ("translation",), ("cutout",), ("colour", "translation", "cutout")):
        once, again = augment(images, kinds, SEED), augment(images, kinds, SEED)
        assert np.array_equal(once, again)
        assert not np.array_equal(once, augment(images, kinds, SEED + 1))
        same = augment(tf.tile(images[:1], [8, 1, 1, 1]), kinds, SEED).numpy()
        assert len({image.tobytes() for image in same}) > 1
    assert augment(images, (), SEED) is images


def test_a_cutout_is_a_white_square_of_a_quarter_of_the_side():
    images = tf.zeros([200, 16, 16, 3])
    cut = augment(images, ("cutout",), SEED).numpy()
    assert set(np.unique(cut)) == {0.0, 1.0}
    areas = cut[..., 0].sum((1, 2))
    assert areas.max() == 4 * 4
    assert np.median(areas) == 4 * 4


def test_colour_moves_brightness_saturation_and_contrast_within_bounds():
    grey = tf.zeros([500, 4, 4, 3])
    brightness = augment(grey, ("colour",), SEED).numpy()[:, 0, 0, 0]
    assert -0.25 <= brightness.min() < -0.2
    assert 0.2 < brightness.max() <= 0.25
    pixels = np.zeros([500, 1, 2, 3], np.float32)
    pixels[:, :, 0], pixels[:, :, 1] = 0.5, -0.5  # Grey: saturation leaves it.
    spread = np.ptp(augment(tf.constant(pixels), ("colour",), SEED).numpy()[..., 0], axis=2)
    assert spread.min() >= 0.5 - 1e-5
    assert spread.max() <= 1.5 + 1e-5
    assert np.ptp(spread) > 0.9
