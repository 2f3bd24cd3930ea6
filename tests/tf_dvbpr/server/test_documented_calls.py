"""The curl lines of docs/guides/serving.md, run as they stand against a server of a real export."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from tests.support.repository import repository
from tests.support.served import running
from tf_dvbpr.ranking.topk import top_k
from tf_dvbpr.serving.export import ExportConfig, export
from tf_dvbpr.workdir import Workdir

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed"),
]

PAGE = (repository() / "docs/guides/serving.md").read_text(encoding="utf-8")
FENCED = re.findall(r"^```\w*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
BLOCKS = [block for block in FENCED if "curl " in block]


@pytest.fixture(scope="module")
def server(small_recommender, make_folder):
    folder = make_folder("documented") / "export"
    export(ExportConfig(str(small_recommender), str(folder / "1")))
    with running(folder, name="dvbpr") as server:
        yield server


@pytest.fixture(scope="module")
def here(planted, make_folder):
    folder = make_folder("calls")
    (folder / "photo.jpg").write_bytes(planted.encoded_photos([4])[0])
    return folder


def answer(server, here, block):
    # The page's keys are those of the quick start's data.
    for theirs, ours in (("localhost:8501", f"localhost:{server.port}"), ("u00012", "u12"), ("w0000", "i")):
        block = block.replace(theirs, ours)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block], cwd=here, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def block_with(text):
    (found,) = [block for block in BLOCKS if text in block]
    return found


@pytest.mark.slow
def test_each_is_answered(server, here):
    assert len(BLOCKS) == 7
    for block in BLOCKS:
        assert "error" not in answer(server, here, block), block


@pytest.mark.slow
def test_recommend(server, here, planted, small_recommender):
    outputs = answer(server, here, block_with('"recommend"'))["outputs"]
    factors = Workdir.open(small_recommender).factors()
    row = planted.user_keys.tolist().index("u12")
    items, scores = top_k(factors.user_factors, factors.item_factors, np.array([row]), 5, *planted.own_items())
    assert outputs["item_keys"] == [planted.item_keys[items[0]].tolist(), [""] * 5]
    np.testing.assert_allclose(outputs["scores"][0], scores[0], rtol=1e-4, atol=1e-6)
    assert outputs["scores"][1] == [None] * 5 and outputs["user_known"] == [True, False]


@pytest.mark.slow
def test_score(server, here, small_recommender):
    factors = Workdir.open(small_recommender).factors()
    user = factors.user_factors[factors.user_keys.tolist().index("u12")]
    items = [factors.item_factors[factors.item_keys.tolist().index(key)] for key in ("i5", "i7")]
    rows = answer(server, here, block_with('"score"'))["predictions"]
    np.testing.assert_allclose([row["scores"] for row in rows], np.array(items) @ user, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_photos(server, here, small_recommender):
    factors = Workdir.open(small_recommender).factors()
    user = factors.user_factors[factors.user_keys.tolist().index("u12")]
    vector = factors.item_factors[factors.item_keys.tolist().index("i4")]
    (row,) = answer(server, here, block_with('"score_image"'))["predictions"]
    assert row["image_readable"] is True and row["user_known"] is True
    np.testing.assert_allclose(row["scores"], user @ vector, rtol=1e-3, atol=1e-5)
    outputs = answer(server, here, block_with('"embed_image"'))["outputs"]
    np.testing.assert_allclose(outputs["style_vectors"], [vector], rtol=1e-3, atol=1e-5)
    assert outputs["image_readable"] == [True]


@pytest.mark.slow
def test_states(server, here):
    assert answer(server, here, block_with("models/dvbpr\n"))["model_version_status"][0]["state"] == "AVAILABLE"
    assert answer(server, here, block_with("healthz"))["version"] == 1
