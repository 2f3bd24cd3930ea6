"""The kernel distance: equal to its definition in loops, 0 on average for one distribution, planted distances."""

import numpy as np
import pytest

from gan.metrics.kernel_distance import kernel_distance


def draw(count, dim=4, seed=0, shift=0.0):
    return np.random.default_rng(seed).normal(size=[count, dim]) + shift


def test_equals_its_definition_in_loops():
    x, y = draw(5), draw(7, seed=1, shift=0.5)

    def kernel(a, b):
        return (float(np.dot(a, b)) / 4 + 1) ** 3

    within_x = np.mean([kernel(x[i], x[j]) for i in range(5) for j in range(5) if i != j])
    within_y = np.mean([kernel(y[i], y[j]) for i in range(7) for j in range(7) if i != j])
    between = np.mean([kernel(a, b) for a in x for b in y])
    assert kernel_distance(x, y) == pytest.approx(within_x + within_y - 2 * between)
    assert kernel_distance(x.astype(np.float32), y.astype(np.float32)) == pytest.approx(kernel_distance(x, y), rel=1e-5)


def test_features_that_are_all_equal_have_the_distance_of_their_kernels():
    # k(1, 1) = 8, k(-1, -1) = 8, k(1, -1) = 0.
    assert kernel_distance(np.ones([3, 2]), -np.ones([4, 2])) == pytest.approx(16)
    assert kernel_distance(np.ones([3, 2]), np.ones([4, 2])) == pytest.approx(0)


def test_is_unbiased_for_few_images():
    same = [kernel_distance(draw(20, seed=seed), draw(10, seed=1000 + seed)) for seed in range(400)]
    assert abs(np.mean(same)) < 4 * np.std(same) / 20
    assert min(same) < 0
    few, many = (
        np.mean([kernel_distance(draw(count, seed=seed), draw(count, seed=99 + seed, shift=1.0)) for seed in range(99)])
        for count in (10, 100)
    )
    assert few == pytest.approx(many, rel=0.15)


def test_grows_with_the_shift():
    distances = [kernel_distance(draw(200), draw(200, seed=1, shift=shift)) for shift in (0.0, 0.5, 1.0)]
    assert distances == sorted(distances)


@pytest.mark.parametrize(
    ("photos", "images", "message"),
    [
        (draw(1), draw(5), r"photos: features \[N, F\] with N at least 2"),
        (draw(5), draw(5)[0], r"images: features \[N, F\] with N at least 2"),
        (draw(5), draw(5, dim=3), r"features \[N, 4\] expected"),
        (draw(5), np.full([5, 4], np.nan), "images: features must be finite"),
    ],
)
def test_unfit_features_are_refused(photos, images, message):
    with pytest.raises(ValueError, match=message):
        kernel_distance(photos, images)
