"""The search in lists inside an export, and `tools.serve`'s by codes, against all scores."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.support import indexed
from tf_dvbpr.approximate.partition import Partition
from tf_dvbpr.approximate.search_index import SearchIndex
from tf_dvbpr.server.model import Model
from tf_dvbpr.serving.lists import ListSearch
from tfrecords.errors import InputError
from tfrecords.files.written_list import LIST

pytest.importorskip("faiss")
pytestmark = pytest.mark.stack

ALONE = """
import json, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("faiss", "tfrecords", "tf_dvbpr", "gan", "tools"):
            raise ImportError(name + " must not be needed")

sys.meta_path.insert(0, Refuse())
import tensorflow as tf

served = tf.saved_model.load(sys.argv[1]).signatures
out = served["recommend"](user_keys=tf.constant(["u0", "u7"]), k=tf.constant(5), category=tf.constant("tops"))
print(json.dumps([[key.decode() for key in row] for row in out["item_keys"].numpy()]))
"""


@pytest.mark.parametrize("way", ["candidates", "lists"])
def test_ranks_what_was_found_as_sorting_does(way):
    """Whole-number factors: exact scores with many ties. Users 1 and 3 own nothing; user 2 owns nearly everything."""
    draw, items = np.random.default_rng(0), 50
    item_rows, user_rows = (draw.integers(-2, 3, (rows, 3)).astype(np.float32) for rows in (items, 4))
    owned = [np.array([3, 1]), np.array([], int), np.arange(46), np.array([], int)]
    categories = draw.integers(-1, 2, items)
    two = np.arange(0, items, 2), np.arange(1, items, 2)  # two lists, of which all users read the first
    partition = Partition(
        np.array([[0, 0, 0], [0, 0, 0]], np.float32),
        np.array([1, 0], np.float32),
        np.array([0, 25, 50]),
        np.concatenate(two).astype(np.int32),
        np.ones([2, 3], bool),
    )
    index = SearchIndex(partition, None, np.array([1, 1, 1]), np.zeros(3, int), np.ones(3), 1, "")
    known = tf.Variable(np.cumsum([0, *map(len, owned)])), tf.Variable(np.concatenate(owned).astype(np.int32))

    def exact(users, k, category):
        return tf.fill([tf.size(users), k], -7), tf.fill([tf.size(users), k], 0.0)

    rows = tf.Variable(user_rows), tf.Variable(item_rows)
    search = ListSearch(index, *rows, *known, tf.Variable(categories, dtype=tf.int32), exact)
    for users in ([0, 1], [1], [3, 1], [2, 0]):
        for category in (-1, 0, 1):
            for k in (1, 4):
                arguments = tf.constant(users, tf.int32), tf.constant(k), tf.constant(category)
                if way == "lists":
                    read = np.tile(two[0], [len(users), 1])
                    found, scores = search.rank(*arguments)
                else:
                    read = np.sort([draw.permutation(items)[:30] for _ in users], axis=1)
                    read[:, :3] = -1
                    found, scores = search.rank_candidates(tf.constant(read), *arguments)
                for row, user in enumerate(users):
                    left = [
                        item
                        for item in read[row]
                        if item >= 0 and item not in owned[user] and category in (-1, categories[item])
                    ]
                    worth = item_rows @ user_rows[user]
                    best = sorted(left, key=lambda item: (-worth[item], item))[:k]
                    if len(best) == k:
                        assert sorted(worth[found[row]]) == sorted(worth[best]) and set(found[row].numpy()) <= set(left)
                        assert scores[row].numpy().tolist() == worth[best].tolist()
                        assert way == "lists" or found[row].numpy().tolist() == best
                    else:
                        assert found[row].numpy().tolist() == [-7] * k  # all items are scored


@pytest.fixture(scope="module")
def made():
    return indexed.index()


@pytest.fixture(scope="module")
def exported(make_folder, made):
    folder = make_folder("indexed") / "shop" / "1"
    indexed.write_export(folder, made)
    return folder


@pytest.fixture(scope="module")
def ways(exported):
    """`recommend` in TensorFlow alone, by the server with codes, and by the server for a small catalogue."""
    loaded = tf.saved_model.load(str(exported)).signatures["recommend"]

    def alone(arrays):
        return {name: one.numpy() for name, one in loaded(**{key: tf.constant(a) for key, a in arrays.items()}).items()}

    def served(index_from):
        return Model(exported.parent, "shop", lambda line: None, lambda number: None, index_from)

    models = {"codes": served(indexed.ITEMS), "small": served(indexed.ITEMS + 1)}
    return {"lists": alone, **{name: model.current.signature("recommend") for name, model in models.items()}}, models


def ask(way, users, k, category=""):
    arrays = {
        "user_keys": np.array([key.encode() for key in users], object),
        "k": np.array(k, np.int32),
        "category": np.array(category.encode(), object),
    }
    out = way(arrays)
    return [[key.decode() for key in row] for row in out["item_keys"]], out["scores"], out["user_known"]


def exact(user, k, category):
    """Item keys and scores by sorting all scores."""
    made, (indptr, flat) = indexed.factors(), indexed.known()
    scores = made.item_factors @ made.user_factors[user]
    left = np.ones(indexed.ITEMS, bool) if category == "" else indexed.categories() == indexed.NAMES.index(category)
    left[flat[indptr[user] : indptr[user + 1]]] = False
    order = [item for item in np.argsort(-scores, kind="stable") if left[item]][:k]
    return [f"i{item}" for item in order], scores[order]


@pytest.mark.parametrize("way", ["lists", "codes"])
@pytest.mark.parametrize("category", ["", "tops", "shoes"])
def test_finds_nearly_the_exact_ones_and_nothing_forbidden(ways, made, way, category):
    users = [number for number in range(40) if number != 1]
    keys, scores, known = ask(ways[0][way], [f"u{number}" for number in users], 100, category)
    hits = 0
    for user, row, values in zip(users, keys, scores, strict=True):
        best, their = exact(user, indexed.ITEMS, category)
        right = dict(zip(best, their, strict=True))  # without what the user owns and other categories
        assert len(set(row)) == 100 and set(row) <= set(best)
        np.testing.assert_allclose(values, [right[key] for key in row], rtol=1e-5, atol=1e-5)
        assert (np.diff(values) <= 0).all()
        hits += len(set(row) & set(best[:100]))
    assert known.all() and hits / (100 * len(users)) >= 0.96


@pytest.mark.parametrize("way", ["lists", "codes"])
def test_all_places_are_filled_where_items_are_left(ways, way):
    """User 1 owns all but 40 items, the best of all: all items are scored, for this user only."""
    for category in ("", "tops"):
        keys, scores, _ = ask(ways[0][way], ["u1", "u0"], 100, category)
        best, values = exact(1, 100, category)
        assert 0 < len(best) <= 40 and keys[0] == best + [""] * (100 - len(best))
        np.testing.assert_allclose(scores[0][: len(best)], values, rtol=1e-5, atol=1e-5)
        assert np.isnan(scores[0][len(best) :]).all() and "" not in keys[1]


@pytest.mark.parametrize("way", ["lists", "codes", "small"])
def test_what_the_recall_was_not_measured_for_is_exact(ways, way):
    users = ["u5", "nobody", "u0"]
    for k, category in ((101, ""), (9, "hats"), (0, ""), (101, "tops")):
        keys, scores, known = ask(ways[0][way], users, k, category)
        assert known.tolist() == [True, False, True] and keys[1] == [""] * k and np.isnan(scores[1]).all()
        assert [keys[0], keys[2]] == [exact(5, k, category)[0], exact(0, k, category)[0]]
    assert ask(ways[0][way], ["u5"], 4, "bags")[0] == [[""] * 4]
    assert ask(ways[0][way], [], 4)[0] == []


def test_a_small_catalogue_is_scored_whole(ways):
    keys = ask(ways[0]["small"], [f"u{number}" for number in range(30)], 100)[0]
    assert keys == [exact(number, 100, "")[0] + [""] * (60 if number == 1 else 0) for number in range(30)]
    signatures = ways[1]["codes"].current.signatures
    assert signatures["recommend"].joins and signatures["serving_default"].name == "serving_default"
    assert "recommend_exact" in signatures


@pytest.mark.slow
def test_needs_neither_faiss_nor_this_project(exported, ways, tmp_path):
    done = subprocess.run(
        [sys.executable, "-I", "-c", ALONE, str(exported)],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout.splitlines()[-1]) == ask(ways[0]["lists"], ["u0", "u7"], 5, "tops")[0]


@pytest.mark.slow
def test_an_index_of_other_factors_is_refused_at_the_start_and_on_reload(exported, tmp_path):
    folder, said = tmp_path / "shop", []
    shutil.copytree(exported, folder / "2")
    model = Model(folder, "shop", said.append, lambda number: None, 1)
    shutil.copytree(exported, folder / "3")
    indexed.write_export(tmp_path / "other", indexed.index("ivfpq", seed=1), seed=1)
    for name in ("index.json", "index.faiss"):
        shutil.copy(tmp_path / "other" / "assets.extra" / name, folder / "3" / "assets.extra" / name)
    (folder / "3" / LIST).unlink()  # else the list of the files already says that they were changed
    model.look()
    model.look()
    assert model.current.number == 2
    assert "3: not served: it cannot be loaded: assets.extra/index.json: an index of other factors" in said[-1]
    shutil.rmtree(folder / "2")
    with pytest.raises(InputError, match=r"no whole version.*an index of other factors than the SavedModel's"):
        Model(folder, "shop", said.append, lambda number: None, 1)


def test_without_faiss_the_lists_in_the_model_answer(exported, ways, monkeypatch):
    said = []
    monkeypatch.setattr("tf_dvbpr.server.indexed.importlib.util.find_spec", lambda name: None)
    model = Model(exported.parent, "shop", said.append, lambda number: None, 1)
    assert "faiss-cpu (extra ann) is not installed" in said[0]
    answers = [ask(way, ["u0", "u9"], 50)[0] for way in (model.current.signature("recommend"), ways[0]["lists"])]
    assert answers[0] == answers[1]
