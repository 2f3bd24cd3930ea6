"""KerasHub's presets: features as KerasHub itself gives them, and folders that are refused."""

import importlib.util
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.presets import SIDE, write_preset
from tests.support.tool import call, fails
from tf_dvbpr.networks.preset_folder import check_folder
from tf_dvbpr.networks.pretrained import load_pretrained
from tfrecords.errors import InputError
from tfrecords.features.store import load_features
from tfrecords.photo_store.table import load_photo_table
from tools import extract_features

pytestmark = pytest.mark.stack
HUB = importlib.util.find_spec("keras_hub") is not None
needs_hub = pytest.mark.skipif(not HUB, reason="KerasHub is not installed (extra hub; Keras 3 only)")


@pytest.fixture
def folder(tmp_path):
    """A folder that looks like a preset, with weights that are none."""
    path = tmp_path / "preset"
    path.mkdir()
    (path / "config.json").write_text(json.dumps({"class_name": "DINOV2Backbone", "config": {}}))
    (path / "model.weights.h5").write_bytes(b"no weights")
    (path / "image_converter.json").write_text("{}")
    return path


def refusal(folder):
    with pytest.raises(InputError) as refused:
        load_pretrained(str(folder))
    assert str(refused.value).startswith(f"network={folder}: ") and "\n" not in str(refused.value)
    return str(refused.value)


def test_folders_that_are_no_presets(folder, tmp_path):
    check_folder(str(folder))
    assert "no such folder" in refusal(tmp_path / "none")
    assert "a file, not a folder" in refusal(folder / "config.json")
    (folder / "config.json").rename(tmp_path / "kept")
    assert "no config.json in it" in refusal(folder)
    for text in ('{"class_name": "DINO', "[1]", "\xff"):
        (folder / "config.json").write_text(text, encoding="latin1")
        assert "its config.json is not whole" in refusal(folder)
    (folder / "config.json").write_text('{"class_name": "GPT2Backbone"}')
    assert "a preset of GPT2Backbone; one of these expected: DINOV2Backbone, " in refusal(folder)
    (tmp_path / "kept").rename(folder / "config.json")
    (folder / "image_converter.json").unlink()
    assert "no image_converter.json in it" in refusal(folder)
    (folder / "model.weights.h5").unlink()
    assert "no weights in it" in refusal(folder)


def test_without_keras_hub_it_is_said_how_to_get_it(folder, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "keras_hub", None)
    expected = "pip install 'tf_dvbpr[hub]'" if hasattr(keras, "Variable") else "needs Keras 3, and this is 2."
    assert expected in refusal(folder)


def test_settings_that_have_no_effect(capsys, tmp_path):
    def refused(*flags):
        return fails(lambda *all_flags: call(capsys, extract_features.cli, *all_flags), "--dataset=nowhere", *flags)

    assert "--weights has no effect with a preset's folder" in refused("--network=./preset", "--weights=w.h5")
    assert "or a KerasHub preset's folder, as in ./dinov2" in refused("--network=dinov2")


def expected_features(kind, backbone, converter, photos):
    """By KerasHub itself, with its own converter."""
    images = converter(photos)
    if kind in ("clip", "siglip"):
        return np.asarray(backbone.get_vision_embeddings(images))
    outputs = np.asarray(backbone(images, training=False))
    return outputs.mean(tuple(range(1, outputs.ndim - 1))) if kind == "swin" else outputs[:, 0]


@needs_hub
@pytest.mark.parametrize("kind", ["dinov2", "vit", "swin", "clip", "siglip"])
@pytest.mark.slow
def test_features_are_keras_hubs_own(kind, tmp_path):
    backbone, converter = write_preset(str(tmp_path / kind), kind)
    network = load_pretrained(str(tmp_path / kind))
    photos = np.random.default_rng(0).integers(0, 256, [3, SIDE, SIDE, 3]).astype(np.uint8)
    expected = expected_features(kind, backbone, converter, photos)
    assert (network.image_size, network.dim) == (SIDE, expected.shape[1])
    assert np.ptp(expected, 0).max() > 1e-2
    found = network.embed(tf.constant(photos)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    assert "scale [0.01, 0.02, 0.03], offset [-1.0, -0.5, 0.25]" in network.preprocessing


@needs_hub
@pytest.mark.slow
def test_the_tool_extracts_and_says_what_it_used(dataset, tmp_path, capsys):
    backbone, converter = write_preset(str(tmp_path / "small_dino"))
    flags = [f"--dataset={dataset.path}", f"--network={tmp_path / 'small_dino'}"]
    status, out, err = call(capsys, extract_features.cli, *flags)
    assert status == 0, err
    assert "features small_dino: 16 values an item, its class token (DINOV2Backbone) in small_dino" in out
    photos = load_photo_table(dataset, SIDE, progress=False)
    expected = expected_features("dinov2", backbone, converter, photos)
    np.testing.assert_allclose(load_features(dataset)[1], expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    made_by = json.loads((dataset.path / "features/small_dino.json").read_text())["made_by"]
    assert set(made_by["files_sha256"]) == {"config.json", "image_converter.json", "model.weights.h5"}
    assert call(capsys, extract_features.cli, *flags)[1].endswith("there already\n")


@needs_hub
@pytest.mark.slow
def test_a_half_written_preset_is_one_line(tmp_path):
    write_preset(str(tmp_path / "half"))
    weights = tmp_path / "half/model.weights.h5"
    weights.write_bytes(weights.read_bytes()[:2000])
    assert "not a whole preset that KerasHub reads" in refusal(tmp_path / "half")
