"""Features of several networks together."""

import numpy as np
import pytest

from tests.support.tool import call, fails
from tfrecords.errors import InputError
from tfrecords.features.joined import join, names_of
from tfrecords.features.store import load_features, save_features
from tools import compare, train_baseline

DRAW = np.random.default_rng(0)
LONG = (DRAW.normal(3.0, 20.0, [12, 7])).astype(np.float32)
SHORT = (DRAW.normal(-1.0, 0.01, [12, 2])).astype(np.float32)


@pytest.fixture
def two(dataset):
    save_features(dataset, "long", [LONG], 7, {})
    save_features(dataset, "short", [SHORT], 2, {})
    return dataset


def test_each_block_has_the_same_spread(two):
    name, joined = load_features(two, "long,short")
    assert name == "long,short" and joined.shape == (12, 9) and joined.dtype == np.float32
    for columns, block in ((joined[:, :7], LONG), (joined[:, 7:], SHORT)):
        distances = ((columns - columns.mean(0, dtype=np.float64)) ** 2).sum(1)
        np.testing.assert_allclose(distances.mean(), 1.0, rtol=1e-4)
        ratio = columns / block
        np.testing.assert_allclose(ratio, ratio.flat[0], rtol=1e-5)
    turned = load_features(two, "short, long")[1]
    np.testing.assert_array_equal(turned, np.concatenate([joined[:, 7:], joined[:, :7]], 1))


def test_names_that_cannot_be(two):
    for names in ("long,", ",", "long,long", ",short"):
        with pytest.raises(InputError, match=rf"features={names}: names of features, each once"):
            load_features(two, names)
    with pytest.raises(InputError, match="no features called other; there are long, short"):
        load_features(two, "long,other")
    with pytest.raises(InputError, match="features: long, short; or several, with a comma between"):
        load_features(two)
    assert names_of("a, b") == ["a", "b"]


def test_other_numbers_of_items_are_named(two):
    with pytest.raises(InputError, match=r"features=a,b: features of the same items expected, and a has 12 items, b"):
        join(two, {"a": LONG, "b": SHORT[:5]})


def test_the_tools_take_them(two, tmp_path, capsys):
    given = [f"--dataset={two.path}", "--features=long,short"]
    status, _, err = call(capsys, train_baseline.cli, *given, f"--workdir={tmp_path / 'run'}", "--model=visrank")
    assert status == 0, err

    def refused(*flags):
        return fails(lambda *all_flags: call(capsys, train_baseline.cli, *all_flags), *flags)

    line = refused(given[0], "--features=long,no", f"--workdir={tmp_path / 'other'}", "--model=visrank")
    assert "no features called no; there are long, short" in line and not (tmp_path / "other").exists()

    flags = [given[0], f"--output={tmp_path / 'table'}", "--models=visrank:long,visrank:long+short"]
    status, out, err = call(capsys, compare.cli, *flags)
    assert status == 0, err
    assert "VisRank (long,short)" in out and "VisRank (long)" in out
