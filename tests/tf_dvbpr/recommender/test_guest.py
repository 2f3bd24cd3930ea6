import numpy as np
import pytest

from tf_dvbpr.recommender.guest import guest_taste


@pytest.fixture
def world():
    draw = np.random.default_rng(0)
    return draw.normal(size=[4, 5]), draw.normal(size=[60, 5]), draw.normal(0.3, 0.8, size=[30, 5])


def objective(taste, liked, styles, tastes, ridge):
    """The docstring's formula, term by term, over the whole catalogue."""
    total = 0.0
    for photo in liked:
        total += np.mean([-np.log(1 + np.exp(-taste @ (photo - item))) for item in styles])
    return total - ridge / (2 * tastes.var(0).mean()) * np.sum((taste - tastes.mean(0)) ** 2)


@pytest.mark.parametrize("ridge", [0.2, 1.0, 5.0])
def test_no_taste_nearby_is_better(world, ridge):
    found = guest_taste(*world, ridge=ridge).astype(np.float64)
    best = objective(found, *world, ridge)
    for component in range(5):
        for far in (-1e-3, 1e-3):
            other = found.copy()
            other[component] += far
            assert objective(other, *world, ridge) < best + 1e-9
    # It is no corner of the search: the slope there is zero.
    slopes = [objective(found + one, *world, ridge) - objective(found - one, *world, ridge) for one in np.eye(5) * 1e-4]
    assert np.abs(slopes).max() / 2e-4 < 1e-3


def test_without_photos_it_is_the_mean_user(world):
    _, styles, tastes = world
    np.testing.assert_allclose(guest_taste(np.zeros([0, 5]), styles, tastes), tastes.mean(0), rtol=1e-6)


def test_a_strong_ridge_holds_it_at_the_mean_user(world):
    tastes = world[2]
    far = [np.linalg.norm(guest_taste(*world, ridge=ridge) - tastes.mean(0)) for ridge in (0.1, 1, 10, 1e6)]
    assert far == sorted(far, reverse=True) and far[-1] < 1e-3 < far[0]


def test_who_likes_a_kind_of_garment_ranks_that_kind_first():
    draw = np.random.default_rng(1)
    kinds = np.repeat(np.eye(3), 40, 0) + draw.normal(0, 0.1, [120, 3])
    tastes = draw.normal(0, 2, [50, 3])
    for kind in range(3):
        taste = guest_taste(np.eye(3)[[kind, kind]], kinds, tastes)
        assert set(np.argsort(-kinds @ taste)[:40] // 40) == {kind}


def test_the_scale_of_the_factors_does_not_matter(world):
    liked, styles, tastes = world
    scaled = guest_taste(liked * 1000, styles * 1000, tastes / 1000)
    np.testing.assert_allclose(scaled * 1000, guest_taste(*world), rtol=1e-4)


def test_the_seed_decides_the_draw_of_a_large_catalogue(world):
    first, again, other = (guest_taste(*world, negatives=8, seed=seed) for seed in (3, 3, 4))
    assert (first == again).all() and (first != other).any()


def test_bad_calls_are_refused(world):
    liked, styles, tastes = world
    with pytest.raises(ValueError, match="expected, got"):
        guest_taste(liked[:, :4], styles, tastes)
    with pytest.raises(ValueError, match="finite"):
        guest_taste(liked * np.nan, styles, tastes)
    with pytest.raises(ValueError, match="ridge above 0"):
        guest_taste(*world, ridge=0)
