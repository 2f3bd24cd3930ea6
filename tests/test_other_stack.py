"""Data set, workdirs and SavedModels of one stack on another, whose interpreter OTHER_STACK_PYTHON names."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tests.support.repository import repository
from tests.support.tiny_gan import checkpoint_values, metrics_without_clock

ROOT = repository()
OTHER = os.environ.get("OTHER_STACK_PYTHON")
pytestmark = pytest.mark.skipif(not OTHER, reason="OTHER_STACK_PYTHON names no interpreter")


def work(python, *arguments):
    command = [python, "-m", "tests.support.stack_work", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", params=["from_here", "from_there"])
def read(request, make_folder):
    """What one stack made as it reads it itself, and as the other does."""
    maker, reader = (sys.executable, OTHER) if request.param == "from_here" else (OTHER, sys.executable)
    folder = make_folder(request.param)
    work(maker, "make", folder)
    for python, name in ((maker, "own"), (reader, "other")):
        work(python, "read", folder, folder / name)
    return folder / "own", folder / "other"


def test_both_compute_the_same(read):
    own, other = (dict(np.load(output / "seen.npz")) for output in read)
    assert own.keys() == other.keys()
    for name, value in own.items():
        if value.dtype == np.float32:
            rounding = 1e-5 * np.nanmax(np.abs(value))
            np.testing.assert_allclose(other[name], value, rtol=1e-4, atol=rounding, err_msg=name)
        else:
            np.testing.assert_array_equal(other[name], value, err_msg=name)


@pytest.mark.parametrize("run", ["run", "gan", "mf"])
def test_both_go_on_alike(read, run):
    own, other = (checkpoint_values(output / run / "checkpoints") for output in read)
    assert own.keys() == other.keys()
    # Not the biases before a batch normalisation: their gradients are rounding, which Adam makes whole steps of.
    moments = [name for name in own if name.endswith(("kernel/m", "kernel/v", "iterations", "factors/m", "factors/v"))]
    assert moments
    for name in moments:
        np.testing.assert_allclose(other[name], own[name], atol=1e-2 * np.abs(own[name]).max(), err_msg=name)
    lines, others = (metrics_without_clock(output / run) for output in read)
    assert len(lines) > 1 and [line["step"] for line in lines] == [line["step"] for line in others]
    assert others[-1]["loss"] == pytest.approx(lines[-1]["loss"], rel=1e-2)
