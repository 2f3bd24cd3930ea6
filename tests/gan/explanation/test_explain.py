import dataclasses
import json

import numpy as np
import pytest
from PIL import Image

from gan.explanation import explain as library
from gan.search import config as search_config
from gan.search.config import InversionConfig
from tests.support.tool import call, fails, names
from tf_dvbpr.workdir import Workdir
from tools import explain as tool

pytestmark = pytest.mark.stack


@pytest.fixture
def hasty(monkeypatch):
    """A search of a second."""
    settings = {"invert_starts": 2, "invert_candidates": 4, "invert_steps": 3}
    monkeypatch.setattr(library, "InversionConfig", lambda: InversionConfig(**settings))
    resolve = search_config.resolve
    monkeypatch.setattr(
        library, "resolve", lambda preset, given: dataclasses.replace(resolve(preset, given), steps=4, batch_size=8)
    )


@pytest.fixture
def run(capsys, small_recommender, lively_gan, hasty):
    shared = (f"--workdir={small_recommender}", f"--gan={lively_gan}", "--steps=32", "--noocclusion")
    return lambda *arguments: call(capsys, tool.cli, *shared, *arguments)


def test_what_would_change_two_users_minds(run, tmp_path, small_recommender):
    output = tmp_path / "why"
    status, out, _ = run("--user=u0,u1", "--item=i4", "--reach=.6", f"--output={output}")
    assert status == 0 and "the smallest change that reaches 60% of the catalogue" in out
    found = json.loads((output / "explain.json").read_text())["changes"]
    factors = Workdir.open(small_recommender).factors()
    assert found["category"] == "shoes" and [one["user"] for one in found["users"]] == ["u0", "u1"]
    for user, one in enumerate(found["users"]):
        scores = np.sort(factors.item_factors @ factors.user_factors[user])
        assert np.mean(scores < one["goal"]) >= 0.6 > np.mean(scores < scores[53])
        assert one["reached"] == (one["after"]["score"] >= one["goal"])
        for when in ("before", "after"):
            share = np.mean(scores < one[when]["score"])
            assert one[when]["percentile"] == pytest.approx(share, abs=1 / 90)
        before, after = (np.asarray(Image.open(output / one[when]["file"])).astype(int) for when in ("before", "after"))
        drift = np.abs(after - before).mean() / 127.5
        assert one["drift"] == pytest.approx(drift, abs=0.01)
        difference = np.asarray(Image.open(output / one["difference"]))
        assert (difference[(after == before).all(-1)] == 255).all()
    assert {"change.png", "explain.png", "1-before.png", "2-difference.png"} <= set(names(output))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--item=i4"], "name some by --user"),
        (["--item=i4", "--user=u0", "--category=hats"], "--category: "),
        (["--item=i4", "--user=u0", "--reach=1.5"], "--reach=1.5: expected a number above 0 and under 1"),
        (["--photo=README.md", "--user=u0"], "give its --category"),
    ],
)
def test_bad_input(run, tmp_path, arguments, message, monkeypatch):
    (tmp_path / "README.md").write_text("text")
    monkeypatch.chdir(tmp_path)
    assert message in fails(run, *arguments, f"--output={tmp_path / 'why'}")
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_flags_of_the_gan_without_one(capsys, small_recommender, tmp_path):
    line = fails(
        lambda *given: call(capsys, tool.cli, *given),
        f"--workdir={small_recommender}",
        "--item=i4",
        "--reach=.5",
        f"--output={tmp_path}/why",
    )
    assert "--reach has no effect without --gan" in line
