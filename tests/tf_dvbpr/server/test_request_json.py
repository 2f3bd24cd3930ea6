"""Forms and messages are those of https://www.tensorflow.org/tfx/serving/api_rest and of TensorFlow Serving."""

import json
import re

import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.server.request_error import RequestError
from tf_dvbpr.server.request_json import read_document, read_inputs, signature_name

THREE = {
    "tag": tf.TensorSpec([None], tf.string),
    "signal": tf.TensorSpec([None, 5], tf.float32),
    "sensor": tf.TensorSpec([None, 2, 2], tf.int32),
}
ROWS = """{"instances": [
    {"tag": "foo", "signal": [1, 2, 3, 4, 5], "sensor": [[1, 2], [3, 4]]},
    {"tag": "bar", "signal": [3, 4, 1, 2, 5], "sensor": [[4, 5], [6, 8]]}
]}"""
COLUMNS = """{"inputs": {
    "tag": ["foo", "bar"],
    "signal": [[1, 2, 3, 4, 5], [3, 4, 1, 2, 5]],
    "sensor": [[[1, 2], [3, 4]], [[4, 5], [6, 8]]]
}}"""
RECOMMEND = {
    "user_keys": tf.TensorSpec([None], tf.string),
    "k": tf.TensorSpec([], tf.int32),
}


def one(dtype, shape=None):
    return {"x": tf.TensorSpec(shape, dtype)}


def read(text, inputs):
    return read_inputs(read_document(text.encode()), inputs)


def error_of(text, inputs):
    with pytest.raises(RequestError) as caught:
        read(text, inputs)
    assert "\n" not in caught.value.message
    return caught.value.status, caught.value.message


@pytest.mark.parametrize("text", [ROWS, COLUMNS])
def test_both_forms_of_the_documentation_give_the_same_arrays(text):
    arrays, is_row = read(text, THREE)
    assert is_row == (text is ROWS)
    assert arrays["tag"].tolist() == [b"foo", b"bar"] and arrays["tag"].dtype == object
    assert arrays["signal"].dtype == np.float32 and arrays["sensor"].dtype == np.int32
    np.testing.assert_array_equal(arrays["signal"], [[1, 2, 3, 4, 5], [3, 4, 1, 2, 5]])
    np.testing.assert_array_equal(arrays["sensor"], [[[1, 2], [3, 4]], [[4, 5], [6, 8]]])


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ('{"instances": ["foo", "bar", "baz"]}', tf.string, [b"foo", b"bar", b"baz"]),
        ('{"instances": [[[1, 2]], [[3, 4]]]}', tf.int64, [[[1, 2]], [[3, 4]]]),
        ('{"instances": [1.0, 2.0, 5.0]}', tf.float32, [1.0, 2.0, 5.0]),
        ('{"inputs": [3.0, 4.0]}', tf.float32, [3.0, 4.0]),
        ('{"inputs": 7}', tf.int32, 7),
        ('{"inputs": {"x": 7}}', tf.int32, 7),
        ('{"instances": [{"x": 1}, {"x": 2}]}', tf.int32, [1, 2]),
        ('{"inputs": [true, false]}', tf.bool, [True, False]),
        ('{"instances": [{"b64": "aW1hZ2UgYnl0ZXM="}]}', tf.string, [b"image bytes"]),
        ('{"inputs": {"b64": "AP8="}}', tf.string, b"\x00\xff"),
        ('{"inputs": {"x": [{"b64": "AP8="}, "\\u00e4"]}}', tf.string, [b"\x00\xff", "ä".encode()]),
        ('{"inputs": [-128, 127]}', tf.int8, [-128, 127]),
        ('{"inputs": [16777215]}', tf.float32, [16777215.0]),
        ('{"inputs": [9007199254740991]}', tf.float64, [9007199254740991.0]),
        ('{"inputs": []}', tf.float32, []),
    ],
)
def test_one_input(text, dtype, expected):
    array = read(text, one(dtype))[0]["x"]
    assert array.tolist() == expected and array.shape == np.shape(expected)
    assert array.dtype == (object if dtype == tf.string else dtype.as_numpy_dtype)


def test_figures_that_are_none_are_read():
    array = read('{"inputs": [NaN, Infinity, -Infinity, 1e3]}', one(tf.float32))[0]["x"]
    np.testing.assert_array_equal(array, [np.nan, np.inf, -np.inf, 1000])


def test_inputs_of_different_rank_and_a_list_of_no_rows():
    arrays, _ = read('{"inputs": {"user_keys": ["u", "v"], "k": 3, "more": 1}}', RECOMMEND)
    assert arrays.keys() == {"user_keys", "k"} and arrays["k"].shape == () and arrays["k"] == 3
    latents, _ = read('{"inputs": {"x": []}}', one(tf.float32, [None, 16]))
    assert latents["x"].shape == (0, 16)


def test_signature_name():
    assert signature_name({}) == "serving_default" and signature_name({"signature_name": "score"}) == "score"
    with pytest.raises(RequestError, match="'signature_name' key must be a string value"):
        signature_name({"signature_name": 100})


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "JSON Parse error: The document is empty"),
        (b"instances = [1, 2]", "JSON Parse error: Expecting value at offset: 0"),
        (b"[1]", "JSON Value: [1] Is not object"),
        (b'{"a": "\xff"}', "JSON Parse error: not UTF-8 at offset: 7"),
        (b"[" * 100_000, "JSON Parse error: the lists are nested too deeply"),
        (b'{"inputs": ' + b"9" * 10_000 + b"}", "JSON Parse error: a number has too many digits"),
    ],
)
def test_no_document(body, expected):
    with pytest.raises(RequestError) as caught:
        read_document(body)
    assert caught.value.status == 400 and caught.value.message.startswith(expected)


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("{}", one(tf.int32), "Missing 'inputs' or 'instances' key"),
        (
            '{"inputs": 1, "instances": [1]}',
            one(tf.int32),
            'JSON Value: {"inputs": 1, "instances": [1]} Not formatted correctly expecting only one of \'inputs\' or '
            "'instances' keys to exist ",
        ),
        ('{"instances": 1}', one(tf.int32), "JSON Value: {\"instances\": 1} Excepting 'instances' to be an list/array"),
        ('{"instances": []}', one(tf.int32), "JSON Value: {\"instances\": []} No values in 'instances' array"),
        (
            '{"instances": [1]}',
            RECOMMEND,
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map",
        ),
        (
            '{"inputs": ["u"]}',
            RECOMMEND,
            "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
            "tensorinfo_map",
        ),
        ('{"inputs": {"user_keys": ["u"]}}', RECOMMEND, "Missing named input: k in 'inputs' object."),
        (
            '{"instances": [{"user_keys": "u"}]}',
            RECOMMEND,
            'Failed to process element: 0 of \'instances\' list. JSON object: {"user_keys": "u"} keys must be equal '
            "to: k,user_keys",
        ),
        (
            '{"instances": [{"x": 1}, {"x": 2, "z": 1}]}',
            one(tf.int32),
            "Failed to process element: 1 key: z of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not "
            "have named input: z",
        ),
        ('{"instances": [{"x": 1}, 2]}', one(tf.int32), "Expecting object but got list at item 1 of input list"),
        ('{"instances": [1, {"x": 2}]}', one(tf.int32), "Expecting value/list but got object at item 1 of input list"),
        (
            '{"instances": [[1], [2, 3]]}',
            one(tf.int32),
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting tensor size: 1 but "
            "got: 2",
        ),
        (
            '{"instances": [[[1], [2]], [[1, 2]]]}',
            one(tf.int32),
            "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting shape [2,1] but got: "
            "[1,2]",
        ),
        (
            '{"inputs": [[1, 2], [3]]}',
            one(tf.int32),
            "Encountered list at unexpected size: 1 at level: 1 expected size: 2",
        ),
        (
            '{"inputs": [[1], 2]}',
            one(tf.int32),
            "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
        ),
        ('{"inputs": [1, [2]]}', one(tf.int32), "Encountered list at unexpected level: 1 expected < 1"),
        ('{"inputs": "a"}', one(tf.float32), 'JSON Value: "a" Type: String is not of expected type: float'),
        ('{"inputs": null}', one(tf.float32), "JSON Value: null Type: Null is not of expected type: float"),
        ('{"inputs": true}', one(tf.int32), "JSON Value: true Type: True is not of expected type: int32"),
        ('{"inputs": 1.0}', one(tf.int32), "JSON Value: 1.0 Type: Number is not of expected type: int32"),
        ('{"inputs": 1}', one(tf.string), "JSON Value: 1 Type: Number is not of expected type: string"),
        ('{"inputs": 1}', one(tf.bool), "JSON Value: 1 Type: Number is not of expected type: bool"),
        (
            '{"inputs": 2147483648}',
            one(tf.int32),
            "JSON Value: 2147483648 Type: Number is not of expected type: int32",
        ),
        (
            '{"inputs": 16777216}',
            one(tf.float32),
            "Cannot convert JSON value: 16777216 to float without loss of precision.",
        ),
        (
            '{"inputs": 1e39}',
            one(tf.float32),
            "Cannot convert JSON value: 1e+39 to float without loss of precision.",
        ),
        ('{"inputs": [{"b64": "%"}]}', one(tf.string), "Unable to base64 decode"),
        (
            '{"inputs": [{"b64": 1}]}',
            one(tf.string),
            'JSON Value: {"b64": 1} not formatted correctly for base64 data',
        ),
        (
            '{"inputs": {"user_keys": "u", "k": 3}}',
            RECOMMEND,
            "input user_keys: expected shape [?] but got: []",
        ),
        (
            '{"instances": [{"user_keys": "u", "k": 3}]}',
            RECOMMEND,
            "input k: expected shape [] but got: [1]; a value of no rows goes into the column form, 'inputs'",
        ),
        ('{"inputs": {"x": [[1, 2]]}}', one(tf.float32, [None, 3]), "input x: expected shape [?,3] but got: [1,2]"),
    ],
)
def test_malformed_requests_are_told_in_tensorflow_servings_words(text, inputs, expected):
    assert error_of(text, inputs) == (400, expected)


def test_a_signature_without_inputs():
    assert read_inputs({"inputs": {}}, {}) == ({}, False)
    for document, expected in (
        ({"inputs": 1}, "JSON Value: 1 the signature has no inputs; expecting an empty object"),
        ({"instances": [[]]}, "the signature has no inputs; expecting the column form, 'inputs', an empty object"),
        ({"instances": [{}]}, "the signature has no inputs; expecting the column form, 'inputs', an empty object"),
    ):
        with pytest.raises(RequestError, match=re.escape(expected)) as caught:
            read_inputs(document, {})
        assert caught.value.status == 400


def test_a_message_quotes_the_beginning_of_a_long_value():
    status, message = error_of(json.dumps({"instances": [], "pad": "x" * 10_000_000}), one(tf.int32))
    assert status == 400 and len(message) < 300 and "No values" in message
