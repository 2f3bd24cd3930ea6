"""Features by networks: their values, resuming, and what is refused."""

import functools
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.tool import call, fails
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.dvbpr.train import train
from tf_dvbpr.networks.engine import Engine
from tf_dvbpr.networks.imagenet_networks import NETWORKS
from tf_dvbpr.workdir import Workdir
from tfrecords.features.store import load_features
from tfrecords.features.writer import FeatureWriter
from tfrecords.photo_store.table import load_photo_table
from tools import describe_dataset, extract_features

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def mobilenet():
    """A MobileNet with seeded weights whose variances are small enough for the epsilon to matter."""
    keras.utils.set_random_seed(1)
    model = keras.applications.MobileNet(weights=None)
    draw = np.random.default_rng(1)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma, beta, mean, draw.uniform(0.01, 0.03, variance.shape)])
    return model


@pytest.fixture(scope="module")
def weights(mobilenet, make_folder):
    path = make_folder("weights") / "mobilenet.weights.h5"
    mobilenet.save_weights(path)
    return path


@pytest.fixture
def small(monkeypatch):
    """In MobileNet's place, a network that is built and run in no time."""

    def build(weights):
        keras.utils.set_random_seed(1)
        inputs = keras.Input([224, 224, 3])
        x = keras.layers.BatchNormalization()(keras.layers.Conv2D(6, 32, 32)(inputs))
        return keras.Model(inputs, keras.layers.Dense(10, name="predictions")(keras.layers.GlobalMaxPooling2D()(x)))

    monkeypatch.setattr(keras.applications, "MobileNet", build)


@pytest.fixture
def run(capsys):
    """Runs the tool: (exit status, standard output, standard error)."""
    return functools.partial(call, capsys, extract_features.cli)


def independent(mobilenet, dataset, epsilon):
    """Pooled features by keras.applications itself, without its top, at an epsilon."""
    network = keras.applications.MobileNet(weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3))
    network.set_weights(mobilenet.get_weights()[: len(network.weights)])
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.epsilon = epsilon
    photos = load_photo_table(dataset, 224, progress=False)
    return np.asarray(network(photos.astype(np.float32) / 127.5 - 1.0, training=False))


@pytest.mark.slow
def test_features_equal_an_independent_computation_at_each_epsilon(
    run, capsys, monkeypatch, dataset, mobilenet, weights
):
    monkeypatch.setattr("tfrecords.progress_bar.at_terminal", lambda: True)
    command = [f"--dataset={dataset.path}", "--network=mobilenet", f"--weights={weights}", "--batch_size=5"]
    status, out, err = run(*command)
    assert status == 0
    assert "mobilenet.weights.h5, BatchNormalization epsilon 0.001 (the library's; no file says" in out
    assert out.endswith("mobilenet.npy: float32 [12, 1024], written\n")
    assert "12/12" in err and "photo/s" in err
    library = np.array(load_features(dataset, "mobilenet")[1])
    expected = independent(mobilenet, dataset, 0.001)
    np.testing.assert_allclose(library, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())

    status, out, _ = run(*command, "--batch_norm_epsilon=.05", "--name=other")
    assert status == 0 and "BatchNormalization epsilon 0.05 (as given)" in out
    other = np.array(load_features(dataset, "other")[1])
    expected = independent(mobilenet, dataset, 0.05)
    np.testing.assert_allclose(other, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    assert np.abs(other - library).max() > 0.1 * np.abs(library).max()
    made_by = json.loads((dataset.path / "features/other.json").read_text())["made_by"]
    assert made_by["network"] == "mobilenet" and made_by["batch_norm_epsilon"] == [0.05]
    assert made_by["weights"] == "mobilenet.weights.h5" and len(made_by["weights_sha256"]) == 64
    assert made_by["versions"] == {"tensorflow": tf.__version__, "keras": keras.__version__}

    status, out, _ = call(capsys, describe_dataset.cli, f"--dataset={dataset.path}")
    assert status == 0 and "features: mobilenet (1024), other (1024)" in out


@pytest.mark.slow
def test_a_killed_run_ends_bitwise_where_an_unbroken_one_does(run, dataset, small, monkeypatch):
    command = [f"--dataset={dataset.path}", "--network=mobilenet", "--batch_size=5"]
    assert run(*command, "--name=unbroken")[0] == 0
    append, batches = FeatureWriter.append, []

    def killed(writer, rows):
        if len(batches) == 2:
            raise KeyboardInterrupt
        batches.append(len(rows))
        append(writer, rows)

    monkeypatch.setattr(FeatureWriter, "append", killed)
    status, _, err = run(*command)
    assert status == 130 and err.endswith("10 of 12 items are done; the same command goes on from there\n")
    monkeypatch.setattr(FeatureWriter, "append", append)
    assert "batch_size 5 there, 4 now" in fails(run, *command[:2], "--batch_size=4")
    line = fails(run, *command, "--batch_norm_epsilon=.05")
    assert "batch_norm_epsilon [0.001] there, [0.05] now" in line and "--overwrite" in line

    asked = []
    compiled = Engine.compile

    def counted(engine, function):
        run = compiled(engine, function)
        return lambda photos: asked.append(len(photos)) or run(photos)

    monkeypatch.setattr(Engine, "compile", counted)
    status, _, err = run(*command)
    assert status == 0, err
    assert asked == [2]
    folder = dataset.path / "features"
    assert (folder / "mobilenet.npy").read_bytes() == (folder / "unbroken.npy").read_bytes()

    before = (folder / "mobilenet.npy").stat().st_mtime_ns
    status, out, _ = run(*command[:2], "--batch_size=7")
    assert status == 0 and out.endswith("there already\n") and asked == [2]
    assert (folder / "mobilenet.npy").stat().st_mtime_ns == before
    assert "batch_norm_epsilon [0.001] there, [0.05] now" in fails(run, *command, "--batch_norm_epsilon=.05")
    assert run(*command, "--batch_norm_epsilon=.05", "--overwrite")[0] == 0
    assert (folder / "mobilenet.npy").read_bytes() != (folder / "unbroken.npy").read_bytes()


@pytest.mark.slow
def test_a_run_that_another_engine_goes_on_with_names_both(run, dataset, small, monkeypatch):
    command = [f"--dataset={dataset.path}", "--network=mobilenet", "--batch_size=5"]
    assert run(*command, "--name=unbroken", "--engine=tensorflow")[0] == 0
    append = FeatureWriter.append

    def killed(writer, rows):
        if writer.done:
            raise KeyboardInterrupt
        append(writer, rows)

    with monkeypatch.context() as patch:
        patch.setattr(FeatureWriter, "append", killed)
        assert run(*command, "--engine=tensorflow")[0] == 130
    with monkeypatch.context() as patch:
        patch.setattr("tf_dvbpr.features.extract.choose_engine", lambda *_: Engine("tensorflow", "float32", "9.9"))
        assert run(*command)[0] == 0
    record = json.loads((dataset.path / "features/mobilenet.json").read_text())["made_by"]
    assert record["engine"] == f"tensorflow {tf.__version__}, then tensorflow 9.9"
    np.testing.assert_array_equal(load_features(dataset, "mobilenet")[1], load_features(dataset, "unbroken")[1])
    status, out, _ = run(*command)  # made by engines that are not the one of now: there already
    assert status == 0 and out.endswith("there already\n")


def test_weights_that_cannot_be_had(run, dataset, weights, tmp_path, monkeypatch):
    command = [f"--dataset={dataset.path}", "--network=mobilenet_v2"]
    text = tmp_path / "text.weights.h5"
    text.write_text("no weights")
    for file in (weights, text):
        assert f"--weights={file}: does not hold the weights of" in fails(run, *command, f"--weights={file}")
    assert "no such file" in fails(run, *command, f"--weights={tmp_path}/nowhere.h5")

    def offline(weights):
        raise Exception("URL fetch failure on https://example.org/w.h5: None -- unknown host")

    monkeypatch.setattr(keras.applications, "MobileNetV2", offline)
    line = fails(run, *command)
    assert "could not be downloaded (URL fetch failure on" in line and "--weights=FILE.h5" in line
    assert not (dataset.path / "features").exists()


def test_a_network_without_batch_normalisation(run, dataset, monkeypatch):
    inputs = keras.Input([224, 224, 3])
    x = keras.layers.Flatten(name="flatten")(keras.layers.GlobalAveragePooling2D()(inputs))
    outputs = keras.layers.Dense(10)(x)
    command = [f"--dataset={dataset.path}", "--network=vgg16"]
    monkeypatch.delattr(keras.applications, "VGG16")  # Half a gigabyte is not fetched for nothing.
    assert "vgg16 has no BatchNormalization layers" in fails(run, *command, "--batch_norm_epsilon=.001")
    monkeypatch.setattr(keras.applications, "VGG16", lambda weights: keras.Model(inputs, outputs), raising=False)
    assert run(*command)[0] == 0
    # Caffe's preprocessing: BGR less the means of ImageNet.
    photos = load_photo_table(dataset, 224, progress=False).astype(np.float64)
    expected = photos.mean(axis=(1, 2))[:, ::-1] - [103.939, 116.779, 123.68]
    np.testing.assert_allclose(load_features(dataset)[1], expected, rtol=1e-4, atol=0.05)


def test_every_network_is_there():
    for module, constructor, _ in NETWORKS.values():
        assert callable(getattr(keras.applications, constructor))
        assert callable(getattr(keras.applications, module).preprocess_input)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--network=resnet50", "--workdir=run"], "--network and --workdir contradict each other"),
        (["--from_file=a.b", "--batch_norm_epsilon=.1"], "--batch_norm_epsilon has no effect with --from_file"),
        (["--workdir=run", "--weights=w.h5"], "--weights has no effect with --workdir"),
        (["--keys=k.txt"], "--keys has no effect with --network"),
        (["--network=alexnet"], "--network=alexnet: expected one of convnext_tiny, "),
        (["--batch_norm_epsilon=0"], "--batch_norm_epsilon=0.0: expected a number over 0"),
        (["--from_file=a.b", "--engine=openvino"], "--engine has no effect with --from_file"),
        (["--batch_size=0"], "--batch_size=0: expected from 1 to 4096"),
        (["--batch_size=99999999999999999999"], "expected from 1 to 4096"),
        (["--name=items"], "--name=items: this name means"),
        (["--from_file=a b.npy"], "--name=a b: 1 to 200 letters, digits, _ and - expected"),
    ],
)
def test_flags_that_cannot_be(run, flags, message):
    assert message in fails(run, "--dataset=nowhere", *flags)


@pytest.mark.slow
def test_own_cnnf_gives_fc7(run, own_planted, dataset, tmp_path):
    workdir = tmp_path / "run"
    small = {"image_size": 32, "dim": 8, "batch_size": 16, "shared_negatives": 8, "epochs": 0.1, "eval_every": 2}
    train(resolve(str(own_planted.path), str(workdir), "fast", small), show_progress=False)
    status, out, _ = run(f"--dataset={own_planted.path}", f"--workdir={workdir}")
    assert status == 0 and "cnnf: 4096 values an item, fc7 in cnnf, step " in out
    features = load_features(own_planted, "cnnf")[1]

    network = open_embedder(Workdir.open(workdir))._model.network
    x = (load_photo_table(own_planted, 32, progress=False).astype(np.float32) - 127.5) / 127.5
    for layer in ("conv1", "pool", "conv2", "pool", "conv3", "conv4", "conv5", "pool", "flatten", "fc6", "fc7"):
        x = getattr(network, layer)(x)
    x = np.asarray(x)
    assert features.shape == (90, 4096) and (x >= 0).all() and (x > 0).any()
    np.testing.assert_allclose(features, x, rtol=1e-3, atol=1e-4 * x.max())

    assert "a run of another data set" in fails(run, f"--dataset={dataset.path}", f"--workdir={workdir}")
    assert "not a workdir" in fails(run, f"--dataset={dataset.path}", f"--workdir={tmp_path}")
