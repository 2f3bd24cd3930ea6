import numpy as np
import pytest

from tf_dvbpr.approximate.codes import Codes
from tf_dvbpr.approximate.partition import divide

pytest.importorskip("faiss")


@pytest.fixture(scope="module", params=[7, 300])
def made(request):
    draw = np.random.default_rng(0)
    factors = draw.normal(size=[1500, request.param]).astype(np.float32)
    partition = divide(factors, np.zeros(1500, int), 1, 0, "ivfpq")
    return factors, partition, Codes.make(partition, factors, 0)


def test_codes_find_the_best_of_the_lists_read_and_nothing_else(made):
    factors, partition, codes = made
    rows, lists = factors[:20] * 2, partition.order(factors[:20] * 2)[:, :9]
    found = codes.near(rows, lists, 300)
    for row, read, items in zip(rows, lists, found, strict=True):
        inside = np.flatnonzero(np.isin(partition.list_of_item(), read))
        best = inside[np.argsort(-(factors[inside] @ row))[:10]]
        items = items[items >= 0]
        assert set(items) <= set(inside) and len(set(items)) == len(items)
        assert np.isin(best, items).all()


def test_fewer_lists_than_the_limit_and_more_places_than_items(made):
    _factors, partition, codes = made
    found = codes.near(made[0][:1], np.array([[2, -1, 5]]), 1500)[0]
    inside = np.flatnonzero(np.isin(partition.list_of_item(), [2, 5]))
    assert sorted(found[found >= 0].tolist()) == inside.tolist()


def test_the_file_brings_the_codes_back_and_the_seed_decides_its_bytes(made, tmp_path):
    factors, partition, codes = made
    codes.save(tmp_path / "one")
    Codes.make(partition, factors, 0).save(tmp_path / "two")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    read, lists = Codes.load(tmp_path / "one", 12), partition.order(factors[:5])[:, :12]
    codes.limit(12)  # In the order of items with equal codes, the limit shows.
    np.testing.assert_array_equal(read.near(factors[:5], lists, 50), codes.near(factors[:5], lists, 50))
