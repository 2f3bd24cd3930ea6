import csv
import json

import numpy as np
import pytest
from PIL import Image

from tests.support.tool import call, fails, names
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.workdir import Workdir
from tools import explain as tool

pytestmark = pytest.mark.stack


@pytest.fixture
def run(capsys, small_recommender):
    return lambda *arguments: call(capsys, tool.cli, f"--workdir={small_recommender}", "--steps=32", *arguments)


@pytest.fixture(scope="module")
def attributes(make_folder):
    """Colour is what the planted users buy by; size means nothing."""
    path = make_folder("attributes") / "attributes.csv"
    rows = [f"i{item},{['red', 'green', 'blue'][item % 3]},{'s' if item % 4 < 2 else 'l'}" for item in range(90)]
    path.write_text("\n".join(["item_id,colour,size", *rows]) + "\n")
    return path


def read(folder):
    return json.loads((folder / "explain.json").read_text())


def test_named_users(run, tmp_path, planted, small_recommender, attributes):
    output = tmp_path / "why"
    status, out, _ = run("--user=u0,u1", "--item=i4", f"--attributes={attributes}", f"--output={output}")
    assert status == 0 and "i4 (shoes, colour green, size s)" in out
    found, factors = read(output), Workdir.open(small_recommender).factors()
    users, items = factors.user_factors, factors.item_factors
    assert [one["name"] for one in found["explanations"]] == ["u0", "u1"] and found["segments"] == []
    embedder = open_embedder(Workdir.open(small_recommender))
    pixels = np.asarray(Image.open(output / "photo.png"))
    style, white = embedder(np.stack([pixels, np.full_like(pixels, 255)])).numpy()
    maps = np.load(output / "attributions.npz")
    for row, one in enumerate(found["explanations"]):
        taste, scores = users[row], items @ users[row]
        np.testing.assert_allclose(one["score"], taste @ style, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(one["white_score"], taste @ white, rtol=1e-3, atol=1e-6)
        assert one["percentile"] == pytest.approx(np.mean(scores < scores[4] - 1e-9), abs=1 / 90)
        attributed = maps["integrated_gradients"][row].sum()
        np.testing.assert_allclose(attributed, one["score"] - one["white_score"] + one["gap"], rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(np.sum(one["parts"]), attributed, rtol=1e-3, atol=1e-5)
        bought = {str(planted.item_keys[item]) for item in planted.train_of(row)}
        bought |= {str(planted.item_keys[held[row]]) for held in (planted.validation, planted.test)}
        named = [item["item"] for item in one["bought_alike"] + one["bought_unlike"]]
        assert len(named) == len(set(named)) == len(bought - {"i4"}) and set(named) <= bought
        cosines = [item["cosine"] for item in one["bought_alike"]]
        assert cosines == sorted(cosines, reverse=True)
        for item in one["preferred"]:
            number = planted.item_keys.tolist().index(item["item"])
            assert item["item"] not in bought and scores[number] > one["score"]
            np.testing.assert_allclose(item["score"], scores[number], rtol=1e-4, atol=1e-6)
            assert item["category"] == "shoes"
    files = {"explain.json", "explain.png", "compared.csv", "attributes.csv", "attributions.npz", "photo.png"}
    methods = ("integrated_gradients", "grad_cam", "occlusion")
    assert set(names(output)) == files | {f"{number}-{method}.png" for number in (1, 2) for method in methods}
    with (output / "attributes.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert {(line["attribute"], line["other"]) for line in lines} == {
        ("colour", "red"),
        ("colour", "blue"),
        ("size", "l"),
    }


def test_everybody_and_a_photo(run, tmp_path, planted, small_recommender):
    photo, output = tmp_path / "new.jpg", tmp_path / "why"
    photo.write_bytes(planted.encoded_photos([5])[0])
    status, out, _ = run(f"--photo={photo}", "--clusters=3", "--noocclusion", f"--output={output}")
    assert status == 0 and "everybody" in out
    found, factors = read(output), Workdir.open(small_recommender).factors()
    users, items = factors.user_factors.astype(np.float64), factors.item_factors.astype(np.float64)
    (one,) = found["explanations"]
    scores = users @ items.T
    standardised = (scores - scores.mean(1, keepdims=True)) / scores.std(1, keepdims=True)
    np.testing.assert_allclose(one["score"], standardised[:, 5].mean(), rtol=0.02, atol=0.02)
    assert one["users"] == 60 and one["bought_alike"] == [] and "occlusion" not in one["heat_maps"]
    shares = np.array(one["raised_for"], np.float64)  # No part of a planted photo is white.
    assert shares.shape == (8, 8) and (shares >= 0).all() and (shares <= 1).all() and 0 < shares.mean() < 1
    segments = found["segments"]
    assert sum(segment["users"] for segment in segments) == 60
    percentiles = [segment["percentile"] for segment in segments]
    assert percentiles == sorted(percentiles)
    mean = sum(segment["users"] * segment["percentile"] for segment in segments) / 60
    assert mean == pytest.approx(one["percentile"])


@pytest.mark.slow
def test_groups_of_a_file(run, tmp_path):
    groups, output = tmp_path / "groups.csv", tmp_path / "why"
    groups.write_text("user,group\nu0,reds\nu3,reds\nu1,greens\nnobody,reds\n")
    status, out, _ = run("--item=i4", f"--groups={groups}", f"--output={output}")
    found = read(output)
    assert status == 0
    assert [(one["name"], one["users"]) for one in found["explanations"]] == [
        ("everybody", 60),
        ("reds", 2),
        ("greens", 1),
    ]
    assert {segment["name"] for segment in found["segments"]} == {"reds", "greens"}
    assert found["unknown_users"] == ["nobody"]
    assert "left out of the groups, 1 user not in the data set: nobody" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "what is to be explained"),
        (["--item=i4", "--photo=x.jpg"], "what is to be explained"),
        (["--item=i4", "--user=u0", "--groups=x.csv"], "--user and --groups contradict"),
        (["--item=i400"], "no such item"),
        (["--item=i4", "--user=somebody"], "no such user"),
        (["--photo=nothing.jpg"], "--photo=nothing.jpg: no such file"),
        (["--item=i4", "--attributes=nothing.csv"], "--attributes=nothing.csv: no such file"),
        (["--item=i4", "--steps=0"], "--steps=0: expected from 1"),
    ],
)
def test_bad_input(run, tmp_path, arguments, message):
    assert message in fails(run, *arguments, f"--output={tmp_path / 'why'}")
    assert not any(tmp_path.iterdir())


def test_a_photo_that_is_none_and_a_folder_of_others(run, tmp_path):
    photo, taken = tmp_path / "notes.jpg", tmp_path / "taken"
    photo.write_text("no photo")
    assert "notes.jpg: no image" in fails(run, f"--photo={photo}", f"--output={tmp_path / 'why'}")
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    assert "holds other things" in fails(run, "--item=i4", f"--output={taken}")
    assert (taken / "mine.txt").read_text() == "mine" and not (tmp_path / "why").exists()
