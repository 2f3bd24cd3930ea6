import json
import shutil

import numpy as np
import pytest
from PIL import Image

from tests.support.tool import call
from tf_dvbpr.ranking import auc, held_out
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.held_out import SPLITS
from tf_dvbpr.ranking.reference_rankings import popularity_ranking, random_ranking
from tf_dvbpr.recommender.config import EvaluateConfig
from tf_dvbpr.recommender.evaluate import evaluate
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tools import evaluate_auc, export_saved_model, recommend
from tools.common import table
from tools.common.index_line import index_line


@pytest.fixture(scope="module")
def workdir(small_recommender, make_folder):
    """A copy: the evaluations leave their figures in it."""
    return shutil.copytree(small_recommender, make_folder("run") / "run")


@pytest.fixture
def run(capsys):
    """Runs a tool as its console script would: (exit status, standard output, standard error)."""

    return lambda tool, *arguments: call(capsys, tool.cli, *arguments)


def fails(run, tool, *arguments, status=1):
    """The one line a refusal prints."""
    got, out, err = run(tool, *arguments)
    assert got == status and out == "" and err.startswith("error: ") and err.count("\n") == 1
    return err


def test_table():
    assert table.render(["", "n"], [["a", 1], ["bcd", 200]]) == "\n".join(
        ["       n", "---  ---", "a      1", "bcd  200"]
    )


def test_popularity_ranking_is_the_training_count(planted):
    counts = [sum(item in planted.train_of(u) for u in range(60)) for item in range(90)]
    factors = popularity_ranking(planted)
    np.testing.assert_array_equal(factors.user_factors @ factors.item_factors.T, np.tile(counts, (60, 1)))


def test_random_ranking_is_seeded_and_another_order_for_each_user(planted):
    factors, again, other = random_ranking(planted, 1), random_ranking(planted, 1), random_ranking(planted, 2)
    np.testing.assert_array_equal(factors.user_factors, again.user_factors)
    assert (factors.user_factors != other.user_factors).any()
    orders = np.argsort(factors.user_factors @ factors.item_factors.T)
    assert len({tuple(order) for order in orders}) == 60


def test_evaluate_writes_what_it_prints(run, workdir, planted):
    status, out, _ = run(evaluate_auc, f"--workdir={workdir}")
    assert status == 0
    result = json.loads((workdir / "auc.json").read_text())
    assert [row["name"] for row in result["rows"]] == ["RAND", "PopRank", "DVBPR"]
    assert (result["protocol"], result["ties"], result["data_set"]) == ("exact", "strict", planted.name)
    assert result["step"] == Workdir.open(workdir).factors().step > 0
    for row, line in zip(result["rows"], out.splitlines()[4:7], strict=True):
        figures = [line_part for line_part in line.split() if line_part not in ("+-", row["name"])]
        expected = []
        for split in SPLITS:
            report = row[split]
            for group in ("all", "warm", "cold"):
                expected += [report[group], report[f"{group}_se"]]
            assert report["all_users"] == 60 == report["warm_users"] + report["cold_users"]
            assert 0 < report["cold_users"] < 60
        assert figures == [f"{value:.4f}" for value in expected]
    assert out.splitlines()[7].split()[:2] == ["users", "60"]
    report = auc.evaluate(Workdir.open(workdir).factors(), planted, "test")
    assert result["rows"][2]["test"]["all"] == report.all


def test_evaluate_under_the_authors_protocol(run, workdir, tmp_path):
    first, second = tmp_path / "new" / "first.json", tmp_path / "second.json"
    for output in (first, second):
        assert run(evaluate_auc, f"--workdir={workdir}", "--protocol=release", "--seed=5", f"--output={output}")[0] == 0
    assert first.read_text() == second.read_text()
    assert json.loads(first.read_text())["protocol"] == "release"


def test_evaluate_a_factors_file_beside_the_oracle(run, planted, planted_folder, tmp_path):
    folder, mine = tmp_path / "dataset", tmp_path / "mine.npz"
    shutil.copytree(planted_folder, folder)
    # The truth of the planted shop: user u likes colour u % 3, item i has colour i % 3.
    colour = np.eye(3, dtype=np.float32)
    tastes, looks = ([int(key[1:]) % 3 for key in keys] for keys in (planted.user_keys, planted.item_keys))
    truth = Factors(colour[tastes], colour[looks], planted.user_keys, planted.item_keys)
    truth.save(folder / "oracle.npz")
    random_ranking(planted, 9).save(mine)
    output = tmp_path / "auc.json"
    status, out, _ = run(evaluate_auc, f"--factors={mine}", f"--dataset={folder}", "--ties=half", f"--output={output}")
    assert status == 0 and "oracle" in out
    rows = {row["name"]: row for row in json.loads(output.read_text())["rows"]}
    assert list(rows) == ["RAND", "PopRank", "mine", "oracle"]
    # 60 items of other colours are beaten, the 22 unknown ones of one's own colour tie.
    assert rows["oracle"]["test"]["all"] == pytest.approx((60 + 22 / 2) / 82)
    assert (
        evaluate(EvaluateConfig(factors=str(mine), dataset=str(folder), ties="half"), progress=False)["model"] == "mine"
    )


def test_figures_that_do_not_exist_are_null(planted, planted_folder, tmp_path, monkeypatch):
    random_ranking(planted).save(tmp_path / "mine.npz")
    monkeypatch.setattr(held_out, "COLD_BELOW", 0)
    config = EvaluateConfig(factors=str(tmp_path / "mine.npz"), dataset=str(planted_folder))
    report = evaluate(config, progress=False)["rows"][0]["test"]
    assert (report["cold"], report["cold_se"], report["cold_users"]) == (None, None, 0)


def test_evaluate_refuses(run, workdir, planted, planted_folder, tmp_path):
    with pytest.raises(InputError, match="protocol=other: expected one of exact, release"):
        EvaluateConfig(workdir="run", protocol="other")
    assert "either --workdir" in fails(run, evaluate_auc)
    assert "--factors needs --dataset" in fails(run, evaluate_auc, "--factors=mine.npz")
    assert "contradicts" in fails(run, evaluate_auc, f"--workdir={workdir}", "--protocol=release", "--ties=half")
    assert "not a workdir" in fails(run, evaluate_auc, f"--workdir={tmp_path}")
    (tmp_path / "file").touch()
    for output, said in (
        (tmp_path, "a folder is here"),
        (tmp_path / "file" / "auc.json", "file is a file, not a folder"),
    ):
        assert said in fails(run, evaluate_auc, f"--workdir={workdir}", f"--output={output}")
    fails(run, evaluate_auc, f"--workdir={workdir}", "--protocol=guess", status=2)
    diverged = tmp_path / "diverged.npz"
    Factors(np.full((60, 2), np.nan), np.ones((90, 2)), planted.user_keys, planted.item_keys).save(diverged)
    assert "not finite" in fails(run, evaluate_auc, f"--factors={diverged}", f"--dataset={planted_folder}")


def test_recommend_prints_the_best_unknown_items(run, workdir, planted):
    status, out, _ = run(recommend, f"--workdir={workdir}", "--user=u4", "--k=3", "--category=tops")
    assert status == 0
    factors = Workdir.open(workdir).factors()
    user = planted.user_keys.tolist().index("u4")
    own = {*planted.train_of(user), planted.validation[user], planted.test[user]}
    scores = factors.item_factors @ factors.user_factors[user]
    tops = planted.category_names.index("tops")
    left = [item for item in range(90) if item not in own and planted.item_categories[item] == tops]
    best = sorted(left, key=lambda item: -scores[item])[:3]
    lines = [line.split() for line in out.splitlines()[3:6]]
    assert [line[:3] for line in lines] == [
        [str(n + 1), planted.item_keys[item], "tops"] for n, item in enumerate(best)
    ]
    assert [float(line[3]) for line in lines] == pytest.approx([scores[item] for item in best], rel=1e-3)


@pytest.mark.slow
def test_recommend_draws_purchases_above_recommendations(run, workdir, planted, tmp_path):
    picture = tmp_path / "new" / "top.png"
    status, out, _ = run(recommend, f"--workdir={workdir}", "--user=u0,u1", "--k=90", f"--picture={picture}")
    assert status == 0 and f"picture written to {picture}" in out
    assert out.splitlines()[0] == "u0" and "\nu1\n" in out and out.count("only 82 items are left") == 2
    pixels = np.asarray(Image.open(picture)).astype(int)
    # u0 bought red garments only: the first row of photos is red.
    first_row = pixels[80:140]
    red = (first_row[..., 0] > 120) & (first_row[..., 1] < 100) & (first_row[..., 2] < 100)
    green = (first_row[..., 1] > 120) & (first_row[..., 0] < 100)
    assert red.sum() > 100 * 60 * 7 and green.sum() == 0


def test_recommend_refuses(run, workdir, tmp_path):
    here = f"--workdir={workdir}"
    assert "did you mean u59" in fails(run, recommend, here, "--user=u599")
    assert "no such user" in fails(run, recommend, here, "--user=u0,somebody else")
    assert "it has shoes, tops" in fails(run, recommend, here, "--user=u0", "--category=hats")
    assert "from 1 to 90" in fails(run, recommend, here, "--user=u0", "--k=0")
    assert "from 1 to 90" in fails(run, recommend, here, "--user=u0", "--k=91")
    picture = tmp_path / "top.gif"
    assert "must end in .png" in fails(run, recommend, here, "--user=u0", f"--picture={picture}")
    fails(run, recommend, here, status=2)
    assert not picture.exists()
    (tmp_path / "folder.png").mkdir()
    assert "a folder is here" in fails(run, recommend, here, "--user=u0", f"--picture={tmp_path}/folder.png")


@pytest.mark.slow
def test_export_tool(run, workdir, tmp_path):
    output = tmp_path / "export" / "1"
    status, out, _ = run(export_saved_model, f"--workdir={workdir}", f"--output={output}")
    assert status == 0 and "signatures recommend, score, embed_image, score_image" in out
    assert (output / "saved_model.pb").is_file()
    assert "--overwrite" in fails(run, export_saved_model, f"--workdir={workdir}", f"--output={output}")
    below_a_file = f"--output={output}/saved_model.pb/1"
    assert "is a file, not a folder" in fails(run, export_saved_model, f"--workdir={workdir}", below_a_file)
    assert "at most 240 bytes" in fails(run, export_saved_model, f"--workdir={workdir}", f"--output={'y' * 250}")


def test_the_line_of_an_index():
    figures = {
        "lists": 128,
        "users": 256,
        "probes": {"": 22, "tops": 30, "hats": 0, "gone": 0},
        "recall@100": {"": 0.98416, "tops": 0.98, "hats": 1.0, "gone": None},
    }
    whole = "index: recall@100 0.9842 of 256 users, 22 of 128 lists read; tops 0.9800 (30), hats exact"
    assert index_line(figures) == whole
    assert index_line({**figures, "bytes": 3 * 2**19}) == f"{whole}; 1.5 MiB beside the model"


@pytest.mark.slow
def test_export_tool_with_an_index(run, workdir, tmp_path):
    pytest.importorskip("faiss")
    output = tmp_path / "export" / "1"
    here = f"--workdir={workdir}", f"--output={output}"
    assert "--probes has no effect without --index" in fails(run, export_saved_model, *here, "--probes=3")
    assert "at most 1" in fails(run, export_saved_model, *here, "--index=ivf", "--least_recall=1.5")
    refused = fails(run, export_saved_model, *here, "--index=ivfpq", "--probes=1", "--least_recall=1")
    assert "--index=ivfpq: recall@100" in refused and "with --probes=1 of 16 lists" in refused
    assert not output.parent.exists() or not any(output.parent.iterdir())
    status, out, _ = run(export_saved_model, *here, "--index=ivfpq")
    assert status == 0 and "signatures recommend, score, recommend_exact, embed_image" in out
    figures = json.loads((output / "assets.extra" / "index.json").read_text())
    assert figures["lists"] == 16 and figures["users"] == 60 and min(figures["recall@100"].values()) >= 0.98
    line = f"index: recall@100 {figures['recall@100']['']:.4f} of 60 users, {figures['probes']['']} of 16 lists read; "
    assert line in out and out.rstrip().endswith("MiB beside the model")
    status, out, _ = run(export_saved_model, *here, "--index=ivf", "--overwrite")
    assert status == 0 and not (output / "assets.extra" / "index.faiss").exists()
