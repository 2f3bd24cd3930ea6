import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from tf_dvbpr.explanation.heat_map import heat_map, legend, smoothed

pytestmark = pytest.mark.stack


def test_red_raises_blue_lowers_and_the_rest_is_the_photo_in_grey():
    photo = np.full([48, 48, 3], 255, np.uint8)
    photo[:, 20:28] = (0, 200, 0)
    attributions = np.zeros([48, 48])
    attributions[4:12, 4:12], attributions[36:44, 36:44] = 1.0, -1.0
    drawn = np.asarray(heat_map(photo, attributions, side=96)).astype(int)
    red, blue, cloth, paper = drawn[16, 16], drawn[80, 80], drawn[48, 48], drawn[80, 16]
    assert red[0] > 150 > 100 > red[1] and blue[2] > 150 > 120 > blue[0]
    assert cloth[0] == cloth[1] == cloth[2] and 100 < cloth[0] < 230
    assert (paper > 250).all()


def test_two_maps_of_one_scale_compare():
    photo = np.full([32, 32, 3], 255, np.uint8)
    attributions = np.zeros([32, 32])
    attributions[8:24, 8:24] = 1.0
    strong, weak = (np.asarray(heat_map(photo, attributions * by, most=1.0)).astype(int) for by in (1.0, 0.2))
    assert strong[128, 128, 1] < weak[128, 128, 1] - 50


def test_nothing_is_drawn_where_nothing_is_attributed():
    photo = np.random.default_rng(0).integers(0, 256, [32, 32, 3]).astype(np.uint8)
    drawn = np.asarray(heat_map(photo, np.zeros([32, 32])))
    assert (drawn[..., 0] == drawn[..., 1]).all() and (drawn[..., 1] == drawn[..., 2]).all()


def test_smoothing_is_a_gaussian_that_keeps_the_sum_of_what_is_not_at_the_border():
    attributions = np.zeros([64, 64], np.float32)
    attributions[30:34, 30:34] = np.random.default_rng(0).normal(size=[4, 4])
    found = smoothed(attributions).numpy()
    np.testing.assert_allclose(found.sum(), attributions.sum(), rtol=1e-4)
    np.testing.assert_allclose(found, gaussian_filter(attributions, 64 / 24, mode="constant"), atol=1e-3)
    at_border = np.zeros([64, 64], np.float32)
    at_border[0, 0] = 1.0
    # Of a corner's attribution a little over a quarter stays.
    assert 0.25 < smoothed(at_border).numpy().sum() < 0.4


def test_the_legend_goes_from_blue_to_red():
    pixels = np.asarray(legend()).astype(int)
    middle = pixels[9]
    bluest, reddest = (middle[:, 2] - middle[:, 0]).argmax(), (middle[:, 0] - middle[:, 2]).argmax()
    assert bluest < reddest and (middle[(bluest + reddest) // 2] > 240).all()
