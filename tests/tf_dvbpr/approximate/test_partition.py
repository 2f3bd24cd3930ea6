import numpy as np
import pytest

from tf_dvbpr.approximate.partition import divide, list_count

pytest.importorskip("faiss")


def drawn(items=500, dim=5):
    draw = np.random.default_rng(1)
    return draw.normal(size=[items, dim]).astype(np.float32), draw.integers(-1, 3, items)


@pytest.mark.parametrize(("items", "lists"), [(1, 1), (2, 4), (100, 16), (300_000, 1024), (10**6, 2048), (10**7, 8192)])
def test_the_number_of_lists(items, lists):
    assert list_count(items) == lists


def test_each_item_is_in_the_list_of_the_nearest_centroid():
    factors, categories = drawn()
    made = divide(factors, categories, 3, 0, "ivf")
    nearest = np.square(factors[:, None] - made.centroids).sum(2).argmin(1)
    np.testing.assert_array_equal(made.list_of_item(), nearest)
    assert sorted(made.items.tolist()) == list(range(500))
    for number in range(len(made.spreads)):
        part = made.items[made.offsets[number] : made.offsets[number + 1]]
        assert part.tolist() == np.flatnonzero(nearest == number).tolist()
        if len(part):
            spread = np.sqrt(np.mean(np.square(factors[part] - made.centroids[number])))
            np.testing.assert_allclose(made.spreads[number], spread, rtol=1e-3)
        assert made.holds[number].tolist() == [len(part) > 0, *((categories[part] == one).any() for one in range(3))]


def test_the_order_of_reading_follows_the_formula_and_puts_lists_without_the_category_last():
    factors, categories = drawn()
    categories[:] = np.where(factors[:, 0] > 1, 2, 0)
    made, rows = divide(factors, categories, 3, 0, "ivf"), factors[:4] * 3
    for row, order in zip(rows, made.order(rows, 3), strict=True):
        worth = [
            float(row @ centre) + 2 * float(np.linalg.norm(row)) * float(spread)
            for centre, spread in zip(made.centroids, made.spreads, strict=True)
        ]
        held = [number for number in order if made.holds[number, 3]]
        assert 0 < len(held) < len(order) and order[: len(held)].tolist() == held
        assert [worth[number] for number in held] == pytest.approx(sorted((worth[n] for n in held), reverse=True))


def test_the_seed_decides_and_the_fingerprint_tells_apart():
    factors, categories = drawn()
    made = [divide(factors, categories, 3, seed, "ivf") for seed in (3, 3, 4)]
    marks = [one.fingerprint(factors) for one in made]
    assert marks[0] == marks[1] != marks[2]
    assert made[0].fingerprint(factors + 1e-6) != marks[0]
