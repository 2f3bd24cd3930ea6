import json

import numpy as np
import pytest

from tf_dvbpr.server.request_error import RequestError
from tf_dvbpr.server.response_json import write_outputs


def texts(*values):
    return np.array(values, object)


def written(outputs, is_row):
    return json.loads(write_outputs(outputs, is_row), parse_constant=pytest.fail)


def test_forms_of_several_outputs():
    outputs = {"tag": texts(b"a", "ä".encode()), "pair": np.array([[1, 2], [3, 4]])}
    assert written(outputs, False) == {"outputs": {"tag": ["a", "ä"], "pair": [[1, 2], [3, 4]]}}
    assert written(outputs, True) == {"predictions": [{"tag": "a", "pair": [1, 2]}, {"tag": "ä", "pair": [3, 4]}]}


def test_the_name_of_an_only_output_is_left_out():
    outputs = {"y": np.array([[2.5, 3.0], [3.5, 4.0]], np.float32)}
    assert written(outputs, True) == {"predictions": [[2.5, 3.0], [3.5, 4.0]]}
    assert written(outputs, False) == {"outputs": [[2.5, 3.0], [3.5, 4.0]]}


def test_bytes_by_the_name():
    photos = np.array([[b"\x00\xff", b""]], object)
    expected = [[{"b64": "AP8="}, {"b64": ""}]]
    assert written({"png_bytes": photos, "n": np.array([1])}, False)["outputs"]["png_bytes"] == expected
    # Under another name they are text, and what is none is marked, not refused.
    assert written({"png": photos}, False) == {"outputs": [["\x00�", ""]]}


def test_float32_is_written_as_its_shortest_number():
    answer = write_outputs({"y": np.array([0.1, 0.2, 3, 1e-5, 16777215], np.float32)}, False)
    assert answer == b'{"outputs": [0.1, 0.2, 3.0, 1e-05, 16777215.0]}'
    half = np.array([0.1, np.nan], np.float16)
    assert written({"y": half}, False) == {"outputs": [0.1, None]}
    values = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    back = np.array(written({"y": values}, False)["outputs"], np.float32)
    np.testing.assert_array_equal(back, values)
    assert written({"y": np.array(0.1 + 0.2)}, False) == {"outputs": 0.1 + 0.2}


def test_figures_that_are_none_are_null():
    scores = np.array([[1.5, np.nan], [np.inf, -np.inf]], np.float32)
    assert written({"y": scores, "f": np.array([True, False])}, True) == {
        "predictions": [{"f": True, "y": [1.5, None]}, {"f": False, "y": [None, None]}]
    }


def test_a_scalar_and_no_rows():
    assert written({"y": np.array(3, np.int32)}, False) == {"outputs": 3}
    assert written({"y": np.zeros([0, 4], np.float32), "t": texts()}, False) == {"outputs": {"y": [], "t": []}}
    assert written({"y": np.zeros([0, 4], np.float32), "t": texts()}, True) == {"predictions": []}


def test_outputs_without_common_rows_have_no_row_form():
    with pytest.raises(RequestError, match="Tensor name: y has inconsistent batch size: 1 expecting: 2"):
        write_outputs({"x": np.zeros(2), "y": np.zeros(1)}, True)
    with pytest.raises(RequestError, match="Tensor name: y has no shape information "):
        write_outputs({"y": np.zeros([])}, True)
