import numpy as np
import pytest

from gan.metrics import nearest_photo
from gan.metrics.nearest_photo import METRICS, nearest
from tfrecords.photos.decode import normalise


def noise(count, size=20, seed=0):
    return np.random.default_rng(seed).integers(0, 256, [count, size, size, 3], np.uint8)


def brute(images, table, metric, k, groups=None):
    """Every distance in float64, one by one, of the images as networks see them."""
    images, table = (normalise(one).numpy().astype(np.float64) for one in (images, table))
    items, distances = np.full([len(images), k], -1), np.full([len(images), k], np.nan)
    for row, image in enumerate(images):
        difference = (table - image).reshape(len(table), -1)
        values = np.abs(difference).mean(axis=1) if metric == "l1" else np.sqrt(np.square(difference).mean(axis=1))
        values = values.round(6)  # Distances that are equal stay equal.
        allowed = np.ones(len(table), bool) if groups is None else groups[1] == groups[0][row]
        order = [item for item in np.lexsort([np.arange(len(table)), values]) if allowed[item]][:k]
        items[row, : len(order)], distances[row, : len(order)] = order, values[order]
    return items, distances


def agree(found, expected):
    assert found[0].dtype == np.int64 and found[1].dtype == np.float64
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1], expected[1], atol=2e-6)


@pytest.fixture(params=METRICS)
def metric(request):
    return request.param


@pytest.fixture
def small_blocks(monkeypatch):
    """Seven photos at a time, of which l1 takes three."""
    monkeypatch.setattr(nearest_photo, "_BLOCK_BYTES", 8 * 1200 - 1)
    monkeypatch.setattr(nearest_photo, "_CACHED_BYTES", 4 * 1200 - 1)


@pytest.mark.parametrize("k", [1, 4])
def test_equals_brute_force_over_several_blocks(metric, k, small_blocks):
    images, table = noise(5), noise(40, seed=1)
    agree(nearest(images, table, metric, k, progress=False), brute(images, table, metric, k))


def test_within_categories(metric, small_blocks):
    draw = np.random.default_rng(2)
    images, table = noise(9), noise(40, seed=1)
    groups = draw.integers(0, 4, 9), draw.integers(1, 4, 40)  # No photo is of category 0.
    groups[1][3], groups[0][:3] = 7, [7, 0, 3]  # One photo only is of 7.
    found = nearest(images, table, metric, 2, groups, progress=False)
    agree(found, brute(images, table, metric, 2, groups))
    assert found[0][0].tolist() == [3, -1] and np.isnan(found[1][0, 1])
    assert found[0][1].tolist() == [-1, -1] and np.isnan(found[1][1]).all()


def test_a_photo_is_its_own_nearest_and_the_first_of_equal_ones_comes_first(metric, small_blocks):
    table = noise(30)
    table[[12, 25]] = table[4]
    items, distances = nearest(table[[25, 7]], table, metric, 3, progress=False)
    assert items[:, 0].tolist() == [4, 7] and items[0].tolist() == [4, 12, 25]
    assert distances[0].tolist() == [0, 0, 0] and distances[1, 0] == 0


def test_black_is_two_from_white(metric):
    black, white = np.zeros([1, 8, 8, 3], np.uint8), np.full([1, 8, 8, 3], 255, np.uint8)
    assert nearest(black, white, metric, progress=False)[1] == 2


def test_the_metrics_differ_where_they_should():
    image, flat, spot = (np.zeros([1, 10, 10, 3], np.uint8) for _ in range(3))
    flat += 2
    spot[0, 0, 0] = 100  # A hundredth of the values: mean 1, root mean square 10.
    table = np.concatenate([flat, spot])
    items, distances = nearest(image, table, "l1", 2, progress=False)
    assert items.tolist() == [[1, 0]]
    np.testing.assert_allclose(distances, [[1 / 127.5, 2 / 127.5]], rtol=1e-12)
    items, distances = nearest(image, table, "l2", 2, progress=False)
    assert items.tolist() == [[0, 1]]
    np.testing.assert_allclose(distances, [[2 / 127.5, 10 / 127.5]], rtol=1e-12)


def test_sums_are_exact_where_float32_is_not(metric):
    """The extremes at 128 x 128 pixels, where photos differ by one level in one value."""
    images = np.zeros([2, 128, 128, 3], np.uint8)
    images[1] = 255
    table = np.repeat(255 - images, 2, axis=0)
    table[0, 5, 5, 1] -= 1
    table[3, 5, 5, 1] += 1
    items, distances = nearest(images, table, metric, 4, progress=False)
    assert items[:, 2:].tolist() == [[0, 1], [3, 2]]
    sums = 255 * 49152 - np.array([1, 0]) if metric == "l1" else 255**2 * 49152 - np.array([255**2 - 254**2, 0])
    expected = sums / 49152 if metric == "l1" else np.sqrt(sums / 49152)
    np.testing.assert_allclose(distances[:, 2:], np.tile(expected / 127.5, (2, 1)), rtol=1e-14)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"images": noise(2).astype(np.float32)}, "images must be uint8"),
        ({"table": noise(4)[0]}, "table must be uint8"),
        ({"table": noise(4, size=10)}, "of one size expected"),
        ({"metric": "cosine"}, "metric: one of l1, l2"),
        ({"k": 0}, "k must be at least 1"),
        ({"groups": (np.zeros(2), np.zeros(3))}, "one group for each of 2 images and of 4 photos"),
    ],
)
def test_what_cannot_be_compared_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        nearest(**{"images": noise(2), "table": noise(4), **options})
