"""Keyword arguments become settings of their fields' types."""

from pathlib import Path

import numpy as np
import pytest

from tf_dvbpr.api.keywords import settings
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.report.json_input import as_written_by
from tfrecords.build_config import BuildConfig
from tfrecords.errors import InputError


def test_values_become_those_of_their_fields():
    given = {
        "dim": np.int64(4),
        "epochs": 3,
        "flip": np.bool_(True),
        "weights": Path("a/b"),
        "dropout": np.float32(0.5),
    }
    found = settings(TrainConfig, {**given, "seed": None})
    assert found == {"dim": 4, "epochs": 3.0, "flip": True, "weights": "a/b", "dropout": 0.5}
    assert [type(value) for value in found.values()] == [int, float, bool, str, float]
    built = settings(BuildConfig, {"source": "csv", "output": "x", "category_names": ["a", "b"], "seed": 1})
    assert built == {"source": "csv", "output": Path("x"), "category_names": ("a", "b"), "seed": 1}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dims": 4}, "dims: no such setting; did you mean dim?"),
        ({"zzzz": 4}, "zzzz: no such setting; there are dataset, workdir, adam_epsilon,"),
        ({"dim": "4"}, "dim='4': a whole number expected"),
        ({"dim": True}, "dim=True: a whole number expected"),
        ({"flip": 1}, "flip=1: True or False expected"),
        ({"optimizer": 3}, "optimizer=3: a text expected"),
    ],
)
def test_values_of_another_type_are_refused(given, said):
    with pytest.raises(InputError) as caught:
        settings(TrainConfig, given)
    assert str(caught.value).startswith(said)


def test_bad_input_inside_a_reader_keeps_its_own_message():
    """It is a ValueError too, which the reader turns into a message of its own."""
    with pytest.raises(InputError, match=r"^mended so$"), as_written_by("tools.x", Path("x.json")):
        raise InputError("mended so")
