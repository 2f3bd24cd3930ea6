import numpy as np
import pytest

from gan.metrics.inception_score import classifier_score, score_name


def random_rows(count, classes, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(classes, 0.3), count)


def by_hand(part):
    """exp(H(mean) - mean H), which is the same number."""

    def entropy(p):
        return -sum(x * np.log(x) for x in p if x > 0)

    return np.exp(entropy(part.mean(axis=0)) - np.mean([entropy(row) for row in part]))


def test_a_perfect_classifier_of_balanced_classes_scores_their_number_in_every_split():
    score = classifier_score(np.tile(np.eye(7), (12, 1)), splits=4)
    assert score.mean == pytest.approx(7, rel=1e-14) and score.spread < 1e-13


def test_images_that_look_alike_score_one():
    score = classifier_score(np.tile(random_rows(1, 50), (30, 1)), splits=3)
    assert score.mean == pytest.approx(1, abs=1e-13) and score.spread < 1e-13


def test_parts_of_different_sizes_with_zeros_against_the_entropies():
    rows = random_rows(23, 5)
    rows[::3, :2] = 0
    rows[:8, 2] = 0  # A class that the first part never sees.
    rows /= rows.sum(axis=1, keepdims=True)
    parts = [by_hand(part) for part in (rows[:8], rows[8:16], rows[16:])]
    score = classifier_score(rows, splits=3)
    assert score.mean == pytest.approx(np.mean(parts), rel=1e-12)
    assert score.spread == pytest.approx(np.sqrt(np.mean((parts - np.mean(parts)) ** 2)), rel=1e-10)


def test_float32_is_computed_in_float64():
    rows = random_rows(40, 1000).astype(np.float32)
    exact = rows.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    assert classifier_score(rows, 1).mean == pytest.approx(by_hand(exact), rel=1e-12)


def test_probabilities_too_small_for_a_mean_add_nothing():
    rows = np.tile([[1.0, 0.0]], (4, 1))
    rows[0, 1] = 5e-324
    assert classifier_score(rows, 1).mean == 1


def test_the_score_lies_between_one_and_the_number_of_classes_and_knows_no_order():
    for seed in range(20):
        rows = random_rows(12, 4, seed)
        score = classifier_score(rows, 1).mean
        assert 1 <= score <= 4
        draw = np.random.default_rng(seed)
        shuffled = rows[draw.permutation(12)][:, draw.permutation(4)]
        assert classifier_score(shuffled, 1).mean == pytest.approx(score, rel=1e-12)


@pytest.mark.parametrize(
    ("rows", "splits", "message"),
    [
        (np.eye(4), 5, "1 to 4 splits of 4 rows"),
        (np.eye(4), 0, "1 to 4 splits"),
        (np.eye(4)[0], 1, r"must be \[N, C\]"),
        (np.eye(4) * [[1], [1], [0.9], [1]], 1, "row 2 is off by 0.1"),
        (np.array([[1.5, -0.5]]), 1, "not negative"),
        (np.array([[np.nan, 1]]), 1, "finite"),
    ],
)
def test_what_is_no_probability_is_refused(rows, splits, message):
    with pytest.raises(ValueError, match=message):
        classifier_score(rows, splits)


def test_only_inception_v3_gives_an_inception_score():
    assert score_name("inception_v3") == "inception_score"
    assert score_name("resnet50") == "classifier_score"
    assert score_name("inception_resnet_v2") == "classifier_score"
