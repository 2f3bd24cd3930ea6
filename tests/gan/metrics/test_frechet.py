import numpy as np
import pytest

from gan.metrics import frechet
from gan.metrics.frechet import FeatureStatistics, frechet_distance
from tfrecords.errors import InputError


def draw(count, dim, seed=0):
    generator = np.random.default_rng(seed)
    return generator.normal(size=[count, dim]) @ generator.normal(size=[dim, dim]) + generator.normal(size=dim)


def directly(first, second):
    """By the eigenvalues of C1 C2, which is not symmetric."""
    c1, c2 = np.cov(first.T), np.cov(second.T)
    root = np.sqrt(np.maximum(np.linalg.eigvals(c1 @ c2).real, 0)).sum()
    return ((first.mean(0) - second.mean(0)) ** 2).sum() + np.trace(c1) + np.trace(c2) - 2 * root


def whitened(count, dim, seed):
    """Rows whose covariance is the identity and whose mean is 0, exactly."""
    rows = np.random.default_rng(seed).normal(size=[count, dim])
    rows = np.linalg.qr(rows - rows.mean(axis=0))[0]
    return rows * np.sqrt(count - 1)


@pytest.mark.parametrize("count", [8, 200])  # Fewer rows than features, and more.
def test_equals_a_direct_eigendecomposition(count):
    first, second = draw(300, 20), draw(count, 20, seed=1)
    distance = frechet_distance(FeatureStatistics.of(first), second)
    assert distance == pytest.approx(directly(first, second), rel=1e-6)


def test_diagonal_covariances_and_means_by_hand():
    deviations, others = np.array([1.0, 2, 3, 0]), np.array([2.0, 2, 0, 0.5])
    first = whitened(50, 4, 0) * deviations + [1, 0, 0, 0]
    second = whitened(60, 4, 1) * others + [0, 0, -2, 0]
    distance = frechet_distance(FeatureStatistics.of(first), second)
    assert distance == pytest.approx(1 + 4 + 1 + 0 + 9 + 0.25, rel=1e-6)


@pytest.mark.parametrize("count", [12, 100])
def test_equal_sets_are_at_zero_and_a_shift_at_its_square(count):
    features = draw(count, 30)
    statistics = FeatureStatistics.of(features)
    scale = np.square(statistics.root).sum()
    assert 0 <= frechet_distance(statistics, features[::-1]) < 1e-6 * scale
    shifted = features + np.linspace(0, 3, 30)
    expected = np.square(np.linspace(0, 3, 30)).sum()
    assert frechet_distance(statistics, shifted) == pytest.approx(expected, abs=1e-6 * scale)


def test_the_distance_is_symmetric_and_takes_float32():
    first, second = draw(40, 10).astype(np.float32), draw(70, 10, seed=2).astype(np.float32)
    forth = frechet_distance(FeatureStatistics.of(first), second)
    assert forth == pytest.approx(frechet_distance(FeatureStatistics.of(second), first), rel=1e-6)
    assert forth == pytest.approx(directly(first.astype(float), second.astype(float)), rel=1e-6)


def test_statistics_over_several_blocks(monkeypatch):
    features = draw(50, 6)
    monkeypatch.setattr(frechet, "_BLOCK", 7)
    statistics = FeatureStatistics.of(features)
    assert statistics.count == 50
    np.testing.assert_allclose(statistics.mean, features.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(statistics.root, statistics.root.T, atol=1e-12)
    np.testing.assert_allclose(statistics.root @ statistics.root, np.cov(features.T), rtol=1e-9, atol=1e-9)


def test_saved_and_loaded_they_are_the_same(tmp_path):
    statistics = FeatureStatistics.of(draw(20, 5))
    statistics.save(tmp_path / "photos.npz")
    assert [file.name for file in tmp_path.iterdir()] == ["photos.npz"]
    loaded = FeatureStatistics.load(tmp_path / "photos.npz")
    np.testing.assert_array_equal(loaded.mean, statistics.mean)
    np.testing.assert_array_equal(loaded.root, statistics.root)
    assert loaded.count == 20


def test_damaged_statistics_are_refused_in_a_line(tmp_path):
    file = tmp_path / "photos.npz"
    with pytest.raises(InputError, match="no feature statistics here"):
        FeatureStatistics.load(file)
    FeatureStatistics.of(draw(20, 5)).save(file)
    whole = file.read_bytes()
    mean, root = np.zeros(3), np.eye(3)
    for arrays in (
        {"mean": mean, "root": root},
        {"mean": mean, "root": root[:2], "count": 4},
        {"mean": mean, "root": root, "count": 1},
        {"mean": mean, "root": root * np.nan, "count": 4},
        {"mean": mean.astype(np.float32), "root": root, "count": 4},
        {"mean": np.array([{}] * 3), "root": root, "count": 4},
    ):
        np.savez(file, **arrays)
        with pytest.raises(InputError, match="not whole feature statistics") as caught:
            FeatureStatistics.load(file)
        assert "\n" not in str(caught.value)
    for content in (whole[: len(whole) // 2], b"", whole[:200] + b"\0" * 50 + whole[250:]):
        file.write_bytes(content)
        with pytest.raises(InputError, match="not whole feature statistics"):
            FeatureStatistics.load(file)


def test_features_that_cannot_be():
    statistics = FeatureStatistics.of(draw(20, 5))
    for features, message in (
        (draw(1, 5), "N at least 2"),
        (draw(5, 5)[0], "N at least 2"),
        (draw(5, 4), r"features \[N, 5\] expected"),
        (np.full([4, 5], np.inf), "finite"),
        (np.full([4, 5], np.nan), "finite"),
    ):
        with pytest.raises(ValueError, match=message):
            frechet_distance(statistics, features)
    with pytest.raises(ValueError, match="finite"):
        FeatureStatistics.of(np.full([4, 5], np.nan))
