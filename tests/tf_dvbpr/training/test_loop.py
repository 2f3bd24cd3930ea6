"""The loop: exact resume, the best model, divergence, a planted taste; a workdir of another run is refused."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.support.repository import repository
from tests.support.small_training import assert_same_run, config_for, metrics_without_clock, settings, train_quietly
from tests.support.tool import call
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.photo_store.table import load_photo_table
from tools import train_dvbpr

pytestmark = [pytest.mark.stack, pytest.mark.slow]

ROOT = repository()


@pytest.fixture(scope="module", params=["one", "shared"])
def unbroken(request, planted_folder, make_folder):
    """A run of 24 steps with dropout and mirroring that nothing interrupted."""
    workdir = make_folder("unbroken") / request.param
    train_quietly(config_for(planted_folder, workdir, negatives=request.param))
    return workdir, request.param


def test_killed_at_any_moment_and_resumed_equals_unbroken(unbroken, planted_folder, tmp_path, capsys):
    expected, negatives = unbroken
    workdir = tmp_path / "killed"
    flags = settings(negatives=negatives, checkpoint_every=3, dataset=planted_folder, workdir=workdir)
    command = [sys.executable, "-m", "tools.train_dvbpr", *(f"--{name}={value}" for name, value in flags.items())]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    metrics = workdir / "metrics.jsonl"
    while not (metrics.exists() and metrics.read_text().count("\n") >= 2):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert metrics.read_text().count("\n") < len(metrics_without_clock(expected))
    # A line that the dead process never finished, past the checkpoint, must not survive.
    with metrics.open("a") as file:
        file.write('{"step": 23, "photos"')
    assert call(capsys, train_dvbpr.cli, *command[3:])[0] == 0
    assert_same_run(expected, workdir)


def test_sigterm_leaves_a_checkpoint_of_that_step_and_resumes(unbroken, planted_folder, tmp_path):
    expected, negatives = unbroken
    workdir = tmp_path / "terminated"
    flags = settings(negatives=negatives, dataset=planted_folder, workdir=workdir)
    command = [sys.executable, "-m", "tools.train_dvbpr", *(f"--{name}={value}" for name, value in flags.items())]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while not (workdir / "factors.npz").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on from there" in shown and "Traceback" not in shown
    train_quietly(config_for(planted_folder, workdir, negatives=negatives))
    assert_same_run(expected, workdir)


def test_same_seed_same_run_and_a_finished_run_is_left_alone(unbroken, planted_folder, tmp_path):
    expected, negatives = unbroken
    config = config_for(planted_folder, tmp_path / "again", negatives=negatives)
    first = train_quietly(config)
    assert_same_run(expected, tmp_path / "again")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "again" / "checkpoints").iterdir()}
    assert train_quietly(config) == first
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "again" / "checkpoints").iterdir()}


@pytest.mark.long
def test_a_planted_taste_is_recovered(planted_folder, tmp_path):
    config = config_for(
        planted_folder,
        tmp_path / "run",
        epochs=12.0,
        eval_every=24,
        weight_decay=1e-4,
        learning_rate=3e-4,
        batch_size=32,
    )
    result = train_quietly(config)
    # Random order gives .5. Who knows the colours has (60 + 22 / 2) / 82 = .866: 60 items of other colours, 22 of the
    # user's own that were not bought.
    assert result["best_score"] > 0.8


def test_the_best_validation_is_kept(unbroken):
    workdir, _ = unbroken
    lines = metrics_without_clock(workdir)
    best = max(lines, key=lambda line: line["auc/validation_all"])
    assert Factors.load(workdir / "factors.npz").step == best["step"]
    assert [line["step"] for line in lines] == [4, 8, 12, 16, 20, 23]


def test_patience_stops_the_run(planted_folder, tmp_path):
    config = config_for(planted_folder, tmp_path / "run", learning_rate=1e-12, eval_every=1, patience=2, epochs=3.0)
    result = train_quietly(config)
    assert result["step"] < config.total_steps(360)
    assert result["step"] == result["best_step"] + 2


def test_a_loss_that_is_not_finite_stops_with_the_step_and_keeps_the_checkpoint(planted_folder, tmp_path):
    config = config_for(planted_folder, tmp_path / "run", learning_rate=1e18, eval_every=1000, checkpoint_every=1)
    with pytest.raises(InputError, match=r"loss '\w+' is (nan|inf) at step \d+.*learning_rate"):
        train_quietly(config)
    assert tf.train.latest_checkpoint(str(tmp_path / "run" / "checkpoints"))


def test_a_workdir_of_other_settings_or_other_data_is_refused(unbroken, planted_folder, tmp_path):
    workdir, negatives = unbroken
    before = (workdir / "config.json").read_text()
    with pytest.raises(InputError, match=r"dim=8, not with dim=9"):
        train_quietly(config_for(planted_folder, workdir, negatives=negatives, dim=9))
    assert (workdir / "config.json").read_text() == before
    config = json.loads(before)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "factors.npz").write_bytes(b"trained")
    (copy / "config.json").write_text(json.dumps({**config, "dataset_fingerprint": "another"}))
    with pytest.raises(InputError, match="another data set"):
        train_quietly(config_for(planted_folder, copy, negatives=negatives))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    with pytest.raises(InputError, match="not a workdir"):
        train_quietly(config_for(planted_folder, tmp_path / "full"))


def test_the_embedder_gives_the_factors_of_the_best_step(unbroken, planted):
    workdir, _ = unbroken
    run = Workdir.open(workdir)
    table = load_photo_table(planted, 32, progress=False)
    expected = run.factors().item_factors
    # Another batch size adds in another order: equal to float32's last digits at the scale of a style vector.
    np.testing.assert_allclose(
        open_embedder(run)(table).numpy(), expected, rtol=1e-5, atol=2e-6 * np.abs(expected).max()
    )


@pytest.mark.long
def test_host_device_and_encoded_photos_train_alike(unbroken, planted_folder, tmp_path):
    expected, negatives = unbroken
    for store in ("device", "encoded"):
        train_quietly(config_for(planted_folder, tmp_path / store, negatives=negatives, photo_store=store))
        assert_same_run(expected, tmp_path / store)
