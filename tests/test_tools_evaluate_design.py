"""Table IV and Fig. 3: figures of hand-made answers, the trials, and the tool end to end on two tiny trainings."""

import csv
import importlib.util
import json
import math
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tiny_gan import refusal, run_tool
from tool import names

from gan import category_classifier
from gan.design import evaluate as module
from gan.design import fig3
from gan.design.evaluate import evaluate_design
from gan.design.evaluate_config import EvaluateConfig
from gan.design.studio import Studio
from gan.design.trials import (
    DESIGNED,
    RANDOM,
    REAL,
    RETRIEVED,
    SOURCES,
    catalogue_answers,
    draw_trials,
    generated_answers,
    photos_of,
)
from tf_dvbpr.baselines.config import resolve as resolve_baseline
from tf_dvbpr.baselines.train import train as train_baseline
from tf_dvbpr.design.config import resolve
from tf_dvbpr.design.maximise import Maximiser
from tf_dvbpr.image_measures.judge import Judge
from tfrecords.errors import InputError
from tools import evaluate_design as tool

TRIALS, K, STARTS = 5, 2, 3
# Two trials a part: three parts, the last of one.
SEARCH = {"starts": STARTS, "candidates": 4, "steps": 2, "batch_size": 2 * STARTS}
MEASURES = ("preference", "quality", "diversity", "realness")


@pytest.fixture(autouse=True)
def hasty_judge(monkeypatch):
    monkeypatch.setattr(category_classifier, "_STEPS", 5)


@pytest.fixture(scope="module")
def gan(lively_gan, tmp_path_factory):
    """A copy, into which the judge goes."""
    return shutil.copytree(lively_gan, tmp_path_factory.mktemp("gan") / "gan")


@pytest.fixture(scope="module")
def studio(small_recommender, gan):
    return Studio.open(str(small_recommender), str(gan), "float32")


@pytest.fixture
def opened(studio, monkeypatch):
    """The tool finds the two runs open already, whatever their folders."""
    monkeypatch.setattr(Studio, "open", lambda *_: studio)


def flags(output, *more, recommender="run", gan="gan"):
    search = [f"--{name}={value}" for name, value in SEARCH.items()]
    return [
        f"--recommender={recommender}", f"--gan={gan}", f"--output={output}", f"--trials={TRIALS}", f"--k={K}",
        *search, *more,
    ]  # fmt: skip


def config(runs, output, **given):
    recommender, gan = runs
    settings = {"trials": TRIALS, "k": K, **given}
    ascent = resolve("fast", {"choice": "softmax", **SEARCH})
    return EvaluateConfig(str(recommender), str(gan), str(output), ascent, **settings)


@pytest.fixture(scope="module")
def runs(small_recommender, gan):
    return small_recommender, gan


@pytest.fixture(scope="module")
def table(runs, tmp_path_factory):
    """The folder of the tool's run."""
    output = tmp_path_factory.mktemp("table4") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(category_classifier, "_STEPS", 5)
        tool.cli(["tool", *flags(output, recommender=runs[0], gan=runs[1])])
    assert names(output.parent) == ["out"]
    return output


@pytest.fixture(scope="module")
def result(table):
    return json.loads((table / "table4.json").read_text())


def rows_of(file):
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


# Figures of one source.


def stub(probabilities):
    """A judge that says of image n, known by its level of grey, what stands in row n."""
    known = tf.constant(probabilities, tf.float32)

    def classify(images):
        numbers = tf.cast(images[:, 0, 0, 0], tf.int32)
        return tf.cast(numbers[:, None], tf.float32), tf.gather(known, numbers)

    return Judge("own", 8, classify)


def greys(*levels):
    return np.stack([np.full([8, 8, 3], level, np.uint8) for level in levels])


def test_figures_of_plain_pictures_by_hand():
    """Twenty sure images of two kinds, each part of two one of each kind: 2 in every part."""
    sure = np.tile([[1.0, 0.0], [0.0, 1.0]], [10, 1])
    preference, realness = np.arange(20.0).reshape(10, 2), np.tile([[0.0, 1.0]], [10, 1])
    figures = module._figures(stub(sure), greys(*range(20)), preference, realness, 2)
    assert figures["quality"] == {"mean": pytest.approx(2), "spread": pytest.approx(0, abs=1e-9)}
    assert figures["preference"] == {"mean": 9.5, "spread": pytest.approx(math.sqrt((20**2 - 1) / 12))}
    assert figures["realness"] == {"mean": 0.5, "spread": 0.5}
    unsure = module._figures(stub(np.full([20, 2], 0.5)), greys(*range(20)), preference, realness, 2)
    assert unsure["quality"]["mean"] == pytest.approx(1)


def test_the_quality_of_unlike_parts_by_hand():
    """Four images, four parts of one: each scores 1, though the whole would score 2."""
    sure = np.tile([[1.0, 0.0], [0.0, 1.0]], [2, 1])
    figures = module._figures(stub(sure), greys(0, 1, 2, 3), np.zeros([2, 2]), np.zeros([2, 2]), 2)
    assert figures["quality"] == {"mean": pytest.approx(1), "spread": pytest.approx(0)}


def test_diversity_is_within_trials_alone():
    """Of plain images SSIM is (2ab + c) / (a a + b b + c) of their levels in [-1, 1], with c = (.01 * 2)^2."""
    judge, nothing = stub(np.full([256, 2], 0.5)), np.zeros([2, 2])
    alike = module._figures(judge, greys(10, 10, 200, 200), nothing, nothing, 2)
    assert alike["diversity"] == {"mean": pytest.approx(0, abs=1e-6), "spread": pytest.approx(0, abs=1e-6)}
    unlike = module._figures(judge, greys(10, 200, 10, 10), nothing, nothing, 2)["diversity"]
    a, b, c = 10 / 127.5 - 1, 200 / 127.5 - 1, 0.02**2
    pair = 1 - (2 * a * b + c) / (a * a + b * b + c)
    assert unlike == {"mean": pytest.approx(pair / 2, rel=1e-4), "spread": pytest.approx(pair / 2, rel=1e-4)}


@pytest.mark.parametrize(("trials", "k", "warned"), [(333, 3, True), (500, 2, False), (334, 3, False), (999, 2, False)])
def test_few_images_are_warned_of(runs, trials, k, warned):
    warning = module._warning(config(runs, "out", trials=trials, k=k))
    assert (warning is not None) == warned
    if warned:
        assert f"{trials * k} images" in warning


# The trials.


def test_a_trial_is_a_user_and_the_category_of_the_test_item(studio, planted):
    trials = draw_trials(studio, 200, K, seed=3)
    held_out = planted.test[trials.users]
    assert (held_out >= 0).all() and len(set(trials.users)) > 30
    np.testing.assert_array_equal(trials.categories, planted.item_categories[held_out])
    assert set(trials.categories) == {0, 1}


def test_the_first_trials_of_more_are_the_trials_of_fewer(studio):
    few, many = draw_trials(studio, 7, K, seed=3), draw_trials(studio, 40, K, seed=3)
    np.testing.assert_array_equal(many.users[:7], few.users)
    np.testing.assert_array_equal(many.categories[:7], few.categories)
    assert (draw_trials(studio, 40, K, seed=4).users != many.users).any()
    answers = [catalogue_answers(studio, trials, K, seed=3, owned=True) for trials in (few, many)]
    for source in (REAL, RETRIEVED):
        np.testing.assert_array_equal(answers[1][source]["items"][:7], answers[0][source]["items"])


def test_users_without_a_test_item_of_a_drawn_category_are_passed_over(studio, planted):
    def drawn(present, test):
        gan = SimpleNamespace(category_names=studio.gan.category_names, present=present)
        dataset = SimpleNamespace(test=test, path="data")
        return draw_trials(SimpleNamespace(dataset=dataset, gan=gan, categories=studio.categories), 50, K, seed=0)

    test = planted.test.copy()
    test[::2] = -1
    trials = drawn(("tops",), test)
    assert (trials.users % 2 == 1).all() and set(trials.categories) == {planted.category_names.index("tops")}
    with pytest.raises(InputError, match="data: no user has a test item"):
        drawn(("tops", "shoes"), np.full_like(test, -1))


@pytest.mark.parametrize("owned", [True, False])
def test_what_is_retrieved_is_equation_8_literally(studio, planted, owned):
    trials = draw_trials(studio, 30, 3, seed=1)
    found = catalogue_answers(studio, trials, 3, seed=1, owned=owned)[RETRIEVED]
    indptr, own = planted.own_items()
    owning = 0
    for row, (user, category) in enumerate(zip(trials.users, trials.categories, strict=True)):
        scores = studio.item_factors.astype(np.float64) @ studio.user_factors[user]
        allowed = planted.item_categories == category
        mine = own[indptr[user] : indptr[user + 1]]
        if not owned:
            allowed[mine] = False
        best = np.argsort(np.where(allowed, -scores, np.inf))[:3]
        np.testing.assert_allclose(found["preference"][row], scores[best], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(scores[found["items"][row]], scores[best], rtol=1e-4, atol=1e-5)
        assert allowed[found["items"][row]].all()
        owning += np.isin(found["items"][row], mine).sum()
    assert (owning > 0) == owned


def test_random_photos_are_of_the_category_and_score_what_their_items_score(studio, planted):
    trials = draw_trials(studio, 30, 3, seed=1)
    found = catalogue_answers(studio, trials, 3, seed=1, owned=True)[REAL]
    assert (planted.item_categories[found["items"]] == trials.categories[:, None]).all()
    assert all(len(set(items)) == 3 for items in found["items"].tolist())
    for row, user in enumerate(trials.users):
        expected = studio.item_factors[found["items"][row]] @ studio.user_factors[user]
        np.testing.assert_allclose(found["preference"][row], expected, rtol=1e-4, atol=1e-5)


def test_too_little_is_left_of_what_a_user_does_not_own(studio):
    trials = draw_trials(studio, 2, K, seed=0)
    everything = SimpleNamespace(
        user_factors=studio.user_factors,
        item_factors=studio.item_factors,
        categories=studio.categories,
        retrieve=lambda users, number, k, owned: (np.full([len(users), k], -1), None),
    )
    with pytest.raises(InputError, match="fewer than --k items are left: --retrieve_owned"):
        catalogue_answers(everything, trials, K, seed=0, owned=False)


def test_photos_come_in_the_order_asked_for(studio, planted):
    photos = photos_of(studio, np.array([7, 2, 7]))
    assert photos.shape == (3, 32, 32, 3)
    for photo, item in zip(photos, (7, 2, 7), strict=True):
        expected = tf.io.decode_jpeg(planted.encoded_photos([item])[0], dct_method="INTEGER_ACCURATE")
        np.testing.assert_array_equal(photo, expected)


def test_a_trials_answer_is_its_own_and_has_the_figures_of_its_latents(studio):
    ascent = studio.settled(resolve("fast", {"choice": "softmax", **SEARCH}))
    maximiser, trials = Maximiser(studio.networks, ascent), draw_trials(studio, 3, K, seed=0)
    whole = generated_answers(studio, maximiser, ascent, trials, np.arange(3), K)
    last = generated_answers(studio, maximiser, ascent, trials.of(slice(2, 3)), np.array([2]), K)
    for name in ("random", "random_figures", "designed", "designed_figures"):
        np.testing.assert_allclose(whole[name][2:], last[name], rtol=1e-3, atol=1e-4)
    for source in ("random", "designed"):
        for row in range(3):
            labels = studio.labels(np.full(K, trials.categories[row]))
            images = studio.gan.generator(whole[source][row], labels)
            scores = studio.embedder.style_vectors(images).numpy() @ studio.user_factors[trials.users[row]]
            realness = studio.gan.discriminator(images, labels).numpy()
            figures = np.stack([scores, realness], 1)
            np.testing.assert_allclose(whole[f"{source}_figures"][row], figures, rtol=1e-3, atol=1e-4)


# The tool.


def test_the_table_has_four_rows_in_three_files_that_agree(table, result):
    assert names(table) == ["table4.csv", "table4.json", "table4.md"]
    assert result["files"] == ["table4.md", "table4.csv", "table4.json"]
    assert [source["name"] for source in result["sources"]] == list(SOURCES) == [REAL, RANDOM, RETRIEVED, DESIGNED]
    lines = (table / "table4.md").read_text().splitlines()
    for source, row, line in zip(result["sources"], rows_of(table / "table4.csv"), lines[2:6], strict=True):
        assert row["source"] == source["name"]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[0] == source["name"]
        for cell, measure in zip(cells[1:], MEASURES, strict=True):
            figures = source[measure]
            assert (float(row[f"{measure}_mean"]), float(row[f"{measure}_spread"])) == (*figures.values(),)
            mean, spread = map(float, cell.split(" +- "))
            assert mean == pytest.approx(figures["mean"], abs=5.1e-5)
            assert spread == pytest.approx(figures["spread"], abs=5.1e-3)
    assert "classifier score (own)" in lines[0] and result["warning"] in lines
    assert f"{TRIALS} trials, top {K}, eta 1, {STARTS} starts, 2 steps" in "\n".join(lines)


def test_the_json_says_how_it_was_made(result):
    expected = {"trials": TRIALS, "k": K, "judge": "own", "eta": 1.0, "images": TRIALS * K, "starts": STARTS}
    assert {name: result[name] for name in expected} == expected
    assert result["score_name"] == "classifier_score" and result["warning"].startswith("10 images")
    # Equation 11's choice, without a flag.
    assert {**SEARCH, "choice": "softmax"}.items() <= result["settings"].items()
    assert result["sources"][3]["dropped_starts"] == 0


def test_the_means_are_those_of_the_trials(result, studio):
    trials = draw_trials(studio, TRIALS, K, seed=0)
    answers = catalogue_answers(studio, trials, K, seed=0, owned=True)
    ascent = studio.settled(resolve("fast", {"choice": "softmax", **SEARCH}))
    made = generated_answers(studio, Maximiser(studio.networks, ascent), ascent, trials, np.arange(TRIALS), K)
    preferences = [
        answers[REAL]["preference"],
        made["random_figures"][..., 0],
        answers[RETRIEVED]["preference"],
        made["designed_figures"][..., 0],
    ]
    for source, values in zip(result["sources"], preferences, strict=True):
        assert source["preference"]["mean"] == pytest.approx(values.mean(), rel=1e-3, abs=1e-4)
        assert source["preference"]["spread"] == pytest.approx(values.std(), rel=1e-3, abs=1e-4)
    photos = tf.constant(photos_of(studio, answers[REAL]["items"].ravel()), tf.float32) / 127.5 - 1
    realness = studio.gan.discriminator(photos, studio.labels(np.repeat(trials.categories, K))).numpy()
    assert result["sources"][0]["realness"]["mean"] == pytest.approx(realness.mean(), rel=1e-3, abs=1e-4)


def test_a_killed_run_goes_on_to_the_same_bytes(table, runs, studio, tmp_path, monkeypatch):
    compute, computed = module.generated_answers, []

    def counted(*arguments):
        computed.append(arguments[4].tolist())
        if len(computed) == 2:
            raise KeyboardInterrupt
        return compute(*arguments)

    monkeypatch.setattr(module, "generated_answers", counted)
    asked = config(runs, tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        evaluate_design(asked, progress=False, studio=studio)
    assert names(tmp_path) == [".out.partial"]
    evaluate_design(asked, progress=False, studio=studio)
    assert computed == [[0, 1], [2, 3], [2, 3], [4]]
    assert names(tmp_path) == ["out"]
    for file in names(table):
        assert (tmp_path / "out" / file).read_bytes() == (table / file).read_bytes()


def test_a_sweep_has_a_row_an_eta(opened, runs, tmp_path, capsys, monkeypatch):
    """Two that are alike in six digits are two."""
    output, etas = tmp_path / "out", ["3", "0", "3.0000001"]
    drawn = importlib.util.find_spec("matplotlib") is not None
    more = ["--eta_sweep", f"--etas={','.join(etas)}", "--trials=2"]
    compute, computed = module.generated_answers, []

    def counted(*arguments):
        computed.append(arguments[2].eta)
        return compute(*arguments)

    monkeypatch.setattr(module, "generated_answers", counted)
    status, out, _ = run_tool(capsys, tool, *flags(output, *more, recommender=runs[0], gan=runs[1]))
    assert status == 0 and "warning: 4 images" in out
    assert computed == [3.0, 0.0, 3.0000001]
    assert names(output) == ["fig3.csv", "fig3.json", *(["fig3.png"] if drawn else [])]
    result = json.loads((output / "fig3.json").read_text())
    assert [point["eta"] for point in result["points"]] == computed and "eta" not in result
    for point, row in zip(result["points"], rows_of(output / "fig3.csv"), strict=True):
        assert float(row["eta"]) == point["eta"]
        for measure in MEASURES:
            assert float(row[f"{measure}_mean"]) == point[measure]["mean"]
            assert float(row[f"{measure}_spread"]) == point[measure]["spread"]


def test_the_chart_is_left_out_without_matplotlib(tmp_path, monkeypatch):
    figures = {measure: {"mean": 1.0, "spread": float("nan")} for measure in MEASURES}
    result = {"judge": "own", "score_name": "classifier_score", "points": [{"eta": eta, **figures} for eta in (0, 1)]}
    if importlib.util.find_spec("matplotlib") is not None:
        assert fig3.write(result, tmp_path) == ["fig3.csv", "fig3.json", "fig3.png"]
        with Image.open(tmp_path / "fig3.png") as picture:
            assert picture.width > picture.height
        (tmp_path / "fig3.png").unlink()
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)
    assert fig3.write(result, tmp_path) == ["fig3.csv", "fig3.json"] == names(tmp_path)
    # No NaN in JSON.
    assert json.loads((tmp_path / "fig3.json").read_text())["points"][0]["quality"]["spread"] is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--etas=0,1"], "--etas says nothing without --eta_sweep"),
        (["--eta_sweep", "--eta=1"], "--eta contradicts --eta_sweep"),
        (["--eta_sweep", "--etas=0,x"], "--etas=0,x: numbers with commas between expected"),
        (["--eta_sweep", "--etas=1,1.0"], "different numbers of at least 0"),
        (["--eta_sweep", "--etas=-1,1"], "different numbers of at least 0"),
        (["--eta_sweep", "--etas=nan"], "different numbers of at least 0"),
        (["--trials=0"], "--trials=0: expected from 1"),
        (["--k=1"], "--k=1: expected from 2"),
        (["--k=4"], f"--k=4: at most --starts={STARTS} expected"),
        (["--judge=resnet"], "--judge=resnet: expected one of own, "),
        (["--judge_weights=w.h5"], "--judge_weights=w.h5: expected nothing with --judge=own"),
        (["--judge_batch_norm_epsilon=0.1"], "--judge_batch_norm_epsilon=0.1: expected nothing with --judge=own"),
        (["--judge=inception_v3", "--judge_weights=nowhere.h5"], "nowhere.h5"),
        (["--learning_rate=0"], "--learning_rate=0.0: expected a number above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(opened, runs, tmp_path, capsys, more, expected):
    assert expected in refusal(capsys, tool, *flags(tmp_path / "out", *more, recommender=runs[0], gan=runs[1]))
    assert names(tmp_path) == []


def test_a_classifier_of_one_category_can_judge_nothing(opened, studio, runs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(studio.gan, "present", ("tops",))
    line = refusal(capsys, tool, *flags(tmp_path / "out", recommender=runs[0], gan=runs[1]))
    assert "draws one category only" in line and "give --judge" in line


def test_an_output_that_holds_other_things(opened, table, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert "holds other things (no table4.json)" in refusal(capsys, tool, *flags(tmp_path))
    assert "holds other things (no fig3.json)" in refusal(capsys, tool, *flags(table, "--eta_sweep"))
    assert names(tmp_path) == ["mine.txt"] and len(names(table)) == 3


def test_a_recommender_without_photos(planted_folder, runs, tmp_path, capsys):
    workdir = tmp_path / "pop"
    train_baseline(resolve_baseline(str(planted_folder), str(workdir), "poprank", {}), show_progress=False)
    line = refusal(capsys, tool, *flags(tmp_path / "out", recommender=workdir, gan=runs[1]))
    assert "does not look at photos; only DVBPR does" in line and not (tmp_path / "out").exists()


def test_diverged_networks_end_in_one_line(opened, studio, runs, tmp_path, capsys):
    bias = next(value for name, value in studio.gan.discriminator.named_variables().items() if name.endswith("bias"))
    before = bias.numpy()
    bias.assign(tf.fill(bias.shape, float("nan")))
    try:
        line = refusal(capsys, tool, *flags(tmp_path / "out", recommender=runs[0], gan=runs[1]))
    finally:
        bias.assign(before)
    assert "the networks have diverged" in line and not (tmp_path / "out").exists()
