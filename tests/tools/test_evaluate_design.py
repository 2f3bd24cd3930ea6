"""Table IV and Fig. 3: the tool end to end on two tiny trainings."""

import csv
import importlib.util
import json
import shutil
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gan.design.model_pair import Studio
from gan.evaluation import evaluate as module
from gan.evaluation import fig3
from gan.evaluation.evaluate import evaluate_design
from gan.evaluation.trials import (
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
from gan.metrics import category_classifier
from gan.search.config import resolve
from gan.search.maximise import Maximiser
from tests.support.small_evaluation import SEARCH, STARTS, TRIALS, K, config, flags
from tests.support.tiny_gan import refusal, run_tool
from tests.support.tool import names
from tfrecords.dataset import Dataset
from tools import evaluate_design as tool

MEASURES = ("preference", "quality", "diversity", "realness")


pytestmark = pytest.mark.usefixtures("hasty_judge")


@pytest.fixture(scope="module")
def patterned(planted_folder, make_folder):
    """A copy of the data set whose items have a pattern."""
    folder = shutil.copytree(planted_folder, make_folder("patterned") / "dataset")
    keys = Dataset.open(folder).item_keys.tolist()
    rows = [f"{key},{'dots' if number % 3 else 'plain'}" for number, key in enumerate(keys)]
    (folder / "attributes.csv").write_text("\n".join(["item_id,pattern", *rows]) + "\n")
    return folder


@pytest.fixture(scope="module")
def table(judged_runs, patterned, make_folder):
    """The folder of the tool's run."""
    output = make_folder("table4") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(category_classifier, "_STEPS", 5)
        tool.cli(["tool", *flags(judged_runs, output, f"--dataset={patterned}", "--attributes=pattern")])
    assert names(output.parent) == ["out"]
    return output


@pytest.fixture(scope="module")
def result(table):
    return json.loads((table / "table4.json").read_text())


def rows_of(file):
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.slow
def test_the_table_has_four_rows_in_three_files_that_agree(table, result):
    assert names(table) == ["designs.png", "table4.csv", "table4.json", "table4.md"]
    assert result["files"] == ["table4.md", "table4.csv", "table4.json", "designs.png"]
    assert [source["name"] for source in result["sources"]] == list(SOURCES) == [REAL, RANDOM, RETRIEVED, DESIGNED]
    lines = (table / "table4.md").read_text().splitlines()
    for source, row, line in zip(result["sources"], rows_of(table / "table4.csv"), lines[2:6], strict=True):
        assert row["source"] == source["name"]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[0] == source["name"]
        # So few images have no quality.
        assert source["quality"] == {"mean": None, "spread": None} and cells[2] == "-"
        assert row["quality_mean"] == row["quality_spread"] == ""
        for cell, measure in zip(cells[1:], MEASURES, strict=True):
            figures = source[measure]
            if measure == "quality":
                continue
            assert (float(row[f"{measure}_mean"]), float(row[f"{measure}_spread"])) == (*figures.values(),)
            mean, spread = map(float, cell.split(" +- "))
            assert mean == pytest.approx(figures["mean"], abs=5.1e-5)
            assert spread == pytest.approx(figures["spread"], abs=5.1e-3)
    assert "classifier score (own)" in lines[0] and result["warning"] in lines
    assert f"{TRIALS} trials, top {K}, eta 1, {STARTS} starts, 2 steps" in "\n".join(lines)


@pytest.mark.slow
def test_a_second_table_says_whether_they_look_like_garments(table, result):
    lines = (table / "table4.md").read_text().splitlines()
    assert lines[-6].startswith(
        "|  | right category | Fréchet distance (own) | kernel distance (own) | nearest photo |"
    )
    assert "certain pattern" in lines[-6]
    for source, line in zip(result["sources"], lines[-4:], strict=True):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert 0 <= source["right_category"] <= 1 and float(cells[1]) == pytest.approx(
            source["right_category"], abs=5e-4
        )
        assert float(cells[2]) == pytest.approx(source["frechet_distance"], abs=5e-4)
        photos = source["name"] in (REAL, RETRIEVED)
        assert (source["nearest_photo"] is None) == photos == (cells[4] == "-")
        pattern = source["attributes"]["pattern"]
        assert list(pattern["values"]) == ["dots", "plain"] and 0 <= pattern["certain"] <= 1
    # Photos are nearer to photos than what an untrained generator draws.
    assert result["sources"][0]["frechet_distance"] < result["sources"][1]["frechet_distance"]


@pytest.mark.slow
def test_the_picture_has_a_design_for_each_trial(table, result):
    with Image.open(table / "designs.png") as picture:
        assert picture.width > TRIALS * 100 and picture.height > 128


def test_an_unknown_attribute_is_named(judged_runs, patterned, tmp_path, capsys):
    more = f"--dataset={patterned}", "--attributes=pattern,colour"
    line = refusal(capsys, tool, *flags(judged_runs, tmp_path / "out", *more))
    assert "--attributes=colour: no such column; " in line and line.endswith("has pattern")
    assert names(tmp_path) == []


def test_the_json_says_how_it_was_made(result):
    expected = {"trials": TRIALS, "k": K, "judge": "own", "eta": 1.0, "images": TRIALS * K, "starts": STARTS}
    assert {name: result[name] for name in expected} == expected
    assert result["score_name"] == "classifier_score" and result["warning"].startswith("10 images")
    # Equation 11's choice, without a flag.
    assert {**SEARCH, "choice": "softmax"}.items() <= result["settings"].items()
    assert result["sources"][3]["dropped_starts"] == 0


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(table, judged_runs, patterned, tmp_path, monkeypatch):
    studio = Studio.open(*map(str, judged_runs), "float32", moved_to=str(patterned))
    compute, computed = module.generated_answers, []

    def counted(*arguments):
        computed.append(arguments[4].tolist())
        if len(computed) == 2:
            raise KeyboardInterrupt
        return compute(*arguments)

    monkeypatch.setattr(module, "generated_answers", counted)
    asked = config(judged_runs, tmp_path / "out", attributes=("pattern",), dataset=str(patterned))
    with pytest.raises(KeyboardInterrupt):
        evaluate_design(asked, progress=False, studio=studio)
    assert names(tmp_path) == [".out.partial"]
    evaluate_design(asked, progress=False, studio=studio)
    assert computed == [[0, 1], [2, 3], [2, 3], [4]]
    assert names(tmp_path) == ["out"]
    for file in names(table):
        assert (tmp_path / "out" / file).read_bytes() == (table / file).read_bytes()


@pytest.mark.slow
def test_a_sweep_has_a_row_an_eta(opened, judged_runs, tmp_path, capsys, monkeypatch):
    """Two that are alike in six digits are two."""
    output, etas = tmp_path / "out", ["3", "0", "3.0000001"]
    drawn = importlib.util.find_spec("matplotlib") is not None
    more = ["--eta_sweep", f"--etas={','.join(etas)}", "--trials=2"]
    compute, computed = module.generated_answers, []

    def counted(*arguments):
        computed.append(arguments[2].eta)
        return compute(*arguments)

    monkeypatch.setattr(module, "generated_answers", counted)
    status, out, _ = run_tool(capsys, tool, *flags(judged_runs, output, *more))
    assert status == 0 and "warning: 4 images" in out
    assert computed == [3.0, 0.0, 3.0000001]
    assert names(output) == ["fig3.csv", "fig3.json", *(["fig3.png"] if drawn else [])]
    result = json.loads((output / "fig3.json").read_text())
    assert [point["eta"] for point in result["points"]] == computed and "eta" not in result
    for point, row in zip(result["points"], rows_of(output / "fig3.csv"), strict=True):
        assert float(row["eta"]) == point["eta"]
        for measure in MEASURES:
            for part in ("mean", "spread"):
                assert row[f"{measure}_{part}"] == ("" if measure == "quality" else str(point[measure][part]))


def test_the_chart_is_left_out_without_matplotlib(tmp_path, monkeypatch):
    figures = {measure: {"mean": 1.0, "spread": float("nan")} for measure in MEASURES}
    figures["quality"] = {"mean": None, "spread": None}
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
    assert json.loads((tmp_path / "fig3.json").read_text())["points"][0]["realness"]["spread"] is None
