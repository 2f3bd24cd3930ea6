import numpy as np
import pytest

from tf_dvbpr.explanation.attribute_changes import changes, contrasts
from tf_dvbpr.explanation.attribute_table import Attribute


def attribute(name, values, codes):
    return Attribute(name, values, np.array(codes, np.int32))


#                              item:  0  1  2  3  4  5  6  7
COLOUR = attribute("colour", ("b", "r"), [0, 1, 1, 0, 1, 1, 0, -1])
SIZE = attribute("size", ("l", "s"), [0, 0, 0, 1, 1, 1, 1, 0])
SCORES = np.array([1.0, 3.0, 5.0, 10.0, 11.0, 13.0, 20.0, 99.0])
ALL, ONE = np.ones(8, bool), np.zeros(8, np.int32)


def of_scores(found):
    """Phi is one number: the score."""
    return changes(found, SCORES[:, None], np.array([[1.0], [1.0], [-1.0]]), np.array([1.0]))


def test_a_change_is_the_weighted_mean_over_strata_where_both_values_occur():
    (colour,) = [one for one in of_scores(contrasts([COLOUR, SIZE], ALL, ONE, 0)) if one.attribute == "colour"]
    # Size l: b 1, r 3 and 5: difference 3, weight 1 * 2 / 3. Size s: b 10 and 20, r 11 and 13: -3, weight 2 * 2 / 4.
    weights = np.array([2 / 3, 1]) / (5 / 3)
    expected = weights @ [3, -3]
    assert (colour.value, colour.other, colour.items, colour.strata) == ("b", "r", 7, 2)
    assert colour.change == pytest.approx(expected)
    assert colour.score_own == pytest.approx(weights @ [1, 15])
    assert colour.score_other == pytest.approx(weights @ [4, 12])
    spread = weights**2 @ (np.array([3, -3]) - expected) ** 2 / (1 - weights @ weights)
    assert colour.error == pytest.approx(spread**0.5)
    # The change is negative; of the three users, the one who turns scores round is helped.
    assert colour.helped == pytest.approx(1 / 3)


def test_with_equal_strata_the_error_is_the_textbook_s():
    colour = attribute("colour", ("b", "r"), [0, 1] * 4)
    pair = attribute("pair", ("0", "1", "2", "3"), np.repeat(range(4), 2))
    scores = np.array([0, 1, 0, 2, 0, 3, 0, 6.0])
    found = contrasts([colour, pair], ALL, ONE, 0)
    (change,) = changes([one for one in found if one.attribute == "colour"], scores[:, None], np.eye(1), np.ones(1))
    assert change.change == pytest.approx(3)
    assert change.error == pytest.approx(np.std([1, 2, 3, 6], ddof=1) / 2)


def test_categories_are_matched_like_attributes_and_only_what_is_allowed_takes_part():
    (colour,) = [
        one
        for one in of_scores(contrasts([COLOUR, SIZE], np.array([1, 1, 0, 1, 1, 0, 0, 1], bool), ONE, 0))
        if one.attribute == "colour"
    ]
    # Pairs (1, 3) and (10, 11), equal weights.
    assert colour.change == pytest.approx(1.5) and colour.items == 4
    apart = contrasts([COLOUR], ALL, np.array([0, 1, 1, 0, 1, 1, 0, 0]), 0)
    assert apart == []


def test_of_a_photo_each_value_is_compared_with_all_others():
    found = of_scores(contrasts([COLOUR, SIZE], ALL, ONE, None))
    named = {(one.attribute, one.value, one.other): one.change for one in found}
    assert set(named) == {("colour", "", "b"), ("colour", "", "r"), ("size", "", "l"), ("size", "", "s")}
    assert named["colour", "", "b"] == pytest.approx(-named["colour", "", "r"])


def test_a_value_that_is_not_known_changes_into_nothing():
    assert [one.attribute for one in contrasts([COLOUR, SIZE], ALL, ONE, 7)] == ["size"]
    assert contrasts([COLOUR], ALL, ONE, 7) == []


def test_a_single_stratum_has_no_error():
    (change,) = of_scores(contrasts([COLOUR], ALL, ONE, 0))
    assert change.error is None and change.strata == 1
    assert change.change == pytest.approx(np.mean([3, 5, 11, 13]) - np.mean([1, 10, 20]))
