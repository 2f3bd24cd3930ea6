"""Every tool that reads a run finds its data set again after it was moved, and takes no other for it."""

import json
import shutil

import pytest

from tests.support.shop import write_shop
from tests.support.small_design import flags as search
from tests.support.tool import call
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tools import (
    design,
    evaluate_auc,
    evaluate_design,
    explain,
    export_saved_model,
    recommend,
    report,
    sample_gan,
    score_photos,
    tailor,
)

TAILOR = ("--steps=2", "--invert_starts=2", "--invert_candidates=2", "--invert_steps=2", "--every=1")


@pytest.fixture(scope="module")
def runs(small_recommender, lively_gan, tmp_path_factory):
    """(folder, copies of a recommender's and a GAN's workdir whose data set is not where they look for it)."""
    root, copies = tmp_path_factory.mktemp("moved"), []
    for path in (small_recommender, lively_gan):
        copy = root / path.name
        shutil.copytree(path, copy)
        config = json.loads((copy / "config.json").read_text())
        (copy / "config.json").write_text(json.dumps({**config, "dataset": str(root / "gone")}))
        copies.append(copy)
    return root, *copies


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Another data set."""
    root = tmp_path_factory.mktemp("other")
    write_shop(root / "shop")
    build_dataset(BuildConfig(source="csv", input=root / "shop", output=root / "dataset"), progress=False)
    return root / "dataset"


def commands(recommender, gan, output, photos):
    workdir, both = f"--workdir={recommender}", (f"--recommender={recommender}", f"--gan={gan}", f"--output={output}")
    return {
        "evaluate_auc": (evaluate_auc, workdir),
        "recommend": (recommend, workdir, "--user=u0"),
        "export": (export_saved_model, workdir, f"--output={output}"),
        "export_gan": (export_saved_model, f"--workdir={gan}", f"--output={output}"),
        "score_photos": (score_photos, workdir, f"--photos={photos}"),
        "explain": (explain, workdir, "--item=i0", "--user=u0", "--steps=32", f"--output={output}"),
        "sample_gan": (sample_gan, f"--workdir={gan}", f"--output={output}", "--count=1"),
        "design": (design, *search(recommender, gan, output, "--k=1")),
        "tailor": (tailor, *both, "--user=u0", "--item=i0", *TAILOR),
        "evaluate_design": (evaluate_design, *both, "--trials=2"),
        "report": (report, *both[:2], f"--output={output}.html"),
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", commands("", "", "", ""))
def test_a_data_set_that_moved(runs, other, planted, planted_folder, tmp_path, capsys, name):
    root, recommender, gan = runs
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "one.jpg").write_bytes(planted.encoded_photos([0])[0])
    tool, *given = commands(recommender, gan, tmp_path / "out", photos)[name]
    status, _, err = call(capsys, tool.cli, *given)
    assert (status, err.count("\n")) == (1, 1)
    assert f"trained on a data set at {root}/gone, and there is none now. If it was moved, give its folder as" in err
    status, _, err = call(capsys, tool.cli, *given, f"--dataset={other}")
    assert (status, err.count("\n")) == (1, 1)
    assert f"--dataset={other}: data set 'shop' is another than" in err
    if name != "evaluate_design":  # It trains a judge for long.
        assert call(capsys, tool.cli, *given, f"--dataset={planted_folder}")[0] == 0
