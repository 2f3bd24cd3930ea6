"""Damaged files, a judge that cannot be had and a full disk: one line, and nothing half-written is taken for whole."""

import errno

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from gan.metrics.frechet import FeatureStatistics
from tests.support.tiny_gan import checkpoint_values, metrics_without_clock, refusal, run_tool, training
from tools import export_saved_model, sample_gan

pytestmark = pytest.mark.usefixtures("few_pairs")


def cut_in_half(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def test_damaged_weights_are_named(gan, tmp_path, capsys):
    (data,) = (gan / "best").glob("*.data*")
    cut_in_half(data)
    for tool in (sample_gan, export_saved_model):
        line = refusal(capsys, tool, f"--workdir={gan}", f"--output={tmp_path}/out")
        assert f"{data.with_suffix('')}: this checkpoint cannot be read" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_damaged_judge_is_named_with_its_remedy(gan, planted_folder, capsys):
    longer = {"measure_samples": 100, "max_photos": 25 * 8}
    before = checkpoint_values(gan / "checkpoints")
    (data,) = (gan / "judge").glob("*.data*")
    whole = data.read_bytes()
    cut_in_half(data)
    line = refusal(capsys, *training(planted_folder, gan, **longer))
    assert f"{data.with_suffix('')}: this checkpoint cannot be read" in line
    assert f"Move {gan / 'judge'} away: the same command makes it again" in line
    data.write_bytes(whole)
    statistics = gan / "judge/statistics-own.npz"
    whole = statistics.read_bytes()
    cut_in_half(statistics)
    line = refusal(capsys, *training(planted_folder, gan, **longer))
    assert f"{statistics}: not whole feature statistics" in line and "Compute them again and save them" in line
    assert metrics_without_clock(gan)[-1]["step"] == 24
    for name, value in checkpoint_values(gan / "checkpoints").items():
        np.testing.assert_array_equal(value, before[name])
    statistics.unlink()
    assert run_tool(capsys, *training(planted_folder, gan, **longer))[0] == 0
    assert statistics.read_bytes() == whole
    assert metrics_without_clock(gan)[-1]["step"] == 25


@pytest.mark.slow
def test_a_judge_that_cannot_be_had(planted_folder, tmp_path, capsys, monkeypatch):
    def offline(weights):
        raise Exception("URL fetch failure on https://example.org/w.h5: None -- unknown host")

    run = tmp_path / "run"
    line = refusal(capsys, *training(planted_folder, run, judge="resnet50", judge_weights=tmp_path / "no.h5"))
    assert f"--judge_weights={tmp_path}/no.h5: no such file" in line
    monkeypatch.setattr(keras.applications, "ResNet50", offline)
    line = refusal(capsys, *training(planted_folder, run, judge="resnet50"))
    assert "--judge=resnet50: its weights could not be downloaded (URL fetch failure" in line
    assert "--judge_weights=FILE.h5" in line
    # Nothing was trained: the workdir takes other settings.
    assert not (run / "judge/checkpoint").exists()
    assert "--image_size=48" in refusal(capsys, *training(planted_folder, run, "--image_size=48"))


@pytest.mark.slow
def test_a_full_disk_leaves_only_what_is_whole(gan, planted_folder, tmp_path, capsys, monkeypatch):
    full, save = OSError(errno.ENOSPC, "No space left on device"), Image.Image.save
    saved = []

    def second_fails(image, path, *form, **options):
        path.write_bytes(b"half")
        saved.append(path)
        if len(saved) == 2:
            raise full
        save(image, path, *form, **options)

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(Image.Image, "save", second_fails)
        line = refusal(capsys, sample_gan, f"--workdir={gan}", f"--output={out}", "--count=1", "--neighbours=0")
    assert "the disk is full" in line
    assert not list(tmp_path.glob("*out*"))

    def statistics_fail(self, path):
        raise full

    (gan / "judge/statistics-own.npz").unlink()
    longer = training(planted_folder, gan, measure_samples=100, max_photos=25 * 8)
    with monkeypatch.context() as patch:
        patch.setattr(FeatureStatistics, "save", statistics_fail)
        assert "the disk is full" in refusal(capsys, *longer)

    def cut_short(manager, checkpoint_number):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(tf.train.CheckpointManager, "save", cut_short)
        assert "the disk is full" in refusal(capsys, *longer)
    assert tf.train.latest_checkpoint(str(gan / "checkpoints")).endswith("step-24")
    assert run_tool(capsys, *longer)[0] == 0
    assert [line["step"] for line in metrics_without_clock(gan)] == [6, 12, 18, 24, 25]
