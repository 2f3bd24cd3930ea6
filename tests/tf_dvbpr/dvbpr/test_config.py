"""The settings of a training: presets, and what is refused."""

import dataclasses
import json
import re

import pytest

from tf_dvbpr.dvbpr.config import PRESETS, TrainConfig
from tf_dvbpr.dvbpr.presets import resolve
from tfrecords.errors import InputError


def test_a_setting_without_effect_is_refused():
    with pytest.raises(InputError, match="shared_negatives=8 has no effect with negatives=one"):
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
        ("optimizer", "sgd"),
        ("optimizer", ""),
        ("average", 1.0),
        ("average", -0.1),
        ("average", float("nan")),
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
    with pytest.raises(InputError, match=re.escape(f"{name}={value}: expected")):
        TrainConfig("data", "run", **{name: value})


def test_presets_take_adam_and_fast_alone_an_average():
    for preset in PRESETS:
        config = resolve("data", "run", preset, {})
        assert (config.optimizer, bool(config.average)) == ("adam", preset == "fast")
    assert resolve("data", "run", "fast", {"optimizer": "lazy_adam"}).average == 0
    assert resolve("data", "run", "fast", {"optimizer": "lazy_adam", "average": 0.9}).average == 0.9
    for name in ("adam", "lazy_adam", "adamw"):
        assert resolve("data", "run", "fast", {"optimizer": name}).optimizer == name


def test_fast_mirrors_no_photos_of_a_backbone_but_in_a_run_that_began_so(tmp_path):
    assert resolve("data", "run", "fast", {}).flip
    backbone = {"backbone": "resnet50"}
    assert not resolve("data", str(tmp_path / "new"), "fast", backbone).flip
    assert resolve("data", str(tmp_path / "new"), "fast", {**backbone, "flip": True}).flip
    before = {**dataclasses.asdict(TrainConfig("data", "run", preset="fast", backbone="resnet50")), "flip": True}
    content = {"model": "dvbpr", "dataset": "data", "dataset_fingerprint": "f", "train": before}
    (tmp_path / "config.json").write_text(json.dumps(content))
    assert resolve("data", str(tmp_path), "fast", backbone).flip
    assert not resolve("data", str(tmp_path), "fast", {**backbone, "flip": False}).flip
    assert not resolve("data", str(tmp_path), "fast", {"backbone": "resnet101"}).flip
    (tmp_path / "config.json").write_text("{}")
    assert not resolve("data", str(tmp_path), "fast", backbone).flip


def test_max_photos_is_whole_steps_and_one_at_least():
    assert resolve("data", "run", "fast", {"max_photos": 2 * 160 + 159}).total_steps(1000) == 2
    with pytest.raises(InputError, match=r"max_photos=159: expected 0, or at least the 160 of one step"):
        resolve("data", "run", "fast", {"max_photos": 159})
