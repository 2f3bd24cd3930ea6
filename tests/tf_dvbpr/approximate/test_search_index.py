import builtins
import json

import numpy as np
import pytest

from tests.support import indexed
from tf_dvbpr.approximate.config import IndexConfig
from tf_dvbpr.approximate.files import CODES_FILE, FIGURES, read_codes, read_figures, write_index
from tf_dvbpr.approximate.library import faiss_library
from tfrecords.errors import InputError


@pytest.fixture(scope="module")
def made():
    pytest.importorskip("faiss")
    return {kind: indexed.index(kind) for kind in ("ivf", "ivfpq")}


def independent_recall(index, column, probes):
    """The share of the exact best 100 in the lists read, for the users that the index was measured with."""
    factors, (indptr, flat), categories = indexed.factors(), indexed.known(), indexed.categories()
    users = np.random.default_rng(0).permutation(indexed.USERS)[:256]
    hits = total = 0
    for user in users:
        scores = factors.item_factors @ factors.user_factors[user]
        left = np.ones(indexed.ITEMS, bool)
        left[flat[indptr[user] : indptr[user + 1]]] = False
        left &= column == 0 or categories == column - 1
        best = [item for item in np.argsort(-scores) if left[item]][:100]
        read = index.partition.order(factors.user_factors[[user]], column)[0, :probes]
        hits += np.isin(index.partition.list_of_item()[best], read).sum()
        total += len(best)
    return hits / total


def test_the_lists_read_are_the_fewest_that_find_enough(made):
    index = made["ivf"]
    for column in (0, 1, 2):
        probes = int(index.probes[column])
        assert index.recall[column] == pytest.approx(independent_recall(index, column, probes))
        assert independent_recall(index, column, probes) >= 0.98 > independent_recall(index, column, probes - 1)
    assert index.codes is None and not index.candidates.any()


def test_codes_hold_the_recall_too(made):
    index = made["ivfpq"]
    assert (index.recall[:3] >= 0.98).all() and index.candidates[0] >= 200
    assert index.probes[0] >= made["ivf"].probes[0]


def test_the_same_seed_gives_the_same_index(made, tmp_path):
    for name, one in (("one", made["ivfpq"]), ("two", indexed.index("ivfpq"))):
        (tmp_path / name).mkdir()
        write_index(tmp_path / name, one, indexed.NAMES)
    for file in (FIGURES, CODES_FILE):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("kind", ["ivf", "ivfpq"])
def test_too_few_probes_are_refused_with_the_number_that_does(made, kind):
    with pytest.raises(
        InputError, match=r"under least_recall=0.98, with probes=2 of 128 lists; (\d+) are enough"
    ) as no:
        indexed.index(kind, probes=2)
    enough = int(str(no.value).split("; ")[1].split()[0])
    assert indexed.index(kind, probes=enough).recall[0] >= 0.98


def test_fewer_are_allowed_where_less_recall_is_asked(made):
    index = indexed.index("ivf", probes=2, least_recall=0.001)
    assert index.probes[:3].tolist() == [2, 2, 2] and index.recall[0] == pytest.approx(independent_recall(index, 0, 2))


def test_files_of_other_factors_and_damaged_ones_are_refused(made, tmp_path):
    figures = write_index(tmp_path, made["ivfpq"], indexed.NAMES)
    assert figures == json.loads((tmp_path / FIGURES).read_text())
    found = read_figures(tmp_path, made["ivfpq"].fingerprint)
    assert found.items == indexed.ITEMS and found.counts[""] == made["ivfpq"].candidates[0]
    rows = indexed.factors().user_factors[:2]
    lists = made["ivfpq"].partition.order(rows)[:, :5]
    np.testing.assert_array_equal(
        read_codes(tmp_path, found).near(rows, lists, 9), made["ivfpq"].codes.near(rows, lists, 9)
    )
    with pytest.raises(InputError, match="an index of other factors than the SavedModel's; export it anew"):
        read_figures(tmp_path, "0" * 64)
    indexed.index(seed=1).codes.save(tmp_path / CODES_FILE)
    with pytest.raises(InputError, match=r"index\.faiss: not the index that .*index\.json describes"):
        read_codes(tmp_path, found)
    for text in ("{", "[]", '{"factors": 1}', ""):
        (tmp_path / FIGURES).write_text(text)
        with pytest.raises(InputError, match="not the figures of an index"):
            read_figures(tmp_path, "0" * 64)


def test_settings_without_an_index_and_faiss_missing(monkeypatch):
    for name, value in (("probes", 3), ("least_recall", 0.5), ("index_seed", 1)):
        with pytest.raises(InputError, match=f"{name} has no effect without index"):
            IndexConfig(**{name: value}).check_index()
    real = builtins.__import__

    def refuse(name, *rest):
        if name == "faiss":
            raise ImportError("No module named 'faiss'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(InputError, match=r"index=ivf needs faiss-cpu .*pip install 'tf_dvbpr\[ann\]'"):
        faiss_library("ivf")
