"""The comparison: tuned on validation alone, done once, written in five forms."""

import csv
import json
import shutil

import numpy as np
import pytest

from tf_dvbpr.comparison import compare, config, runs, tables
from tf_dvbpr.comparison import rows as rows_module
from tf_dvbpr.comparison.config import CompareConfig
from tf_dvbpr.comparison.published import published
from tf_dvbpr.comparison.ranking_metrics import ranking_metrics
from tf_dvbpr.comparison.rows import Row, rows_of, settings_of
from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.held_out import HeldOut
from tf_dvbpr.ranking.reference_rankings import random_ranking
from tfrecords.errors import InputError
from tools import compare as tool

GRID = ((0.01, 30.0), (4,))
MODELS = ("rand", "poprank", "bpr_mf")


@pytest.fixture(autouse=True)
def small_grid(monkeypatch):
    monkeypatch.setitem(config.GRIDS, "quick", GRID)


@pytest.fixture(scope="module")
def dvbpr(small_recommender):
    return str(small_recommender)


@pytest.fixture
def run(planted_folder, tmp_path):
    def run(**given):
        return compare.compare(
            CompareConfig(str(planted_folder), str(tmp_path / "out"), **{"models": MODELS, **given}), progress=False
        )

    return run


@pytest.fixture(scope="module")
def finished(planted_folder, make_folder):
    """The folder of a comparison of BPR-MF alone."""
    folder = make_folder("finished") / "out"
    compare.compare(CompareConfig(str(planted_folder), str(folder), models=("bpr_mf",), grid="none"), progress=False)
    return folder


def user_aucs(factors, dataset):
    own = dataset.own_items()
    return auc.user_auc(factors.user_factors, factors.item_factors, dataset.test, *own)


def test_recall_and_ndcg_are_those_of_a_sorted_list():
    rng = np.random.default_rng(0)
    users, items = 40, 25
    scores = rng.integers(0, 12, (users, items)).astype(np.float64)  # with ties
    own = [rng.choice(items, 5, replace=False) for _ in range(users)]
    targets = np.array([mine[0] for mine in own])
    indptr = np.arange(users + 1) * 5
    values, recall, gain = [], [], []
    for user in range(users):
        others = np.setdiff1d(np.arange(items), own[user])
        target = scores[user, targets[user]]
        values.append((scores[user, others] < target).mean())
        place = 1 + (scores[user, others] >= target).sum()  # ties are ahead
        recall.append(place <= 3)
        gain.append(1 / np.log2(place + 1) if place <= 3 else 0.0)
    held = HeldOut("test", users, np.arange(users), targets, {"all": np.ones(users, bool)})
    got = ranking_metrics(np.array(values), held, indptr, items, ks=(3,))
    assert got == {"recall@3": pytest.approx(np.mean(recall)), "ndcg@3": pytest.approx(np.mean(gain))}
    nobody = ranking_metrics(np.full(users, np.nan), held, indptr, items, ks=(3,))
    assert np.isnan(nobody["recall@3"])


def test_the_choice_is_made_on_validation_before_test_is_looked_at(run, monkeypatch, planted):
    """Swaps what is good on validation with what is good on test: the choice must follow validation."""
    splits, own = [], auc.held_out
    assert own is compare.held_out

    def spied(dataset, split):
        splits.append(split)
        return own(dataset, split)

    monkeypatch.setattr(auc, "held_out", spied)
    monkeypatch.setattr(compare, "held_out", spied)
    seen = []

    def fake(config, dataset, row, settings, seed):
        assert "test" not in splits
        seen.append(settings)
        better = settings["regularisation"] == 30.0
        cell = runs.Cell("x", settings, seed, 0.9 if better else 0.8, 1, 0.0, 0)
        return cell, True

    monkeypatch.setattr(compare, "run_cell", fake)
    good, bad = random_ranking(planted, 1), random_ranking(planted, 2)
    monkeypatch.setattr(runs.Cell, "factors", lambda cell: bad if cell.settings["regularisation"] == 30.0 else good)
    result = run(models=("bpr_mf",))
    assert len(seen) == 2 and splits.count("test") > 0
    row = result["rows"][0]
    assert row["settings"] == {"regularisation": 30.0, "dim": 4} and row["cells"] == 2
    assert row["all"] == pytest.approx(auc.evaluate(bad, planted, "test").all)


def test_a_cell_without_validation_loses_and_equals_keep_the_first():
    made = [runs.Cell("x", {"n": n}, 0, value, 1, 0.0, 0) for n, value in enumerate((float("nan"), 0.6, 0.6, 0.5))]
    assert compare.choose(made).settings == {"n": 1}
    assert compare.choose(made[:1]) is made[0]


@pytest.mark.slow
def test_rows_figures_and_what_is_done_is_not_done_again(run, planted, tmp_path, monkeypatch):
    result = run(seeds=2)
    assert [row["name"] for row in result["rows"]] == ["RAND", "PopRank", "BPR-MF"]
    rand, popular, factors = result["rows"]
    assert (rand["cells"], popular["cells"], factors["cells"]) == (1, 1, 2)
    assert rand["all_spread"] > 0 and popular["all_spread"] is None and factors["all_spread"] > 0
    assert factors["parameters"] == 60 * 4 + 90 * 5 and popular["parameters"] == 0
    values = [user_aucs(random_ranking(planted, seed), planted) for seed in (0, 1)]
    assert rand["all"] == pytest.approx(np.mean(values))
    mean_of_users = np.mean(values, axis=0)
    assert rand["all_se"] == pytest.approx(mean_of_users.std(ddof=1) / np.sqrt(60))
    assert len(factors["workdirs"]) == 2
    # A cell that a crash left unfinished is run again; the others are not.
    broken = next((tmp_path / "out/cells/bpr_mf").glob("*regularisation=30*seed=0"))
    (broken / "cell.json").write_text('{"cell": {"work')
    ran = []
    original = runs.baselines.train

    def spy(config, progress):
        ran.append(config.workdir)
        return original(config, progress)

    monkeypatch.setattr(runs.baselines, "train", spy)
    again = run(seeds=2)
    assert ran == [str(broken)]
    for before, after in zip(result["rows"], again["rows"], strict=True):
        assert before | {"seconds": 0} == after | {"seconds": 0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset_fingerprint": "a"}, "was run on another data set; give"),
        ({"epochs": 40, "patience": 4}, r"other settings \(epochs 40 there, 1000 now, patience 4 there, 10 now\)"),
    ],
)
@pytest.mark.slow
def test_a_folder_of_something_else_is_refused(change, message, run, finished, tmp_path):
    shutil.copytree(finished, tmp_path / "out")
    file = next((tmp_path / "out/cells/bpr_mf").glob("*/config.json"))
    found = json.loads(file.read_text())
    (found["train"] if "epochs" in change else found).update(change)
    file.write_text(json.dumps(found))
    with pytest.raises(InputError, match=message):
        run(models=("bpr_mf",), grid="none")


@pytest.mark.parametrize("left", ["", None])
def test_a_run_without_its_config_is_named(left, run, tmp_path):
    run(models=("rand",))
    file = next((tmp_path / "out/cells/rand").glob("*/config.json"))
    file.unlink() if left is None else file.write_text(left)
    with pytest.raises(InputError, match=r"seed=0: its config\.json is gone or damaged; move the folder away"):
        run(models=("rand",))
    shutil.rmtree(file.parent)
    assert run(models=("rand",))["rows"]


@pytest.mark.slow
def test_a_given_dvbpr_is_used_and_differences_are_paired(run, dvbpr, planted, tmp_path):
    result = run(models=("rand", "poprank", "dvbpr"), dvbpr_workdir=(dvbpr,))
    row = result["rows"][2]
    assert row["workdirs"] == [dvbpr] and row["parameters"] > 1_000_000
    ours = user_aucs(runs.Workdir.open(dvbpr).factors(), planted)
    rival = max(result["rows"][:2], key=lambda row: row["all"])
    theirs = user_aucs(runs.Workdir.open(rival["workdirs"][0]).factors(), planted)
    (difference,) = result["differences"]
    assert difference["rival"] == rival["name"]
    assert difference["all"] == pytest.approx((ours - theirs).mean())
    assert difference["all_se"] == pytest.approx((ours - theirs).std(ddof=1) / np.sqrt(60))
    with pytest.raises(InputError, match="holds RAND, not DVBPR"):
        run(models=("dvbpr",), dvbpr_workdir=(result["rows"][0]["workdirs"][0],))


@pytest.mark.slow
def test_given_runs_differ_in_their_seeds_alone(run, dvbpr, tmp_path):
    def copy(name, **changed):
        other = shutil.copytree(dvbpr, tmp_path / name)
        written = json.loads((other / "config.json").read_text())
        written["train"].update(changed)
        (other / "config.json").write_text(json.dumps(written))
        return str(other)

    table = run(models=("dvbpr",), seeds=2, dvbpr_workdir=(dvbpr, copy("seed", seed=1, workdir="elsewhere")))
    assert table["rows"][0]["all_spread"] == 0.0 and table["rows"][0]["settings"] == {}
    with pytest.raises(InputError, match=r"has dropout=0\.5, .*rate has 0\.1; give runs of one model"):
        run(models=("dvbpr",), seeds=2, dvbpr_workdir=(dvbpr, copy("rate", dropout=0.1)))
    other = run(models=("dvbpr",), dvbpr_workdir=(copy("backbone", backbone="resnet50"),))["rows"][0]["settings"]
    assert other == {"backbone": "resnet50"} and rows_module.format_settings({**other, "dim": 5.0}) == [
        "backbone=resnet50",
        "dim=5",
    ]


def damage_config(workdir):
    (workdir / "config.json").write_text("{")


def damage_best(workdir):
    next((workdir / "best").glob("*.index")).write_bytes(b"cut short")


def damage_metrics(workdir):
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    (workdir / "metrics.jsonl").write_text("".join(json.dumps({"step": line["step"]}) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_config, r"config\.json: not a run's config"),
        (damage_best, "best: no whole checkpoint here"),
        (lambda workdir: shutil.rmtree(workdir / "best"), "best: no whole checkpoint here"),
        (damage_metrics, r"metrics\.jsonl does not tell the score"),
    ],
)
def test_a_damaged_dvbpr_is_named_before_anything_is_trained(run, dvbpr, tmp_path, damage, message):
    damage(shutil.copytree(dvbpr, tmp_path / "run"))
    with pytest.raises(InputError, match=message) as raised:
        run(models=("rand", "dvbpr"), dvbpr_workdir=(str(tmp_path / "run"),))
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_missing_features_are_named_before_anything_is_trained(run, tmp_path):
    with pytest.raises(InputError, match="extract_features"):
        run(models=("rand", "vbpr"))
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_something_elses_is_left_alone(planted_folder, tmp_path, dvbpr):
    def compared(output):
        config = CompareConfig(str(planted_folder), str(output), models=("poprank",))
        return compare.compare(config, progress=False)

    for output, message in (
        (planted_folder, "lies in the data set's folder"),
        (planted_folder / "features/table", "lies in the data set's folder"),
        (dvbpr, "holds files of something else"),
        (tmp_path / ("y" * 300), "at most 240 bytes"),
    ):
        with pytest.raises(InputError, match=message):
            compared(output)
    (tmp_path / "empty").mkdir()
    assert compared(tmp_path / "empty")["rows"] == compared(tmp_path / "empty")["rows"]


def test_all_rows_in_the_papers_order_and_a_ceiling_on_stored_features(planted, monkeypatch):
    stored = CompareConfig("data", "out")
    names = [row.name for row in rows_of(stored, planted)]
    assert names == ["RAND", "PopRank", "WARP", "BPR-MF", "VisRank", "FM", "VBPR", "DeepStyle", "AMR", "DVBPR"]
    monkeypatch.setattr(rows_module, "list_features", lambda dataset: ["items", "resnet50"])
    rows = rows_of(CompareConfig("data", "out", features="resnet50"), planted)
    assert [row.name for row in rows[-3:]] == ["AMR", "VBPR (items)", "DVBPR"]
    assert [row.features for row in rows] == [None] * 4 + ["resnet50"] * 5 + ["items", None]
    assert len(settings_of(Row("vbpr"), "paper")) == len(settings_of(Row("bpr_mf"), "paper")) == 21
    # The paper's search has features as they come and one rate for all weights.
    told = {"feature_scaling": "length", "projection_learning_rate": 0.01}
    for one in settings_of(Row("vbpr"), "paper"):
        assert one.items() >= told.items()
        assert one["visual_regularisation"] == one["bias_regularisation"] == one["regularisation"]
    quick = [tuple(one.values()) for one in settings_of(Row("fm"), "quick")]
    assert quick == [(GRID[1][0], weight, rate) for weight in GRID[0] for rate in (0.001, 0.01)]
    assert settings_of(Row("dvbpr"), "paper") == settings_of(Row("vbpr"), "none") == [{}]


def test_the_papers_figures_are_known_by_the_data_sets_size():
    name, figures = published(64583, 234892)
    assert name == "Amazon Fashion" and figures["dvbpr"] == (0.7964, 0.7718) and figures["bpr_mf"][1] == 0.5514
    assert published(60, 90) is None


@pytest.mark.slow
def test_the_five_files(run, tmp_path, dvbpr):
    result = run(models=(*MODELS, "dvbpr"), seeds=1, dvbpr_workdir=(dvbpr,))
    result["published"] = "Amazon Fashion"
    result["rows"][0]["published"] = (0.5, 0.5)
    output = tmp_path / "written"
    files = tables.write(result, output)
    assert {file.name for file in files} >= {"table3.md", "table3.csv", "table3.tex", "table3.json"}
    assert {path.name for path in output.glob("[!.]*")} == {file.name for file in files}
    text = (output / "table3.md").read_text()
    assert "| RAND |" in text and "| .5000 | .5000 |" in text and "DVBPR - " in text
    with (output / "table3.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[2]["all"]) == result["rows"][2]["all"] and rows[2]["dim"] == "4"
    assert json.loads((output / "table3.json").read_text())["rows"][1]["name"] == "PopRank"
    lines = (output / "table3.tex").read_text().splitlines()
    assert lines[0] == r"\begin{tabular}{lrrrrr}" and lines[-1] == r"\end{tabular}"
    assert sum(r"\textbf" in line for line in lines) >= 1


def test_tables_that_somebody_changed_stay(run, tmp_path):
    output = tmp_path / "out"
    for _ in range(2):
        tables.write(run(models=("rand",)), output)
    (output / "notes.md").write_text("mine")
    (output / "table3.md").write_text("with my remarks")
    with pytest.raises(
        InputError, match=r"out: holds table3\.md, which was changed after it was written; move it away"
    ):
        run(models=("rand",))
    assert (output / "table3.md").read_text() == "with my remarks"
    # Written by an earlier version, or by a run that was killed before it came to the list.
    (output / ".written.json").unlink()
    tables.write(run(models=("rand",)), output)
    assert "RAND" in (output / "table3.md").read_text() and (output / "notes.md").read_text() == "mine"


def test_the_tool_prints_the_table(planted_folder, tmp_path, capsys):
    tool.cli(["compare", f"--dataset={planted_folder}", f"--output={tmp_path}/out", "--models=rand,poprank"])
    out = capsys.readouterr().out
    assert "RAND" in out and "PopRank" in out and "table3.md" in out
    assert "s: seconds of one training. runs: settings tried on validation." in out
    assert (tmp_path / "out/table3.json").is_file()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"models": ("svd",)}, "no model 'svd'"),
        ({"models": ("bpr_mf:colour",)}, "BPR-MF takes none"),
        ({"models": ("rand", "rand")}, "the same row twice"),
        ({"models": ("vbpr",)}, "extract_features"),
        ({"models": ("all", "bpr_mf")}, "all stands alone"),
        ({"models": ("vbpr:",)}, "'vbpr:' names no features"),
        ({"features": "mine"}, "features=mine has no effect with models without a visual model"),
        ({"dvbpr_workdir": ("a",)}, "dvbpr_workdir=a has no effect with models without dvbpr"),
        ({"dvbpr_photos": 160}, "dvbpr_photos=160 has no effect"),
        ({"models": ("dvbpr",), "dvbpr_workdir": ("a", "a"), "seeds": 2}, "the same run twice"),
        ({"seeds": 0}, "seeds=0"),
        ({"dvbpr_photos": 10}, "dvbpr_photos=10 has no effect"),
        ({"models": ("dvbpr",), "dvbpr_photos": 159}, "dvbpr_photos=159: 0, or at least the 160 of one step"),
        ({"dvbpr_workdir": ("a", "b")}, "2 runs given for seeds=1"),
        ({"grid": "wide"}, "grid=wide"),
    ],
)
def test_bad_input_is_named(run, given, message):
    with pytest.raises(InputError, match=message):
        run(**given)
