"""`import tf_dvbpr` and `import gan`: quick, without TensorFlow, every public name there."""

import subprocess
import sys

import pytest

import gan
import tf_dvbpr
from tests.support.repository import repository
from tfrecords.errors import InputError

NAMES = [*(("tf_dvbpr", name) for name in tf_dvbpr.__all__), *(("gan", name) for name in gan.__all__)]


def in_a_new_process(code):
    done = subprocess.run([sys.executable, "-c", code], cwd=repository(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_imports_neither_tensorflow_nor_keras_nor_numpy():
    code = """
import sys, time
began = time.perf_counter()
import tf_dvbpr, gan
from tf_dvbpr import InputError, Recommender, build_dataset, compare, evaluate, train
from gan import Designer, Generator
print(time.perf_counter() - began)
heavy = {"tensorflow", "keras", "numpy", "PIL"} & sys.modules.keys()
assert not heavy, heavy
"""
    assert min(float(in_a_new_process(code)) for _ in range(3)) < 0.5  # 0.02 on an idle machine.


@pytest.mark.parametrize(("package", "name"), NAMES)
def test_every_public_name_is_there_and_documented(package, name):
    module = {"tf_dvbpr": tf_dvbpr, "gan": gan}[package]
    assert name in dir(module)
    assert getattr(module, name).__doc__
    assert getattr(module, name) is getattr(module, name)


def test_other_names_are_missing_as_of_any_module():
    with pytest.raises(AttributeError, match="module 'tf_dvbpr' has no attribute 'nothing'"):
        _ = tf_dvbpr.nothing
    assert not hasattr(gan, "nothing")


def test_bad_input_is_a_value_error():
    assert issubclass(tf_dvbpr.InputError, ValueError) and tf_dvbpr.InputError is InputError
