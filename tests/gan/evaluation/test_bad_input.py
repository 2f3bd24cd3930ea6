"""What tools.evaluate_design refuses: one line, and nothing is left."""

import pytest
import tensorflow as tf

from tests.support.small_evaluation import STARTS, flags
from tests.support.tiny_gan import refusal
from tests.support.tool import names
from tf_dvbpr.baselines.config import resolve as resolve_baseline
from tf_dvbpr.baselines.train import train as train_baseline
from tools import evaluate_design as tool

pytestmark = pytest.mark.usefixtures("hasty_judge")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (["--etas=0,1"], "--etas has no effect without --eta_sweep"),
        (["--eta_sweep", "--eta=1"], "--eta contradicts --eta_sweep"),
        (["--eta_sweep", "--etas=0,x"], "--etas=0,x: numbers with commas between expected"),
        (["--eta_sweep", "--etas=1,1.0"], "different numbers of at least 0"),
        (["--eta_sweep", "--etas=-1,1"], "different numbers of at least 0"),
        (["--eta_sweep", "--etas=nan"], "different numbers of at least 0"),
        (["--trials=0"], "--trials=0: expected from 1"),
        (["--k=1"], "--k=1: expected from 2"),
        (["--k=4"], f"--k=4: at most --starts={STARTS} expected"),
        (["--judge=resnet"], "--judge=resnet: expected one of own, "),
        (["--judge_weights=w.h5"], "--judge_weights=w.h5: expected nothing with --judge=own"),
        (["--judge_batch_norm_epsilon=0.1"], "--judge_batch_norm_epsilon=0.1: expected nothing with --judge=own"),
        (["--judge=inception_v3", "--judge_weights=nowhere.h5"], "nowhere.h5"),
        (["--learning_rate=0"], "--learning_rate=0.0: expected a number above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(opened, judged_runs, tmp_path, capsys, more, expected):
    assert expected in refusal(capsys, tool, *flags(judged_runs, tmp_path / "out", *more))
    assert names(tmp_path) == []


def test_a_classifier_of_one_category_can_judge_nothing(opened, studio, judged_runs, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(studio.gan, "present", ("tops",))
    line = refusal(capsys, tool, *flags(judged_runs, tmp_path / "out"))
    assert "draws only one category" in line and "give --judge" in line


def test_an_output_that_holds_other_things(opened, judged_runs, tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine")
    assert "holds other things (no table4.json)" in refusal(capsys, tool, *flags(judged_runs, tmp_path))
    (tmp_path / "table4.json").write_text("{}")
    assert "holds other things (no fig3.json)" in refusal(capsys, tool, *flags(judged_runs, tmp_path, "--eta_sweep"))
    assert names(tmp_path) == ["mine.txt", "table4.json"]


def test_a_recommender_without_photos(planted_folder, judged_runs, tmp_path, capsys):
    workdir = tmp_path / "pop"
    train_baseline(resolve_baseline(str(planted_folder), str(workdir), "poprank", {}), show_progress=False)
    line = refusal(capsys, tool, *flags((workdir, judged_runs[1]), tmp_path / "out"))
    assert "does not look at photos; only DVBPR does" in line and not (tmp_path / "out").exists()


@pytest.mark.slow
def test_diverged_networks_end_in_one_line(opened, studio, judged_runs, tmp_path, capsys):
    bias = next(value for name, value in studio.gan.discriminator.named_variables().items() if name.endswith("bias"))
    before = bias.numpy()
    bias.assign(tf.fill(bias.shape, float("nan")))
    try:
        line = refusal(capsys, tool, *flags(judged_runs, tmp_path / "out"))
    finally:
        bias.assign(before)
    assert "the networks have diverged" in line and not (tmp_path / "out").exists()
