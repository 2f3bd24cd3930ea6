"""Whether images look like garments of their category, measured on hand-made images and judges."""

import numpy as np
import pytest

from gan.evaluation.garment_metrics import MOST_PHOTOS, AttributeJudge, GarmentMetrics, reference_photos
from gan.metrics.frechet import FeatureStatistics, frechet_distance
from gan.metrics.kernel_distance import kernel_distance
from tests.gan.evaluation.test_row_metrics import greys, stub

# What the judge of categories says of the grey levels 0 to 5.
SEEN = np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.1, 0.9], [0.6, 0.4], [0.0, 1.0]])


def metrics(own=True, attributes=()):
    judge = stub(SEEN)
    return GarmentMetrics(judge, judge if own else None, greys(0, 1, 5), np.array([0, 0, 1]), attributes)


def test_the_figures_of_images_by_hand():
    figures = metrics().figures(greys(1, 2, 3, 4), np.array([0, 0, 1, 1]), generated=True)
    # Of levels 2 and 4, the judge sees the other category.
    assert figures["right_category"] == 0.5
    # Levels 1 and 2 are 0 and 1 levels from photo 1; levels 3 and 4 are 2 and 1 levels from photo 5.
    assert figures["nearest_photo"] == pytest.approx((0 + 1 + 2 + 1) / 4 / 127.5)
    photos, images = np.array([[0.0], [1.0], [5.0]]), np.array([[1.0], [2.0], [3.0], [4.0]])
    assert figures["frechet_distance"] == pytest.approx(frechet_distance(FeatureStatistics.of(photos), images))
    # One feature: the distance of two normal distributions on a line.
    by_hand = (2 - 2.5) ** 2 + (np.std(photos, ddof=1) - np.std(images, ddof=1)) ** 2
    assert figures["frechet_distance"] == pytest.approx(by_hand)
    assert figures["kernel_distance"] == pytest.approx(kernel_distance(photos, images))
    assert figures["attributes"] == {}


def test_photos_have_no_nearest_photo_and_one_category_no_share():
    figures = metrics(own=False).figures(greys(0, 1, 5), np.array([0, 0, 1]), generated=False)
    assert figures["nearest_photo"] is None and figures["right_category"] is None
    assert figures["frechet_distance"] == pytest.approx(0, abs=1e-9)


def test_an_attribute_counts_where_one_value_is_certain():
    judge = stub([[0.95, 0.05], [0.9, 0.1], [0.89, 0.11], [0.02, 0.98], [0.5, 0.5], [0.5, 0.5]])
    pattern = AttributeJudge("pattern", ("plain", "dots"), judge, 0.99)
    figures = metrics(attributes=[pattern]).figures(greys(0, 1, 2, 3, 4), np.zeros(5, int), generated=True)
    found = figures["attributes"]["pattern"]
    assert found["certain"] == pytest.approx(3 / 5)
    assert found["values"] == {"plain": pytest.approx(2 / 3), "dots": pytest.approx(1 / 3)}


def test_the_photos_have_the_frequencies_asked_for_and_come_once_each():
    categories = np.repeat([0, 1, 2, -1], [5000, 5000, 30, 100])
    chosen = reference_photos(categories, np.repeat([0, 1, 2], [60, 20, 20]), seed=4)
    assert len(set(chosen.tolist())) == len(chosen) and (np.diff(chosen) > 0).all()
    # Of the third category there are only thirty.
    assert np.bincount(categories[chosen]).tolist() == [600, 200, 30]
    assert np.array_equal(chosen, reference_photos(categories, np.repeat([0, 1, 2], [60, 20, 20]), seed=4))
    assert not np.array_equal(chosen, reference_photos(categories, np.repeat([0, 1, 2], [60, 20, 20]), seed=5))
    assert len(reference_photos(categories, np.array([1]), seed=0)) == MOST_PHOTOS
