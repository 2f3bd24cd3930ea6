"""The settings of a design: presets, and flags in their place."""

import pytest

from gan.search.config import PRESETS, AscentConfig, resolve
from tests.support.shop import told_in_one_line
from tf_dvbpr.dvbpr.config import PRESET
from tools.common import ascent_flags


def test_the_presets_are_those_of_the_paper_and_of_the_release():
    paper, release = resolve("paper", {}), resolve("release", {})
    assert (paper.starts, paper.steps, paper.learning_rate, paper.eta) == (64, 50, 0.05, 1.0)
    assert (paper.latent_form, paper.candidates, paper.choice) == ("tanh", 0, "top_k")
    assert (release.starts, release.steps, release.learning_rate, release.eta) == (16, 10, 0.05, 1.0)
    assert (release.latent_form, release.start_deviation, release.candidates) == ("free", 0.5, 0)
    assert set(PRESETS) == set(PRESET.choices)


def test_what_is_given_stands_in_the_presets_place():
    config = resolve("fast", {"steps": 3, "starts": 20})
    assert (config.preset, config.steps, config.starts, config.candidates) == ("fast", 3, 20, 512)


def test_more_starts_than_the_preset_has_candidates_need_no_other_flag():
    assert resolve("fast", {"starts": 600}).candidates == 0
    assert resolve("fast", {"starts": 512}).candidates == 512
    with told_in_one_line("candidates=64: expected 0, or from starts=100 to a million"):
        resolve("fast", {"starts": 100, "candidates": 64})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("starts", 0),
        ("steps", 0),
        ("batch_size", -1),
        ("seed", -1),
        ("seed", 2**31),
        ("candidates", 63),
        ("learning_rate", float("inf")),
        ("eta", float("nan")),
        ("start_deviation", 0.0),
        ("latent_form", "box"),
        ("choice", "best"),
        ("precision", "float16"),
    ],
)
def test_bad_settings_are_refused_by_name(name, value):
    with told_in_one_line(f"{name}={value}: expected"):
        AscentConfig(**{name: value})


def test_numbers_of_a_flag():
    assert ascent_flags.numbers(["2", "0.5"], "weights") == (2.0, 0.5)
    assert ascent_flags.numbers([], "weights") == ()
    with told_in_one_line("weights=1,x: numbers with commas between expected"):
        ascent_flags.numbers(["1", "x"], "weights")
