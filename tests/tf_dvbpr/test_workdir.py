"""The folder of a run: one training at a time, whole files, damage that is named."""

import dataclasses
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.support.repository import repository
from tests.support.small_training import config_for, train_bpr_mf, train_quietly
from tf_dvbpr.baselines import config as baseline_config
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.ranking.reference_rankings import random_ranking
from tf_dvbpr.report.history import History
from tf_dvbpr.training.checkpoint import Checkpoints
from tf_dvbpr.training.metrics_log import MetricsLog
from tf_dvbpr.training.recommender import RecommenderTraining
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError

pytestmark = pytest.mark.stack

ROOT = repository()


@pytest.mark.slow
def test_one_training_at_a_time(planted_folder, tmp_path):
    hold = "import sys; from pathlib import Path; from tfrecords.files.folder_lock import locked\n"
    hold += f"with locked(Path({str(tmp_path / 'run')!r}), 'training'):\n print(flush=True); sys.stdin.read()"
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


@pytest.mark.parametrize("kept", ["metrics.jsonl", "factors.npz", "checkpoints/checkpoint"])
def test_a_run_that_trained_nothing_takes_new_settings(planted, tmp_path, kept):
    Workdir.create_or_resume(config_for("data", tmp_path / "run", dim=9), planted)
    (tmp_path / "run" / "checkpoints").mkdir()
    (tmp_path / "run" / "metrics.jsonl").touch()
    assert Workdir.create_or_resume(config_for("data", tmp_path / "run"), planted).config["train"]["dim"] == 8
    assert Workdir.open(tmp_path / "run").config["train"]["dim"] == 8
    (tmp_path / "run" / kept).write_text("trained")
    with pytest.raises(InputError, match=r"dim=8, not with dim=9"):
        Workdir.create_or_resume(config_for("data", tmp_path / "run", dim=9), planted)


@pytest.mark.slow
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
    with pytest.raises(
        InputError, match=r"checkpoint: should name the newest checkpoint, and names none that is here"
    ) as caught:
        Checkpoints(tmp_path, {"weights": tf.Variable(1.0)}).restore()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", [b"junk {", b"", b"\xff\xfe\x00", b'model_checkpoint_path: "step-7"'])
def test_a_damaged_list_is_mended_by_the_next_checkpoint(tmp_path, damage):
    checkpoints = Checkpoints(tmp_path, {"weights": tf.Variable(1.0)}, keep=2)
    for step in (9, 10):
        checkpoints.save(step, {"step": step})
    (tmp_path / "checkpoint").write_bytes(damage)
    with pytest.raises(InputError, match=r'Write model_checkpoint_path: "step-10" as the only line of .*checkpoint to'):
        checkpoints.restore()
    checkpoints.save(11, {"step": 11})
    assert checkpoints.restore() == {"step": 11}
    assert sorted(path.stem for path in tmp_path.glob("*.index")) == ["step-10", "step-11"]
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "step-10"\n')
    assert checkpoints.restore() == {"step": 10}


@pytest.mark.slow
def test_what_a_kill_amid_a_checkpoint_left_goes_at_the_next_start(planted_folder, tmp_path):
    train_bpr_mf(planted_folder, tmp_path / "run")
    others = ["step-x_temp", "step-1_temp.txt", "my-step-2_temp"]
    for folder in ("checkpoints", "best"):
        for name in ("step-3_temp", "step-123_temp", *others[::2]):
            (tmp_path / "run" / folder / name).mkdir()
            (tmp_path / "run" / folder / name / "part-00000-of-00001.data-00000-of-00001").write_bytes(b"half")
        (tmp_path / "run" / folder / others[1]).write_text("")
    train_bpr_mf(planted_folder, tmp_path / "run")
    for folder in ("checkpoints", "best"):
        assert sorted(path.name for path in (tmp_path / "run" / folder).glob("*_temp*")) == sorted(others)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["validate", "keep_best", "save"])
def test_a_workdir_that_is_removed_during_training_is_named(planted_folder, tmp_path, monkeypatch, when):
    owner, name = {
        "validate": (RecommenderTraining, "validate"),
        "keep_best": (RecommenderTraining, "keep_best"),
        "save": (Checkpoints, "save"),
    }[when]
    own = getattr(owner, name)

    def removed_before(*arguments, **named):
        shutil.rmtree(tmp_path / "run")
        return own(*arguments, **named)

    monkeypatch.setattr(owner, name, removed_before)
    with pytest.raises(InputError, match=r"run: was removed while the training ran; train again from the start$"):
        train_bpr_mf(planted_folder, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_files_that_may_not_be_read_are_not_told_as_damage(tmp_path, monkeypatch):
    checkpoints = Checkpoints(tmp_path, {"weights": tf.Variable(1.0)})
    checkpoints.save(1, {"step": 1})

    def refuse(*_):
        raise tf.errors.PermissionDeniedError(None, None, f"{tmp_path}/step-1.index; Permission denied")

    monkeypatch.setattr(tf.train.Checkpoint, "read", refuse)
    with pytest.raises(InputError, match=r"cannot be read \(.*Permission denied\)\. See that its files may be read$"):
        checkpoints.restore()


@pytest.mark.slow
def test_a_broken_line_amid_metrics_stays_and_is_told_of(planted_folder, tmp_path, capsys):
    train_bpr_mf(planted_folder, tmp_path / "run", 3)
    path = tmp_path / "run" / "metrics.jsonl"
    whole = path.read_text()
    first, *others = whole.splitlines()
    assert others and MetricsLog(path).remark() == ""
    path.write_text("\n".join([first[:-5], *others, '{"step": 9']))
    capsys.readouterr()
    train_bpr_mf(planted_folder, tmp_path / "run", 3, show_progress=True)
    told = "metrics.jsonl: line 1 is damaged and left out"
    assert capsys.readouterr().err.splitlines()[0] == f"warning: {tmp_path / 'run'}: {told}"
    assert path.read_text() == "\n".join([first[:-5], *others, ""])
    history = History.of(Workdir.open(tmp_path / "run"))
    assert history.remark == told and history.lines == [json.loads(line) for line in others]


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
        open_embedder(Workdir.open(tmp_path))


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


@pytest.mark.parametrize("value", [True, "8", 8.5, None, [8]])
def test_a_setting_of_another_type_is_named(value, tmp_path):
    train = dataclasses.asdict(baseline_config.resolve("data", str(tmp_path), "bpr_mf", {})) | {"batch_size": value}
    config = {"model": "bpr_mf", "dataset": "data", "dataset_fingerprint": "", "train": train, "versions": {}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match=r"config\.json: train\.batch_size is .*, which no training writes"):
        Workdir.open(tmp_path).settings(baseline_config.BaselineConfig)


@pytest.mark.parametrize("number", ["Infinity", "NaN", "1e999"])
def test_a_number_that_json_does_not_have_is_refused(number, tmp_path):
    text = json.dumps({"model": "bpr_mf", "dataset": "d", "dataset_fingerprint": "", "train": {"seed": 0}})
    (tmp_path / "config.json").write_text(text.replace('"seed": 0', f'"seed": {number}'))
    with pytest.raises(InputError, match="not a run's config"):
        Workdir.open(tmp_path)
