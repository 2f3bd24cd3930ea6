"""The loop: exact resume, the best model, divergence, the workdir's refusals, a planted taste."""

import dataclasses
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.baselines import config as baseline_config
from tf_dvbpr.baselines import train as baselines
from tf_dvbpr.checkpoint import Checkpoints
from tf_dvbpr.factors import Factors
from tf_dvbpr.metrics_log import MetricsLog
from tf_dvbpr.reference_rankings import random_ranking
from tf_dvbpr.train import resolve, train
from tf_dvbpr.train_config import PRESETS, TrainConfig
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError

ROOT = Path(__file__).parent.parent
SMALL = {"image_size": 32, "dim": 8, "batch_size": 16, "shared_negatives": 8, "epochs": 1.0, "eval_every": 4}


def settings(**given):
    merged = {**SMALL, **given}
    if merged.get("negatives") == "one":
        del merged["shared_negatives"]
    return merged


def config_for(dataset, workdir, preset="fast", **given):
    return resolve(str(dataset), str(workdir), preset, settings(**given))


def train_quietly(config):
    return train(config, show_progress=False)


def checkpoint_values(workdir):
    newest = tf.train.latest_checkpoint(str(workdir / "checkpoints"))
    reader = tf.train.load_checkpoint(newest)
    # The counter says how often this process saved: bookkeeping, not state.
    passed_over = ("loop_state", "save_counter")
    names = [name for name in reader.get_variable_to_shape_map() if not name.startswith(passed_over)]
    return {name: reader.get_tensor(name) for name in names if name != "_CHECKPOINTABLE_OBJECT_GRAPH"}


def metrics_without_clock(workdir):
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def assert_same_run(one, two):
    assert metrics_without_clock(one) == metrics_without_clock(two)
    first, second = checkpoint_values(one), checkpoint_values(two)
    assert first.keys() == second.keys()
    assert any("adam" in name for name in first)
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
    best_one, best_two = Factors.load(one / "factors.npz"), Factors.load(two / "factors.npz")
    assert best_one.step == best_two.step
    np.testing.assert_array_equal(best_one.item_factors, best_two.item_factors)


@pytest.fixture(scope="module", params=["one", "shared"])
def unbroken(request, planted_folder, tmp_path_factory):
    """A run of 24 steps with dropout and mirroring that nothing interrupted."""
    workdir = tmp_path_factory.mktemp("unbroken") / request.param
    train_quietly(config_for(planted_folder, workdir, negatives=request.param))
    return workdir, request.param


def test_killed_at_any_moment_and_resumed_equals_unbroken(unbroken, planted_folder, tmp_path):
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
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
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
    with pytest.raises(InputError, match=r"--dim=8, not 9"):
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


def test_one_training_at_a_time(planted_folder, tmp_path):
    hold = "import sys; from pathlib import Path; from tfrecords.folder_lock import held\n"
    hold += f"with held(Path({str(tmp_path / 'run')!r}), 'training'):\n print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        for start in (train_quietly, lambda config: train_bpr_mf(planted_folder, config.workdir)):
            with pytest.raises(InputError, match="run: another process is training here"):
                start(config_for(planted_folder, tmp_path / "run"))
        assert not list((tmp_path / "run").iterdir())
        other.kill()
    train_bpr_mf(planted_folder, tmp_path / "run")


def train_bpr_mf(dataset, workdir):
    baselines.train(baseline_config.resolve(str(dataset), str(workdir), "bpr_mf", {"epochs": 1}), show_progress=False)


@pytest.mark.parametrize("kept", ["metrics.jsonl", "factors.npz", "checkpoints/checkpoint"])
def test_a_run_that_trained_nothing_takes_new_settings(planted, tmp_path, kept):
    Workdir.create_or_resume(config_for("data", tmp_path / "run", dim=9), planted)
    (tmp_path / "run" / "checkpoints").mkdir()
    (tmp_path / "run" / "metrics.jsonl").touch()
    assert Workdir.create_or_resume(config_for("data", tmp_path / "run"), planted).config["train"]["dim"] == 8
    assert Workdir.open(tmp_path / "run").config["train"]["dim"] == 8
    (tmp_path / "run" / kept).write_text("trained")
    with pytest.raises(InputError, match=r"--dim=8, not 9"):
        Workdir.create_or_resume(config_for("data", tmp_path / "run", dim=9), planted)


def test_a_damaged_checkpoint_is_named(planted_folder, tmp_path):
    config = config_for(planted_folder, tmp_path / "run", max_photos=200)
    train_quietly(config)
    for data in (tmp_path / "run" / "checkpoints").glob("*.data*"):
        data.write_bytes(data.read_bytes()[: data.stat().st_size // 2])
    with pytest.raises(InputError, match=r"step-\d+: this checkpoint cannot be read"):
        train_quietly(dataclasses.replace(config, max_photos=0))


@pytest.mark.parametrize("damage", [b"junk {", b"", b"\xff\xfe\x00"])
def test_a_damaged_list_of_checkpoints_starts_nothing_anew(tmp_path, damage):
    Checkpoints(tmp_path, {"weights": tf.Variable(1.0)}).save(1, {"step": 1})
    (tmp_path / "checkpoint").write_bytes(damage)
    with pytest.raises(InputError, match=r"checkpoint: this checkpoint cannot be read") as caught:
        Checkpoints(tmp_path, {"weights": tf.Variable(1.0)}).restore()
    assert "\n" not in str(caught.value)


def test_damaged_lines_of_metrics_are_dropped(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"step": 1}\n\xff\xfe\n[]\n{"step": "a"}\n{"step": null}\n{"step": 2}\n')
    assert [line["step"] for line in MetricsLog(path).read()] == [1, 2]
    MetricsLog(path).cut_after(1)
    assert path.read_text() == '{"step": 1}\n'


@pytest.mark.parametrize("spoilt", [{"dataset": 5}, {"train": []}, {"model": []}, {"model": "svd"}])
def test_a_damaged_config_is_named(planted, tmp_path, spoilt):
    Workdir.create_or_resume(config_for("data", tmp_path), planted)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, **spoilt}))
    with pytest.raises(InputError, match=r"config\.json: not a run's config"):
        Workdir.open(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({**config, "train": {"dim": "8"}}))
    random_ranking(planted).save(tmp_path / "factors.npz")
    with pytest.raises(InputError, match=r"config\.json: not a run's config"):
        Workdir.open(tmp_path).embedder()


def test_damaged_factors_are_named(planted, tmp_path):
    path = tmp_path / "factors.npz"
    whole = random_ranking(planted)
    whole.save(path)
    good = path.read_bytes()
    damaged = [b"", good[: len(good) // 2]]
    for place in range(5, len(good), len(good) // 40):
        damaged.append(good[:place] + bytes([good[place] ^ 16]) + good[place + 1 :])
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            np.testing.assert_array_equal(Factors.load(path).item_factors, whole.item_factors)
        except InputError as error:
            assert "not a whole factors file" in str(error) and "\n" not in str(error)
            refused += 1
    assert refused > 30
    for array in (whole.item_keys, np.float32(1)):
        np.savez(path, step=0, user_factors=array, item_factors=array, user_keys=array, item_keys=array)
        with pytest.raises(InputError, match="not a whole factors file"):
            Factors.load(path)
    with path.open("wb") as file:
        np.save(file, whole.item_factors)
    with pytest.raises(InputError, match="not a whole factors file"):
        Factors.load(path)


def test_a_checkpoint_that_a_full_disk_cut_short_leaves_nothing(tmp_path, monkeypatch):
    variable = tf.Variable([1.0, 2.0])
    checkpoints = Checkpoints(tmp_path, {"weights": variable})
    checkpoints.save(1, {"step": 1})

    def cut_short(manager, checkpoint_number):
        half = tmp_path / f"step-{checkpoint_number}_temp"
        half.mkdir()
        (half / "part").write_bytes(b"half")
        (tmp_path / f"step-{checkpoint_number}.data-00000-of-00001").write_bytes(b"half")
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    before = sorted(tmp_path.iterdir())
    with monkeypatch.context() as patch:
        patch.setattr(tf.train.CheckpointManager, "save", cut_short)
        with pytest.raises(tf.errors.ResourceExhaustedError):
            checkpoints.save(12, {"step": 12})
    assert sorted(tmp_path.iterdir()) == before
    variable.assign([0.0, 0.0])
    assert checkpoints.restore() == {"step": 1}
    np.testing.assert_array_equal(variable, [1.0, 2.0])


def test_the_embedder_gives_the_factors_of_the_best_step(unbroken, planted):
    workdir, _ = unbroken
    run = Workdir.open(workdir)
    from tfrecords.photo_table import load_photo_table

    table = load_photo_table(planted, 32, progress=False)
    expected = run.factors().item_factors
    # Another batch size adds in another order: equal to float32's last digits at the scale of a style vector.
    np.testing.assert_allclose(run.embedder()(table).numpy(), expected, rtol=1e-5, atol=2e-6 * np.abs(expected).max())


def test_host_device_and_encoded_photos_train_alike(unbroken, planted_folder, tmp_path):
    expected, negatives = unbroken
    for store in ("device", "encoded"):
        train_quietly(config_for(planted_folder, tmp_path / store, negatives=negatives, photo_store=store))
        assert_same_run(expected, tmp_path / store)


def test_a_setting_without_effect_is_refused():
    with pytest.raises(InputError, match="--shared_negatives=8 says nothing to --negatives=one"):
        resolve("data", "run", "fast", {"negatives": "one", "shared_negatives": 8})


def test_presets_are_the_sources():
    paper = resolve("data", "run", "paper", {})
    assert (paper.dim, paper.batch_size, paper.conv1_padding, paper.image_size) == (50, 128, "valid", 224)
    assert (paper.weight_decay, paper.user_penalty, paper.dropout) == (1e-3, 1.0, 0.5)
    release = resolve("data", "run", "release", {})
    assert (release.dim, release.conv1_padding, release.epochs, release.learning_rate) == (100, "same", 20, 1e-4)
    assert (release.negatives, release.flip, release.adam_epsilon, release.image_size) == ("one", False, 1e-8, 224)
    assert resolve("data", "run", "release", {"dim": 7}).dim == 7
    assert set(PRESETS) == {"fast", "paper", "release"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image_size", 100),
        ("dim", 0),
        ("batch_size", 0),
        ("dropout", 1.0),
        ("learning_rate", 0.0),
        ("negatives", "many"),
        ("seed", -1),
        ("weight_decay", -0.1),
        ("epochs", 0.0),
        ("epochs", float("inf")),
        ("epochs", 1e300),
        ("learning_rate", float("nan")),
        ("user_learning_rate", float("inf")),
        ("adam_epsilon", float("inf")),
        ("weight_decay", float("nan")),
        ("user_penalty", float("inf")),
        ("dropout", float("nan")),
        ("image_size", 32_000_000),
        ("dim", 10**9),
        ("batch_size", 10**9),
        ("shared_negatives", 10**9),
        ("warmup_steps", 10**30),
    ],
)
def test_impossible_settings_name_the_flag(name, value):
    with pytest.raises(InputError, match=re.escape(f"--{name}={value}: expected")):
        TrainConfig("data", "run", **{name: value})


def test_max_photos_is_whole_steps_and_one_at_least():
    assert resolve("data", "run", "fast", {"max_photos": 2 * 160 + 159}).total_steps(1000) == 2
    with pytest.raises(InputError, match=r"--max_photos=159: expected 0, or at least the 160 of one step"):
        resolve("data", "run", "fast", {"max_photos": 159})
