"""tools.design from two tiny trainings to its folder: figures recomputed, resumed after a kill."""

import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gan.design import designs as module
from gan.design.designs import design_garments
from gan.sampling.config import SampleConfig
from gan.sampling.samples import draw_samples
from tests.support.small_design import STARTS, STEPS, K, config, flags
from tests.support.tool import call, names
from tf_dvbpr.pictures import grid as pictures
from tfrecords.errors import InputError
from tfrecords.photos.decode import denormalise
from tools import design as tool


@pytest.fixture(scope="module")
def designed(small_recommender, lively_gan, make_folder):
    """(folder, what design_garments returned): two users, together as 3 to 1, both categories."""
    output = make_folder("design") / "out"
    result = design_garments(config(small_recommender, lively_gan, output), progress=False)
    assert names(output.parent) == ["out"]
    return output, result


@pytest.mark.slow
def test_the_folder_holds_what_design_json_names(designed):
    output, result = designed
    assert json.loads((output / "design.json").read_text()) == result
    whose = ["u0", "u1", "together_u0_u1"]
    garments = {f"{who}_{what}" for who in whose for what in ("tops", "shoes")}
    expected = {f"{garment}-{rank}.png" for garment in garments for rank in ("1", "2", "trajectory")}
    assert set(names(output)) == expected | {"design.json", "design.png", "latents.npz"}
    shown = {one["file"] for entry in result["designs"] for one in entry["designed"]}
    assert shown | set(result["files"]) | {"design.json"} == set(names(output))
    for file in output.glob("*.png"):
        Image.open(file).load()
    assert [(entry["users"], entry["group"], entry["category"]) for entry in result["designs"]] == [
        (["u0"], None, "shoes"),
        (["u0"], None, "tops"),
        (["u1"], None, "shoes"),
        (["u1"], None, "tops"),
        (["u0", "u1"], "mean", "shoes"),
        (["u0", "u1"], "mean", "tops"),
    ]
    assert {name: result[name] for name in ("preset", "seed", "eta", "starts", "steps", "notes")} == {
        "preset": "fast", "seed": 0, "eta": 1.0, "starts": STARTS, "steps": STEPS, "notes": [],
    }  # fmt: skip
    # The GAN's latents were drawn from a normal.
    assert result["settings"]["latent_form"] == "sphere" and result["settings"]["candidates"] == 8


@pytest.mark.slow
def test_each_picture_is_headed_by_whom_and_what_it_is_for(
    small_recommender, lively_gan, studio, tmp_path, monkeypatch
):
    headings, beside = [], pictures.beside
    monkeypatch.setattr(pictures, "beside", lambda images, heading: headings.append(heading) or beside(images, heading))
    named = ("shoes", "women_tops")  # as the GAN calls them, underscore and all
    monkeypatch.setattr(studio.gan, "category_names", named)
    monkeypatch.setattr(studio.gan, "present", named)
    asked = config(small_recommender, lively_gan, tmp_path / "out", categories=("women_tops",))
    design_garments(asked, progress=False, studio=studio)
    together = "u0, u1 together (mean score, weights 3:1): women_tops"
    scores = f", {STEPS} steps. Below: {{}} / step, D (1: looks real)"
    alone = [f"{user}: women_tops" for user in ("u0", "u1")]
    assert headings[:3] == [*alone, together]
    assert headings[3:] == [
        *(heading + scores.format("score") for heading in alone), together + scores.format("score together")
    ]  # fmt: skip


def test_scores_are_those_of_the_latents(designed, studio, planted):
    output, result = designed
    file = np.load(output / "latents.npz", allow_pickle=False)
    assert file["latents"].shape == (6 * K, 8)
    assert file["users"].tolist() == [who for who in ("u0", "u1", "u0+u1") for _ in range(2 * K)]
    row = 0
    for entry in result["designs"]:
        category = planted.category_names.index(entry["category"])
        members = [planted.user_keys.tolist().index(key) for key in entry["users"]]
        weights = np.array([0.75, 0.25]) if entry["group"] else np.ones(1)
        user = weights @ studio.user_factors[members]
        items = np.flatnonzero(planted.item_categories == category)
        catalogue = studio.item_factors[items] @ user
        labels = studio.labels(np.full(K, category))
        images = studio.gan.generator(file["latents"][row : row + K], labels)
        styles = studio.embedder.style_vectors(images).numpy()
        realness = studio.gan.discriminator(images, labels).numpy()
        assert len(entry["designed"]) == K
        for place, one in enumerate(entry["designed"]):
            score = float(styles[place] @ user)
            assert one["score"] == pytest.approx(score, rel=1e-3, abs=1e-4)
            assert one["realness"] == pytest.approx(float(realness[place]), rel=1e-3, abs=1e-4)
            assert one["objective"] == pytest.approx(score - (realness[place] - 1) ** 2, rel=1e-3, abs=1e-4)
            assert one["better_than"] == pytest.approx((catalogue < one["score"]).mean(), abs=1.5 / len(items))
            assert 0 <= one["best_step"] <= STEPS
            pixels = denormalise(images[place]).numpy().astype(int)
            assert np.abs(np.asarray(Image.open(output / one["file"])).astype(int) - pixels).max() <= 1
            assert file["categories"][row] == entry["category"]
            if entry["group"]:
                np.testing.assert_allclose(one["scores"], studio.user_factors[members] @ styles[place], atol=1e-3)
            row += 1
        objectives = [one["objective"] for one in entry["designed"]]
        assert objectives == sorted(objectives, reverse=True)


def test_retrieved_are_the_best_that_nobody_owns(designed, studio, planted):
    indptr, own = planted.own_items()
    for entry in designed[1]["designs"]:
        category = planted.category_names.index(entry["category"])
        members = [planted.user_keys.tolist().index(key) for key in entry["users"]]
        owned = {item for user in members for item in own[indptr[user] : indptr[user + 1]].tolist()}
        user = (np.array([0.75, 0.25]) if entry["group"] else np.ones(1)) @ studio.user_factors[members]
        free = [item for item in np.flatnonzero(planted.item_categories == category).tolist() if item not in owned]
        best = sorted(free, key=lambda item: -float(studio.item_factors[item] @ user))[:K]
        assert [one["item"] for one in entry["retrieved"]] == planted.item_keys[best].tolist()
        np.testing.assert_allclose(
            [one["score"] for one in entry["retrieved"]], studio.item_factors[best] @ user, rtol=1e-4
        )
        keys = {str(planted.item_keys[item]) for item in owned if planted.item_categories[item] == category}
        assert keys and {one["item"] for one in entry["bought"]} <= keys


def test_sample_gan_draws_the_latents_again(designed, lively_gan, tmp_path):
    output, result = designed
    again = draw_samples(
        SampleConfig(str(lively_gan), str(tmp_path), latents=str(output / "latents.npz"), neighbours=0), progress=False
    )
    assert again["images"] == 6 * K
    for category in ("tops", "shoes"):
        grid = np.asarray(Image.open(tmp_path / f"{category}.png"))
        for entry in result["designs"]:
            for one in entry["designed"] if entry["category"] == category else []:
                image = Image.open(output / one["file"])
                # The grid shows each image inside a frame, at twice its size.
                assert _found(np.asarray(image.resize((64, 64), Image.Resampling.LANCZOS)), grid)


def _found(image, grid):
    side = image.shape[0]
    for top in range(grid.shape[0] - side + 1):
        if any(
            np.array_equal(grid[top : top + side, left : left + side], image)
            for left in np.flatnonzero((grid[top, : grid.shape[1] - side + 1] == image[0, 0]).all(1))
        ):
            return True
    return False


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_files(designed, small_recommender, lively_gan, tmp_path, monkeypatch):
    own, searched = module.design, []

    def killed_at(count):
        def search(*args, **given):
            if len(searched) == count:
                raise KeyboardInterrupt
            searched.append(given)
            return own(*args, **given)

        return search

    asked = config(small_recommender, lively_gan, tmp_path / "out")
    monkeypatch.setattr(module, "design", killed_at(2))
    with pytest.raises(KeyboardInterrupt):
        design_garments(asked, progress=False)
    assert names(tmp_path) == [".out.partial"] and len(searched) == 2
    # The second part is damaged: it alone is searched again, besides the four that are missing.
    part = tmp_path / ".out.partial/.parts/None-1.npz"
    part.write_bytes(part.read_bytes()[:-100])
    searched.clear()
    monkeypatch.setattr(module, "design", killed_at(99))
    design_garments(asked, progress=False)
    assert len(searched) == 5
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == names(designed[0])
    for file in designed[0].iterdir():
        assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes(), file.name


@pytest.mark.slow
def test_the_tool_prints_a_table_and_designs_for_the_least_content(
    small_recommender, lively_gan, studio, designed, tmp_path, capsys
):
    more = ("--user=u0,u1", "--category=tops", "--group=minimum", "--k=1", "--eta=0", "--latent_form=tanh")
    status, out, _ = call(capsys, tool.cli, *flags(small_recommender, lively_gan, tmp_path / "out", *more))
    assert status == 0
    lines = out.splitlines()
    assert lines[0].split() == ["for", "category", "retrieved", "designed", "D", "better", "than"]
    result = json.loads((tmp_path / "out/design.json").read_text())
    assert [entry["group"] for entry in result["designs"]] == [None, None, "minimum"]
    entry = result["designs"][-1]
    line = next(line for line in lines if line.startswith("2 users (minimum)"))
    best = entry["designed"][0]
    assert f"{best['score']:.3f}" in line and f"{max(one['score'] for one in entry['retrieved']):.3f}" in line
    assert lines[-1] == f"{tmp_path}/out: design.png, latents.npz and a PNG of each garment"
    keys = studio.dataset.user_keys.tolist()
    scores = studio.user_factors[[keys.index("u0"), keys.index("u1")]] @ studio.item_factors.T
    standard = (np.array(best["scores"]) - scores.mean(1)) / scores.std(1)
    assert best["score"] == pytest.approx(standard.min(), rel=1e-3, abs=1e-3)
    assert best["objective"] == pytest.approx(best["score"], abs=1e-5)  # eta is 0
    assert np.abs(np.load(tmp_path / "out/latents.npz")["latents"]).max() <= 1


@pytest.mark.slow
def test_starts_that_diverge_are_dropped_counted_and_no_warning(
    small_recommender, lively_gan, studio, tmp_path, monkeypatch
):
    own = studio.networks

    def broken_from(least):
        """Images of latents whose first number is above `least` are not numbers."""

        def generate(latents, labels):
            return tf.where(latents[:, :1, None, None] > least, float("nan"), own.generate(latents, labels))

        return type(own)(**{**vars(own), "generate": generate})

    given = {"search": {"candidates": 0, "steps": 1}, "users": "u0", "weights": (), "categories": ("tops",), "k": 5}
    monkeypatch.setattr(studio, "networks", broken_from(0.5))
    asked = config(small_recommender, lively_gan, tmp_path / "some", **given)
    entry = design_garments(asked, progress=False, studio=studio)["designs"][0]
    assert 0 < entry["dropped_starts"] == STARTS - len(entry["designed"]) < STARTS
    monkeypatch.setattr(studio, "networks", broken_from(-99.0))
    with pytest.raises(InputError, match="every start of a design gave figures that are not finite"):
        design_garments(config(small_recommender, lively_gan, tmp_path / "none", **given), False, studio)
    assert not (tmp_path / "none").exists()
