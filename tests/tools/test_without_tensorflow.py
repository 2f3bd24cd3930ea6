"""Tools that need only factors, tables or figures never import TensorFlow, whose import takes seconds."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.support.repository import repository
from tf_dvbpr.serving.rank import known_pairs, rank
from tf_dvbpr.workdir import Workdir

ROOT = repository()
ALONE = """
import importlib, json, sys
from absl import flags
name, *arguments = json.loads(sys.argv[1])
try:
    importlib.import_module(f"tools.{name}").cli([name, *arguments])
except SystemExit as ended:
    assert ended.code == 0, ended.code
print("imported:", *(name for name in ("tensorflow", "keras") if name in sys.modules))
"""


def printed(name, *arguments):
    """Runs a tool in a process of its own; returns its lines, and which of TensorFlow and Keras it imported."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps([name, *arguments])],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    *lines, last = done.stdout.splitlines()
    return lines, last.removeprefix("imported:").split()


@pytest.mark.slow
def test_recommend(small_recommender, planted, tmp_path):
    picture = tmp_path / "top.png"
    lines, imported = printed("recommend", f"--workdir={small_recommender}", "--user=u12", f"--picture={picture}")
    assert imported == [] and picture.is_file()
    shown = [(row[1], row[3]) for row in map(str.split, lines) if len(row) == 4 and row[0].isdigit()]
    factors = Workdir.open(small_recommender).factors()
    user = np.array([planted.user_keys.tolist().index("u12")])
    pairs = known_pairs(tf.constant(user), *map(tf.constant, planted.own_items()))
    every = tf.ones([planted.num_items], tf.bool)
    items, scores = rank(tf.constant(factors.user_factors[user]), tf.constant(factors.item_factors), pairs, every, 10)
    assert [key for key, _ in shown] == planted.item_keys[items[0].numpy()].tolist()
    np.testing.assert_allclose([float(score) for _, score in shown], scores[0], rtol=0, atol=6e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["evaluate_auc", "--help"],
        ["evaluate_auc", "--workdir={run}", "--protocol=release", "--output={here}/auc.json"],
        ["describe_dataset", "--dataset={data}", "--picture={here}/photos.png", "--verify"],
        ["report", "--recommender={run}", "--output={here}/report.html"],
    ],
    ids=lambda arguments: "-".join(arguments[:2]).partition("=")[0],
)
def test_others(arguments, small_recommender, planted, tmp_path):
    places = {"run": small_recommender, "data": planted.path, "here": tmp_path}
    lines, imported = printed(*(one.format(**places) for one in arguments))
    assert lines and imported == []


@pytest.mark.slow
def test_what_makes_tables_and_features_imports_no_tensorflow():
    modules = (
        "tf_dvbpr.comparison.tables", "tf_dvbpr.features.import_file", "tf_dvbpr.ranking.auc",
        "tf_dvbpr.recommender.evaluate", "tf_dvbpr.recommender.recommend", "tfrecords.dataset", "tfrecords.summary",
        "tfrecords.features.store",
    )  # fmt: skip
    code = f"import sys, {', '.join(modules)}; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=120, check=False).returncode == 0
