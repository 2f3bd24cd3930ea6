"""A backbone trained on ImageNet: its numbers, what is trained of it, and what is refused."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.small_training import assert_same_run, config_for, train_quietly
from tests.support.tiny_network import LAYERS, SIDE, tiny_config
from tests.support.tool import fails, run
from tf_dvbpr.dvbpr.build_backbone import build_backbone
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.serving.config import ExportConfig
from tf_dvbpr.serving.export import export
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.photo_store.table import load_photo_table
from tfrecords.photos.decode import normalise
from tools import export_checkpoint, extract_features, train_dvbpr

pytestmark = pytest.mark.stack


def saved(workdir, folder="best"):
    reader = tf.train.load_checkpoint(str(workdir / folder))
    suffix = "/.ATTRIBUTES/VARIABLE_VALUE"
    names = [name for name in reader.get_variable_to_shape_map() if name.endswith(suffix)]
    return {name.removesuffix(suffix).replace(".S", "/"): reader.get_tensor(name) for name in names}


@pytest.mark.parametrize("name", ["mobilenet", "resnet50"])
@pytest.mark.slow
def test_style_vectors_are_the_librarys_features_through_one_layer(name, tmp_path):
    """At 32 pixels, which both take, with random weights."""
    module, constructor = {"mobilenet": ("mobilenet", "MobileNet"), "resnet50": ("resnet50", "ResNet50")}[name]
    keras.utils.set_random_seed(3)
    whole = getattr(keras.applications, constructor)(weights=None, input_shape=(SIDE, SIDE, 3))
    whole.save_weights(tmp_path / "w.weights.h5")
    settings = {"backbone": name, "weights": str(tmp_path / "w.weights.h5"), "image_size": SIDE, "dim": 5}
    network = build_backbone(resolve("d", "w", "fast", settings), pretrained=True)
    headless = getattr(keras.applications, constructor)(
        weights=None, include_top=False, pooling="avg", input_shape=(SIDE, SIDE, 3)
    )
    headless.set_weights(whole.get_weights()[: len(headless.weights)])
    photos = np.random.default_rng(0).integers(0, 256, [4, SIDE, SIDE, 3]).astype(np.uint8)
    preprocess = getattr(keras.applications, module).preprocess_input
    pooled = np.asarray(headless(preprocess(tf.constant(photos, tf.float32)), training=False))
    variables = network.named_variables()
    expected = pooled @ variables["style/kernel"].numpy() + variables["style/bias"].numpy()
    images = normalise(tf.constant(photos))
    np.testing.assert_allclose(network.hidden(images), pooled, rtol=1e-3, atol=1e-4 * np.abs(pooled).max())
    np.testing.assert_allclose(network(images), expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())
    if name == "mobilenet":
        assert {"conv1/kernel", "conv_dw_1/kernel", "conv1_bn/moving_mean"} <= set(variables)


def test_names_do_not_depend_on_what_was_built_before(tiny_weights):
    config = tiny_config("d", "w", tiny_weights)
    for _ in range(2):
        network = build_backbone(config, pretrained=False)
        names = set(network.named_variables())
        assert {"conv2d/kernel", "d/kernel", "n/moving_variance", "style/bias"} <= names
        assert {name.split("/")[0] for name in names} <= {*LAYERS, "style"}
        assert network.hidden_layer == "global_average_pooling2d" and network.hidden_dim == 6


def test_gradients_reach_the_images(tiny_weights):
    network = build_backbone(tiny_config("d", "w", tiny_weights, freeze_through="a"), pretrained=True)
    images = tf.constant(np.random.default_rng(0).uniform(-1, 1, [2, SIDE, SIDE, 3]), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(network(images)[:, 0])
    assert np.abs(tape.gradient(total, images)).max() > 0


@pytest.mark.parametrize(
    ("frozen", "moved"), [("", {"c", "conv2d", "n", "d"}), ("c", {"conv2d", "n", "d"}), ("a", set()), ("all", set())]
)
@pytest.mark.slow
def test_what_is_frozen_stays_bitwise_and_the_rest_moves(tiny_weights, own_planted, tmp_path, frozen, moved):
    train_quietly(tiny_config(own_planted.path, tmp_path / "run", tiny_weights, freeze_through=frozen))
    before = build_backbone(tiny_config("d", "w", tiny_weights), pretrained=True).named_variables()
    after = saved(tmp_path / "run")
    for name, variable in before.items():
        layer, kind = name.split("/")
        if layer != "style":
            same = np.array_equal(after[f"backbone/{name}"], variable)
            assert same == (layer not in moved or kind.startswith("moving")), name
    assert not np.array_equal(after["backbone/style/kernel"], before["style/kernel"])


@pytest.mark.parametrize("frozen", ["", "c"])
@pytest.mark.slow
def test_resumed_equals_unbroken_without_the_weights_file(tiny_weights, own_planted, tmp_path, frozen):
    settings = {"freeze_through": frozen, "decay": "none"}
    train_quietly(tiny_config(own_planted.path, tmp_path / "unbroken", tiny_weights, **settings))
    train_quietly(tiny_config(own_planted.path, tmp_path / "run", tiny_weights, **settings, max_photos=4 * 24))
    (tmp_path / "tiny.weights.h5").unlink()
    with pytest.raises(InputError, match=rf"trained with weights={tiny_weights}, not with weights=other"):
        train_quietly(tiny_config(own_planted.path, tmp_path / "run", "other.h5", **settings))
    other = {"freeze_through": "" if frozen else "c"}
    with pytest.raises(InputError, match=r"trained with(out)? freeze_through(=c)?, not with(out)? freeze_through"):
        train_quietly(tiny_config(own_planted.path, tmp_path / "run", "", **{**settings, **other}))
    train_quietly(tiny_config(own_planted.path, tmp_path / "run", "", **settings))
    assert_same_run(tmp_path / "unbroken", tmp_path / "run")
    assert Workdir.open(tmp_path / "run").config["train"]["weights"] == tiny_weights


@pytest.mark.slow
def test_a_workdir_stands_alone(tiny_weights, own_planted, tmp_path, capsys):
    config = tiny_config(
        own_planted.path, tmp_path / "run", tiny_weights, freeze_through="c", batch_norm_epsilon=0.05, average=0.9
    )
    train_quietly(config)
    (tmp_path / "tiny.weights.h5").unlink()
    workdir = Workdir.open(tmp_path / "run")
    photos = tf.constant(load_photo_table(own_planted, SIDE, progress=False))
    vectors = open_embedder(workdir)(photos).numpy()
    expected = workdir.factors().item_factors
    np.testing.assert_allclose(vectors, expected, atol=5e-3 * np.abs(expected).max())
    export(ExportConfig(str(tmp_path / "run"), str(tmp_path / "export")))
    served = tf.saved_model.load(str(tmp_path / "export")).signatures["embed_image"]
    answer = served(image_bytes=tf.constant(own_planted.encoded_photos([5])))["style_vectors"].numpy()
    np.testing.assert_allclose(answer[0], vectors[5], rtol=1e-4, atol=1e-5 * np.abs(vectors).max())
    _, out, _ = run(capsys, extract_features.cli, f"--dataset={own_planted.path}", f"--workdir={tmp_path / 'run'}")
    assert "trained_mobilenet: 6 values an item, global_average_pooling2d in mobilenet" in out

    def command(*arguments):
        return run_tool(capsys, export_checkpoint, *arguments)

    line = fails(command, f"--workdir={tmp_path / 'run'}", f"--output={tmp_path / 'ckpt'}")
    assert "trained with --backbone=mobilenet, and the authors' code has cnnf" in line


def run_tool(capsys, tool, *arguments):
    from tests.support.tool import call

    return call(capsys, tool.cli, *arguments)


@pytest.mark.slow
def test_two_rates(tiny_weights, own_planted, tmp_path):
    """Adam's first steps are about its rate: almost none in the network, large in the last layer."""
    settings = {"network_learning_rate": 1e-9, "learning_rate": 1e-2, "weight_decay": 0.0, "init": "glorot"}
    train_quietly(tiny_config(own_planted.path, tmp_path / "run", tiny_weights, **settings))
    before = build_backbone(tiny_config("d", "w", tiny_weights), pretrained=True).named_variables()
    after = saved(tmp_path / "run")
    moved = {name: np.abs(after[f"backbone/{name}"] - value.numpy()).max() for name, value in before.items()}
    assert moved["style/kernel"] > 1e-2 and moved["c/kernel"] < 1e-6


@pytest.mark.slow
def test_bfloat16_runs(tiny_weights, own_planted, tmp_path):
    config = tiny_config(own_planted.path, tmp_path / "run", tiny_weights, precision="mixed_bfloat16", max_photos=24)
    assert train_quietly(config)["step"] == 1
    assert keras.mixed_precision.global_policy().name == "float32"


def test_the_last_layer_is_fitted_to_the_photos(tiny_weights, own_planted, tmp_path):
    config = tiny_config(own_planted.path, tmp_path / "run", tiny_weights)
    network = build_backbone(config, pretrained=True)
    photos = normalise(tf.constant(load_photo_table(own_planted, SIDE, progress=False)))
    network.fit_last_layer(network.below(photos))
    styles = network(photos).numpy()
    np.testing.assert_allclose(styles.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(styles.std(0), 1, rtol=1e-3)


@pytest.mark.slow
def test_a_run_of_before_loads_and_goes_on(own_planted, tmp_path):
    """Its config.json has none of the settings of a backbone."""
    workdir = tmp_path / "run"
    train_quietly(config_for(own_planted.path, workdir, max_photos=24))
    config = json.loads((workdir / "config.json").read_text())
    for name in ("backbone", "weights", "batch_norm_epsilon", "freeze_through", "network_learning_rate"):
        del config["train"][name]
    (workdir / "config.json").write_text(json.dumps(config))
    assert open_embedder(Workdir.open(workdir)).hidden_layer == "fc7"
    assert train_quietly(config_for(own_planted.path, workdir, max_photos=48))["step"] == 2


def test_what_the_network_cannot_do_is_one_line(tiny_weights, own_planted, tmp_path, capsys):
    common = [f"--dataset={own_planted.path}", "--backbone=mobilenet", f"--image_size={SIDE}", "--max_photos=160"]

    def refused(*flags):
        return fails(lambda *all_flags: run_tool(capsys, train_dvbpr, *all_flags), *common, *flags)

    workdir, given = f"--workdir={tmp_path / 'bad'}", f"--weights={tiny_weights}"
    assert "nowhere.h5: no such file" in refused(workdir, "--weights=nowhere.h5")
    assert "a folder, not an HDF5 file" in refused(workdir, f"--weights={tmp_path}")
    (tmp_path / "broken.weights.h5").write_bytes(b"none")
    assert "does not hold the weights of" in refused(workdir, f"--weights={tmp_path / 'broken.weights.h5'}")
    line = refused(workdir, given, "--freeze_through=conv2")
    assert "no such layer; near that name are conv2d, " in line and "the last is global_average_pooling2d" in line
    line = refused(workdir, given, "--freeze_through=re_lu")
    assert "not all data passes through this layer" in line and "all passes through c" in line
