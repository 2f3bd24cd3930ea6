import numpy as np
import pytest

from tf_dvbpr.explanation.likeness import Likeness
from tf_dvbpr.explanation.visual_factors import VisualFactors

# Around their mean the items point right, up, left, right and down.
STYLES = np.array([[2, 1], [1, 3.2], [-2, 1], [3, 1.5], [1, -1]], np.float32)


def test_cosines_are_around_the_catalogue_s_mean():
    likeness = Likeness.of(STYLES, np.array([2.0, 1.8]))
    mean = STYLES.mean(0)
    expected = [
        np.dot(row - mean, [2 - mean[0], 1.8 - mean[1]])
        / np.linalg.norm(row - mean)
        / np.linalg.norm([2 - mean[0], 1.8 - mean[1]])
        for row in STYLES
    ]
    np.testing.assert_allclose(likeness.cosines, expected, rtol=1e-5)
    order = np.argsort(expected)
    assert likeness.most(np.arange(5), 2).tolist() == order[::-1][:2].tolist()
    assert likeness.least(np.array([1, 2, 4]), 9).tolist() == [one for one in order if one in (1, 2, 4)]


@pytest.mark.parametrize(("own", "expected"), [([], [3, 1]), ([3], [1])])
def test_preferred_items_score_higher_and_are_not_owned(own, expected):
    factors = VisualFactors(np.array([[1.0, 0.5]], np.float32), STYLES)
    likeness = Likeness(np.array([0.5, 0.1, 0.9, 0.8, 0.7], np.float32))
    # Scores 2.5, 2.6, -1.5, 3.75, 0.5; the garment's is 2. Item 0 is at the median, items 1 and 3 above it.
    allowed = np.ones(5, bool)
    found = likeness.preferred(factors, 0, 2.0, np.array(own, int), allowed, 2)
    assert found.tolist() == expected
    allowed[1] = False
    assert 1 not in likeness.preferred(factors, 0, 2.0, np.array(own, int), allowed, 5)


def test_preferred_items_are_in_the_upper_half():
    factors, likeness = VisualFactors(np.array([[1.0, 0.5]], np.float32), STYLES), Likeness(np.ones(5, np.float32))
    # The median is 2.5, item 0's.
    assert likeness.preferred(factors, 0, -9.0, np.array([], int), np.ones(5, bool), 9).tolist() == [1, 3]


def test_a_catalogue_of_equal_items_has_no_likeness():
    np.testing.assert_array_equal(Likeness.of(np.ones([3, 2]), np.ones(2)).cosines, 0)
