"""The public functions and Recommender give what the tools and the library give."""

import dataclasses
import io
import json

import numpy as np
import pytest
from PIL import Image

import tf_dvbpr
from tests.support.tool import run
from tf_dvbpr.ranking.factors import Factors
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tools import explain as explain_tool
from tools import recommend as recommend_tool

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def recommender(example_folder):
    return tf_dvbpr.Recommender.open(str(example_folder / "out/run"))


@pytest.fixture(scope="module")
def baseline(planted_folder, make_folder):
    workdir = make_folder("baseline") / "poprank"
    return tf_dvbpr.train(planted_folder, workdir, model="poprank", progress=False)


def test_recommend_equals_the_tools_table(recommender, capsys):
    found = recommender.recommend(["u0", "u7"], k=4, category="tops")
    flags = [f"--workdir={recommender.path}", "--user=u0,u7", "--k=4", "--category=tops"]
    _, shown, _ = run(capsys, recommend_tool.cli, *flags)
    cells = [line.split() for line in shown.splitlines()]
    expected = [[str(one.rank), one.item, one.category, f"{one.score:.4f}"] for one in found["u0"] + found["u7"]]
    assert [row for row in cells if row and row[0].isdigit()] == expected
    alone = recommender.recommend("u7", 4, "tops")
    assert [one.item for one in alone] == [one.item for one in found["u7"]]
    assert recommender.recommend([]) == {}


def test_recommend_is_a_hand_made_ranking(recommender):
    factors = Factors.load(recommender.path / "factors.npz")
    row = factors.user_keys.tolist().index("u3")
    scores = factors.item_factors @ factors.user_factors[row]
    indptr, items = recommender.dataset.own_items()
    scores[items[indptr[row] : indptr[row + 1]]] = -np.inf
    best = recommender.recommend("u3", k=5)
    assert [one.item for one in best] == [factors.item_keys[item] for item in np.argsort(-scores, kind="stable")[:5]]
    assert [one.rank for one in best] == [1, 2, 3, 4, 5]
    assert best[0].score == pytest.approx(scores.max(), rel=1e-6)


def test_explain_is_what_the_tool_writes(recommender, tmp_path, capsys):
    flags = [f"--workdir={recommender.path}", "--user=u3", "--item=i7", "--steps=32", "--noocclusion"]
    run(capsys, explain_tool.cli, *flags, f"--output={tmp_path / 'why'}")
    (expected,) = json.loads((tmp_path / "why/explain.json").read_text())["explanations"]
    found = recommender.explain("u3", "i7", steps=32)
    assert {**dataclasses.asdict(found.figures), "heat_maps": expected["heat_maps"]} == expected
    np.testing.assert_array_equal(found.pixels, np.asarray(Image.open(tmp_path / "why/photo.png")))
    assert repr(found).startswith("GarmentExplanation('u3', score ")


def test_a_photo_in_memory_is_explained_like_its_file(recommender, example_folder):
    file = example_folder / "photo.jpg"
    by_path, by_bytes = (recommender.explain("u0", one, steps=32) for one in (file, file.read_bytes()))
    np.testing.assert_array_equal(by_path.attributions, by_bytes.attributions)
    pixels = np.asarray(Image.open(file))
    np.testing.assert_allclose(recommender.explain("u0", pixels, steps=32).figures.score, by_path.figures.score)
    with pytest.raises(tf_dvbpr.InputError, match=r"item=nothing\.jpg: no such item"):
        recommender.explain("u0", "nothing.jpg")


def test_a_baseline_explains_nothing(baseline):
    with pytest.raises(tf_dvbpr.InputError, match="does not look at photos"):
        baseline.explain("u0", "i7")


def test_score_is_the_product_of_the_factors(recommender):
    factors = Factors.load(recommender.path / "factors.npz")
    scores = recommender.score("u5", ["i3", "i80"])
    user, items = factors.user_keys == "u5", [factors.item_keys.tolist().index(key) for key in ("i3", "i80")]
    expected = factors.item_factors[items] @ factors.user_factors[user][0]
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-7)
    assert scores.dtype == np.float32
    assert recommender.score("u5", "i3") == pytest.approx(scores[0])


def test_embed_gives_the_vectors_of_evaluation_for_paths_bytes_and_pixels(recommender, example_folder):
    numbers = [0, 41, 89]
    expected = recommender.item_factors[numbers]
    encoded = recommender.dataset.encoded_photos(numbers)
    pixels = np.stack([np.asarray(Image.open(io.BytesIO(one))) for one in encoded])
    paths = [example_folder / f"my_shop/images/{number}.jpg" for number in numbers]
    close = {"rtol": 1e-4, "atol": 1e-5 * np.abs(expected).max()}
    for photos in (paths, list(map(str, paths)), encoded, pixels, list(pixels), [paths[0], encoded[1], pixels[2]]):
        found = recommender.embed(photos)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, **close)
    np.testing.assert_allclose(recommender.embed(pixels[1]), expected[1:2], **close)
    np.testing.assert_allclose(recommender.score("u5", encoded), recommender.score("u5", ["i0", "i41", "i89"]), **close)
    assert recommender.embed([]).shape == (0, 8)


@pytest.mark.parametrize(
    ("photo", "said"),
    [
        (b"no photo", "photo 0: no image of a known format"),
        ("nowhere.jpg", "nowhere.jpg: No such file"),
        (np.zeros([4, 4], np.uint8), r"photo 0: uint8 \[4, 4\]; pixels uint8 \[H, W, 3\] expected"),
        (np.zeros([8, 8, 3], np.float32), r"photo 0: float32 \[8, 8, 3\]"),
    ],
)
def test_a_photo_that_cannot_be_read_is_named(recommender, photo, said):
    with pytest.raises(tf_dvbpr.InputError, match=said):
        recommender.embed([photo])


def test_a_baseline_recommends_and_scores_and_does_not_look_at_photos(baseline, planted):
    counts = planted.item_counts
    assert repr(baseline).startswith("Recommender(PopRank, 60 users, 90 items, K=")
    assert len(baseline) == 90 and baseline.users == planted.user_keys.tolist()
    assert baseline.categories == ("shoes", "tops")
    assert baseline.score("u1", "i4") == counts[baseline.items.index("i4")]
    with pytest.raises(ValueError, match="PopRank does not look at photos"):
        baseline.embed([b""])


def test_evaluate_is_what_auc_json_holds(recommender):
    result = recommender.evaluate(progress=False)
    written = json.loads((recommender.path / "auc.json").read_text())
    assert result.figures == written
    assert result.test == written["rows"][2]["test"]["all"]
    assert result.auc("PopRank", "validation", "cold") == written["rows"][1]["validation"]["cold"]
    assert f"{result.validation:.4f}" in repr(result)


def test_build_dataset_is_the_librarys(example_folder, tmp_path):
    options = {"min_actions": 3, "seed": 5, "fit": "pad"}
    built = tf_dvbpr.build_dataset("csv", str(tmp_path / "a"), example_folder / "my_shop", progress=False, **options)
    config = BuildConfig(source="csv", output=tmp_path / "b", input=example_folder / "my_shop", **options)
    assert built.fingerprint == build_dataset(config, progress=False).fingerprint


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lerning_rate": 0.1}, "lerning_rate: no such setting; did you mean learning_rate?"),
        ({"dim": 2.5}, "dim=2.5: a whole number expected"),
        ({"epochs": "3"}, "epochs='3': a number expected"),
        ({"model": "dvbpr2"}, "model=dvbpr2: expected one of rand"),
        ({"model": "rand", "preset": "paper"}, "preset=paper has no effect with model=rand"),
        ({"preset": "slow"}, "preset=slow: expected one of paper, release, fast"),
        ({"dropout": np.float32(1)}, "dropout=1.0: expected from 0 up to but not including 1"),
    ],
)
def test_bad_settings_are_named(planted_folder, tmp_path, given, said):
    with pytest.raises(tf_dvbpr.InputError) as caught:
        tf_dvbpr.train(planted_folder, tmp_path / "run", progress=False, **given)
    assert said in str(caught.value) and "--" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda one: one.recommend("u0", k=0), "k=0: from 1 to 90"),
        (lambda one: one.recommend("nobody"), "user=nobody: no such user in data set"),
        (lambda one: one.recommend("u0", category="hats"), "category=hats: no such category"),
        (lambda one: one.score("u0", "i1000"), "item=i1000: no such item"),
    ],
)
def test_messages_speak_of_parameters(recommender, call, said):
    with pytest.raises(tf_dvbpr.InputError) as caught:
        call(recommender)
    assert str(caught.value).startswith(said)
