"""Folders whose names are patterns to TensorFlow: read, written and cleared by their exact names."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.support import tf1_files
from tests.support.shop import told_in_one_line
from tests.support.small_training import checkpoint_values, train_bpr_mf
from tests.support.tool import names
from tf_dvbpr.comparison.runs import parameters_of
from tf_dvbpr.plain_path import is_lost
from tf_dvbpr.serving import export
from tf_dvbpr.tf1_checkpoints.reader import Tf1Checkpoint, write_tf1_checkpoint
from tf_dvbpr.training.checkpoint import Checkpoints
from tf_dvbpr.workdir import Workdir

pytestmark = pytest.mark.stack

# A name, and one that it matches as a pattern.
NAMES = [("a[b]c", "abc"), ("a*", "ab"), ("a?", "ab"), ("a\\b", "ab"), ("][", "x")]
KEPT = ["checkpoint", "step-2.data-00000-of-00001", "step-2.index"]


@pytest.mark.parametrize(("name", "neighbour"), NAMES)
def test_checkpoints_are_read_and_dropped_by_their_exact_names(tmp_path, name, neighbour):
    values = {}
    for number, folder in enumerate((neighbour, name)):
        values[folder] = tf.Variable([1.0, number])
        for step in (1, 2)[number:]:
            Checkpoints(tmp_path / folder, {"weights": values[folder]}, keep=3).save(step, {"step": step})
    Checkpoints(tmp_path / name, {"weights": values[name]}, keep=1).save(1, {"step": 1})
    Checkpoints(tmp_path / name, {"weights": values[name]}, keep=1).save(2, {"step": 2})
    assert names(tmp_path / name) == KEPT
    assert names(tmp_path / neighbour) == [*KEPT[:1], "step-1.data-00000-of-00001", "step-1.index", *KEPT[1:]]
    read = tf.Variable([0.0, 0.0])
    assert Checkpoints(tmp_path / name, {"weights": read}).restore() == {"step": 2}
    np.testing.assert_array_equal(read, [1.0, 1.0])


@pytest.mark.slow
def test_a_run_in_such_a_folder_is_the_run_it_would_be_elsewhere(planted_folder, tmp_path):
    odd = tmp_path / "a[b]*?\\c"
    odd.mkdir()
    dataset = shutil.copytree(planted_folder, odd / "data")
    train_bpr_mf(planted_folder, tmp_path / "plain", 2)
    for epochs in (1, 2):
        train_bpr_mf(dataset, odd / "run", epochs)
    first, second = (parameters_of(Workdir.open(folder)) for folder in (odd / "run", tmp_path / "plain"))
    assert first == second > 0
    with told_in_one_line(r"TensorFlow takes \[ \] and \\ in a path for a pattern .* name a folder without them"):
        export.export(export.ExportConfig(str(odd / "run"), str(odd / "model")))
    assert not (odd / "model").exists()
    export.export(export.ExportConfig(str(odd / "run"), str(tmp_path / "mod*el?")))
    assert "score" in tf.saved_model.load(str(tmp_path / "mod*el?")).signatures
    (odd / "run").rename(tmp_path / "run")
    expected, found = checkpoint_values(tmp_path / "plain"), checkpoint_values(tmp_path / "run")
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize("name", ["plain", "x[1]", "a*", "b\\c"])
@pytest.mark.parametrize("first_format", [False, True])
def test_the_savers_files_are_read_by_their_exact_names(tmp_path, name, first_format):
    values = {"a": np.float32([1, 2]), "b/c": np.float32([[3]])}
    if first_format:
        tf1_files.save(tmp_path / "made/w.ckpt", values, first_format=True)
        (tmp_path / name).mkdir()
        (tmp_path / "made/w.ckpt").rename(tmp_path / name / f"{name}.ckpt")
    else:
        write_tf1_checkpoint(tmp_path / name / f"{name}.ckpt", {key: tf.constant(one) for key, one in values.items()})
    (tmp_path / name / f"{name}.ckpt.index.txt").write_text("not of it")
    checkpoint = Tf1Checkpoint(tmp_path / name / f"{name}.ckpt")
    assert checkpoint.shapes == {"a": (2,), "b/c": (1, 1)}
    for key, value in values.items():
        np.testing.assert_array_equal(checkpoint.read(key), value)


@pytest.mark.parametrize(("path", "lost"), [("a[b]c", True), ("a\\b", True), ("a[b", False), ("a*?{b}~]", False)])
def test_what_cannot_be_loaded_is_known(tmp_path, path, lost):
    module = tf.Module()
    module.weights = tf.Variable([1.0, 2.0])
    tf.saved_model.save(module, str(tmp_path / path))
    assert is_lost(tmp_path / path) == lost
    if lost:
        with pytest.raises(OSError, match="any matching files"):
            tf.saved_model.load(str(tmp_path / path))
    else:
        np.testing.assert_array_equal(tf.saved_model.load(str(tmp_path / path)).weights, [1.0, 2.0])
