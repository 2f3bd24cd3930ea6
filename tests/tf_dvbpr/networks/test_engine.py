"""Which engine runs a network, and that both give the same numbers."""

import importlib.util

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.networks import engine
from tf_dvbpr.networks.engine import choose_engine
from tfrecords.errors import InputError

pytestmark = pytest.mark.stack


def noise(count, side):
    return np.random.default_rng(0).integers(0, 256, (count, side, side, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def function():
    keras.utils.set_random_seed(3)
    inputs = keras.Input([32, 32, 3])
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(8, 3, strides=2)(inputs))
    features = keras.layers.GlobalAveragePooling2D()(keras.layers.Activation("relu")(x))
    network = keras.Model(inputs, [features, keras.layers.Dense(5, activation="softmax")(features)])

    @tf.function(input_signature=[tf.TensorSpec([None, 32, 32, 3], tf.uint8)])
    def run(photos):
        return network(tf.cast(photos, tf.float32) / 127.5 - 1.0, training=False)

    return run


def test_tensorflow_gives_the_functions_outputs(function):
    photos = noise(3, 32)
    expected = [part.numpy() for part in function(photos)]
    found = choose_engine("tensorflow").compile(function)(photos)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_auto_takes_openvino_where_it_is_and_no_gpu(monkeypatch):
    there = importlib.util.find_spec("json")
    monkeypatch.setattr(engine, "runs_openvino", lambda: True)
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: None)
    assert choose_engine().name == "tensorflow"
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: there)
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: ["a GPU"])
    assert choose_engine().name == "tensorflow"


def test_what_cannot_be_had_is_said(monkeypatch):
    def no_core():
        raise ImportError("No module named 'openvino'")

    monkeypatch.setattr(engine, "_core", no_core)
    monkeypatch.setattr(engine, "runs_openvino", lambda: True)
    with pytest.raises(InputError, match=r"engine=openvino: OpenVINO is not installed .*tf_dvbpr\[openvino\]"):
        choose_engine("openvino")
    with pytest.raises(InputError, match="precision=bfloat16: OpenVINO is not installed"):
        choose_engine(precision="bfloat16")
    with pytest.raises(InputError, match="precision=bfloat16: only with engine=openvino"):
        choose_engine("tensorflow", "bfloat16")
    monkeypatch.setattr(engine, "runs_openvino", lambda: False)
    with pytest.raises(InputError, match=r"engine=openvino: OpenVINO runs beside TensorFlow 2\.16 or newer"):
        choose_engine("openvino")


def test_a_processor_without_bfloat16_is_refused(monkeypatch):
    class Core:
        def get_property(self, device, name):
            return ["FP32", "INT8"]

    monkeypatch.setattr(engine, "_core", Core)
    monkeypatch.setattr(engine, "runs_openvino", lambda: True)
    with pytest.raises(InputError, match="precision=bfloat16: this processor does not multiply in bfloat16"):
        choose_engine(precision="bfloat16")


def test_openvino_gives_tensorflows_numbers(function):
    pytest.importorskip("openvino")
    chosen = choose_engine()
    assert (chosen.name, chosen.precision) == ("openvino", "float32")
    run = chosen.compile(function)
    photos = noise(7, 32)
    found = [run(photos[:4]), run(photos[4:])]  # The results of a call stay when the next is made.
    expected = [part.numpy() for part in function(photos)]
    for number, one in enumerate(expected):
        joined = np.concatenate([part[number] for part in found])
        np.testing.assert_allclose(joined, one, rtol=1e-4, atol=1e-5)


def test_what_openvino_cannot_convert_is_refused():
    pytest.importorskip("openvino")

    @tf.function(input_signature=[tf.TensorSpec([None, 4, 4, 3], tf.uint8)])
    def strange(photos):
        return tf.numpy_function(lambda x: x, [photos], tf.uint8)

    with pytest.raises(InputError, match="engine=openvino: OpenVINO cannot run this network"):
        choose_engine("openvino").compile(strange)
