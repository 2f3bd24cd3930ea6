"""Networks of keras.applications against the library's own pipeline, with random weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.dvbpr.build_backbone import build_backbone
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.networks.imagenet_networks import BACKBONES, NETWORKS, PRETRAINED, own_side
from tf_dvbpr.networks.pretrained import build_untrained, load_pretrained
from tfrecords.errors import InputError
from tfrecords.photos.decode import normalise

pytestmark = pytest.mark.stack

SIDE = 64
# A layer that all data passes through, in the middle of the network; ConvNeXt's holds two layers.
MIDDLE = {
    "convnext_tiny": "convnext_tiny_downsampling_block_1",
    "efficientnet_v2_b0": "block4a_project_bn",
    "mobilenet_v3_large": "expanded_conv_6_project",
    "mobilenet_v3_small": "expanded_conv_3_project",
}
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in list(MIDDLE)[:3]]


def random_network(name):
    """The library's whole network, with random weights and moving statistics, and coloured photos for it."""
    keras.utils.set_random_seed(4)
    whole = getattr(keras.applications, NETWORKS[name][1])(
        weights=None, input_shape=(SIDE, SIDE, 3), classifier_activation=None
    )
    photos = np.random.default_rng(4).integers(0, 256, [4, 4, 4, 3]).astype(np.uint8).repeat(16, 1).repeat(16, 2)
    for layer in whole.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.3
        if type(layer).__name__ == "LayerScale":  # Of ConvNeXt; it starts at a millionth.
            layer.set_weights([np.full_like(layer.get_weights()[0], 0.5)])
    if name.startswith("mobilenet"):
        # Its kernels as they start are so small that all photos get the same outputs.
        whole.set_weights([one * 3 if one.ndim > 1 else one for one in whole.get_weights()])
    for _ in range(2):
        whole(preprocessed(name, photos), training=True)  # The moving statistics come near those of the photos.
    return whole, photos


def preprocessed(name, photos):
    return getattr(keras.applications, NETWORKS[name][0]).preprocess_input(tf.constant(photos, tf.float32))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet_v3_small", *SLOW])
def test_features_lead_to_the_librarys_logits(name, tmp_path):
    """Features times the classifier's weights are the logits of the library's whole network, preprocessing included."""
    whole, photos = random_network(name)
    whole.save_weights(tmp_path / "w.weights.h5")
    middle = MIDDLE[name]
    settings = {"backbone": name, "weights": str(tmp_path / "w.weights.h5"), "image_size": SIDE, "dim": 5}
    network = build_backbone(resolve("d", "w", "fast", {**settings, "freeze_through": middle}), pretrained=True)
    expected = np.asarray(whole(preprocessed(name, photos), training=False))

    images = normalise(tf.constant(photos))
    features = network.hidden(images).numpy()
    kernel, bias = (weight for weight in whole.get_weights()[-2:])
    logits = features @ kernel.reshape(features.shape[1], -1) + bias
    differ = np.ptp(expected, 0).max()  # between photos
    assert differ > 1e-3
    np.testing.assert_allclose(logits, expected, atol=0.05 * differ)

    variables = network.named_variables()
    assert len(variables) == len(whole.weights)  # The classifier's two are those of ``style``.
    styles = features @ variables["style/kernel"].numpy() + variables["style/bias"].numpy()
    np.testing.assert_allclose(network(images), styles, rtol=1e-3, atol=1e-4 * np.abs(styles).max())
    maps = network.feature_maps(images)
    assert maps.shape[1:3] == (2, 2)
    np.testing.assert_allclose(network.of_feature_maps(maps), styles, rtol=1e-3, atol=1e-4 * np.abs(styles).max())

    trained = {one.split("/")[0] for one in network.parts()["network"]}
    assert middle not in trained and trained
    assert network.activation_shape[:2] != (SIDE, SIDE) and len(network.activation_shape) == 3


@pytest.mark.slow
def test_a_network_of_any_size_is_built_at_its_own(monkeypatch):
    monkeypatch.setattr("tf_dvbpr.networks.pretrained.build_trained", lambda name, weights: build_untrained(name))
    network = load_pretrained("mobilenet_v3_small")
    assert (network.image_size, network.dim) == (224, 1024)
    assert network.layer.lower() == "logits"
    photos = tf.zeros([1, 224, 224, 3], tf.uint8)
    assert network.embed(photos).shape == (1, 1024)


def test_names_and_sides():
    assert {own_side(name) for name in PRETRAINED} == {224, 240, 260, 299, 300, 384, 480}
    assert set(PRETRAINED) - set(BACKBONES) == {"efficientnet_b0"}
    with pytest.raises(InputError, match="convnext_tiny has no BatchNormalization layers"):
        load_pretrained("convnext_tiny", None, 1e-3)
