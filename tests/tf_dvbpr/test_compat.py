"""What differs between the stacks: the oldest TensorFlow, plain variables, Adam's state; nothing needs the add-ons."""

import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support.repository import repository
from tf_dvbpr.compat import adam_state, as_variable, check_versions, make_variable

pytestmark = pytest.mark.stack
ROOT = repository()
# What stands in sys.modules as None cannot be imported, installed or not.
WITHOUT_ADDONS = """
import importlib, pkgutil, sys

sys.modules["tensorflow_addons"] = None
for package in ("tfrecords", "tf_dvbpr", "gan", "tools"):
    for module in pkgutil.walk_packages([package], package + "."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            if error.name != "apache_beam":  # an extra
                raise
print(len([name for name in sys.modules if name.startswith("tf_dvbpr.")]))
"""


def test_an_old_tensorflow_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setattr(tf, "__version__", "2.14.1")
    with pytest.raises(ImportError, match=r"2\.15 or newer, found 2\.14\.1: pip install 'tensorflow>=2\.15\.1'"):
        check_versions()


@pytest.mark.parametrize("version", ["2.15.1", "2.21.0", "2.30.0-dev20270101", "3.0.0"])
def test_newer_ones_are_not(monkeypatch, version):
    monkeypatch.setattr(tf, "__version__", version)
    check_versions()


@pytest.mark.slow
def test_everything_can_be_imported_where_the_addons_cannot():
    done = subprocess.run([sys.executable, "-c", WITHOUT_ADDONS], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 50


def test_a_layers_variable_is_plain_float32_under_mixed_precision():
    class Doubling(keras.layers.Layer):
        def build(self, shape):
            self.weight = self.add_weight(name="weight", shape=(1,), initializer="ones")
            super().build(shape)

        def call(self, x):
            self.seen = as_variable(self.weight)
            return 2.0 * x

    layer = Doubling(dtype="mixed_bfloat16")
    layer(tf.ones([1, 1]))
    assert layer.seen is as_variable(layer.weight)
    assert isinstance(layer.seen, tf.Variable) and layer.seen.dtype == tf.float32


def test_the_state_of_adam_after_one_step():
    weight = make_variable(np.array([1.0, -2.0], np.float32), "weight")
    adam = keras.optimizers.Adam(0.5, beta_1=0.9, beta_2=0.75)
    adam.build([weight])
    adam.apply_gradients([(tf.constant([4.0, -2.0]), weight)])
    state = adam_state(adam, ["w"])
    assert all(isinstance(value, tf.Variable) for value in state.values())
    assert {name: value.numpy().tolist() for name, value in state.items() if name != "w/m"} == {
        "iterations": 1,
        "w/v": [4.0, 1.0],  # (1 - 0.75) g^2
    }
    np.testing.assert_allclose(state["w/m"], [0.4, -0.2], rtol=1e-6)  # (1 - 0.9) g
    # With both moments' biases taken out: a step of 0.5 against the gradient's sign.
    np.testing.assert_allclose(as_variable(weight), [0.5, -1.5], rtol=1e-5)
