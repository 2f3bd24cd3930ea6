"""A KerasHub preset as a backbone: what is trained of it, what its workdir keeps, and what is refused."""

import importlib.util
import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from tests.support.presets import SIDE, write_preset
from tests.support.small_training import config_for, train_quietly
from tf_dvbpr.dvbpr.build_backbone import build_backbone
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.networks.preset_folder import preset_side
from tf_dvbpr.networks.pretrained import load_pretrained
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.photo_store.table import load_photo_table
from tfrecords.photos.decode import normalise

pytestmark = pytest.mark.stack
needs_hub = pytest.mark.skipif(
    importlib.util.find_spec("keras_hub") is None, reason="KerasHub is not installed (extra hub; Keras 3 only)"
)


def settings(folder, **given):
    plain = {"latent_dim": 0, "max_photos": 48, "learning_rate": 1e-3}
    return {"backbone": str(folder), "image_size": SIDE, **plain, **given}


def test_the_side_is_read_from_the_folder(tmp_path):
    (tmp_path / "image_converter.json").write_text("{}")
    for config, side in (
        ({"class_name": "ViTBackbone", "config": {"image_shape": [96, 96, 3]}}, 96),
        ({"class_name": "CLIPBackbone", "config": {"vision_encoder": {"config": {"image_shape": [48, 48, 3]}}}}, 48),
        ({"model_type": "dinov2", "image_size": 518}, 518),
    ):
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert preset_side(str(tmp_path)) == side
        chosen = resolve("d", "w", "fast", {"backbone": str(tmp_path)})
        assert (chosen.image_size, chosen.freeze_through, chosen.backbone_name) == (side, "all", tmp_path.name)
    (tmp_path / "config.json").write_text(json.dumps({"class_name": "ViTBackbone"}))
    with pytest.raises(InputError, match="does not say which side"):
        preset_side(str(tmp_path))
    with pytest.raises(InputError, match=r"backbone=\./none: no such folder"):
        resolve("d", "w", "fast", {"backbone": "./none"})


def test_settings_of_other_networks_are_refused(tmp_path):
    (tmp_path / "image_converter.json").write_text("{}")
    (tmp_path / "config.json").write_text(json.dumps({"class_name": "ViTBackbone", "image_shape": [96, 96, 3]}))
    for given in ({"weights": "w.h5"}, {"batch_norm_epsilon": 0.01}):
        with pytest.raises(InputError, match="has no effect with a preset's folder"):
            resolve("d", "w", "fast", {"backbone": str(tmp_path), **given})


@needs_hub
@pytest.mark.parametrize("kind", ["dinov2", "vit", "swin", "clip", "siglip"])
@pytest.mark.slow
def test_style_vectors_are_the_features_through_one_layer(kind, tmp_path):
    write_preset(str(tmp_path / kind), kind)
    config = resolve("d", "w", "fast", {"backbone": str(tmp_path / kind), "dim": 5, "freeze_through": "none"})
    network = build_backbone(config, pretrained=True)
    photos = np.random.default_rng(0).integers(0, 256, [3, SIDE, SIDE, 3]).astype(np.uint8)
    features = load_pretrained(str(tmp_path / kind)).embed(tf.constant(photos)).numpy()
    variables = network.named_variables()
    assert len(variables) == len(network._features.weights) + 2  # Each has a name of its own.
    expected = features @ variables["style/kernel"].numpy() + variables["style/bias"].numpy()
    found = network(normalise(tf.constant(photos)))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
    again = build_backbone(config, pretrained=False).named_variables()
    assert [(name, one.shape) for name, one in again.items()] == [(name, one.shape) for name, one in variables.items()]


@needs_hub
@pytest.mark.parametrize("frozen", ["all", "none"])
@pytest.mark.slow
def test_a_workdir_stands_alone(frozen, own_planted, tmp_path):
    write_preset(str(tmp_path / "small_dino"))
    train_quietly(
        config_for(own_planted.path, tmp_path / "run", **settings(tmp_path / "small_dino", freeze_through=frozen))
    )
    before = load_pretrained(str(tmp_path / "small_dino"))
    shutil.rmtree(tmp_path / "small_dino")
    workdir = Workdir.open(tmp_path / "run")
    assert sorted(path.name for path in (tmp_path / "run/preset").iterdir()) == ["config.json", "image_converter.json"]
    embedder = open_embedder(workdir)
    assert (embedder.hidden_layer, embedder.hidden_dim) == ("class_token", 16)
    photos = tf.constant(load_photo_table(own_planted, SIDE, progress=False))
    expected = workdir.factors().item_factors
    np.testing.assert_allclose(embedder(photos), expected, atol=1e-2 * np.abs(expected).max())
    same = np.allclose(embedder.hidden(photos), before.embed(photos), atol=1e-5)
    assert same == (frozen == "all")
    with pytest.raises(InputError, match="grad_cam: this network gives no feature maps"):
        embedder.network.feature_maps(normalise(photos))


@needs_hub
@pytest.mark.slow
def test_another_size_is_refused(tmp_path):
    write_preset(str(tmp_path / "small_dino"))
    config = resolve("d", "w", "fast", {"backbone": str(tmp_path / "small_dino"), "image_size": 84})
    with pytest.raises(InputError, match=r"image_size=84: backbone=.*small_dino takes photos of 56 pixels alone"):
        build_backbone(config, pretrained=True)
