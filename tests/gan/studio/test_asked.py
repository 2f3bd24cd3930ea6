import base64
import json

import numpy as np
import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from gan.studio.asked import Asked
from tf_dvbpr.server.request_error import RequestError


def asked(body):
    data = body if isinstance(body, bytes) else json.dumps(body)
    return Asked(Request(EnvironBuilder(method="POST", data=data).get_environ()))


def test_fields_are_read():
    fields = {
        "n": 3, "x": 2, "t": "text", "list": ["a", "b"], "row": [1, 2.5], "rows": [[1.0], [2]], "part": {"n": 1},
        "parts": [{"n": 1}, {"n": 2}], "photo": base64.b64encode(b"\x00\xff").decode(), "no": None,
    }  # fmt: skip
    one = asked(fields)
    assert one.whole("n", 1, 3) == 3 and one.whole("missing", 0, 9, 4) == 4 and one.number("x", 0, 5) == 2.0
    assert one.text("t") == "text" and one.texts("list", 2) == ["a", "b"] and one.one_of("t", ["text"]) == "text"
    assert one.numbers("row") == [1, 2.5] and one.rows("rows", 2) == [[1.0], [2]]
    assert one.photo("photo") == b"\x00\xff"
    assert one.part("part").whole("n", 0, 1) == 1 and [part.whole("n", 0, 9) for part in one.parts("parts", 2)] == [
        1,
        2,
    ]
    latent = one.latent("row", 2)
    assert latent.dtype == np.float32 and latent.tolist() == [1, 2.5]
    assert "t" in one and "no" not in one and "missing" not in one


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the body is no JSON: "),
        (b"\xff", "the body is no JSON: not UTF-8 at offset 0"),
        (b"9" * 5000, "the body is no JSON: 99999999999999999999... is a number of 5000 digits"),
        (b"[1]", "the body: an object expected, got a list of 1 (numbers)"),
        (b'{"n": NaN}', "the body is no JSON: NaN is no number of JSON"),
        (b'{"n": 1e999}', "the body is no JSON: 1e999 is too large a number"),
        (b"[" * 100_000, "the body is no JSON: nested too deeply"),
    ],
)
def test_what_is_no_object_is_refused(body, said):
    with pytest.raises(RequestError) as refused:
        asked(body)
    assert refused.value.status == 400 and refused.value.message.startswith(said)


@pytest.mark.parametrize(
    ("value", "read", "said"),
    [
        (None, lambda one: one.whole("n", 0, 9), "n: a whole number from 0 to 9 expected, got nothing"),
        (10, lambda one: one.whole("n", 0, 9), "n: a whole number from 0 to 9 expected, got 10"),
        (True, lambda one: one.whole("n", 0, 9), "n: a whole number from 0 to 9 expected, got True"),
        (1.5, lambda one: one.whole("n", 0, 9), "n: a whole number from 0 to 9 expected, got 1.5"),
        (-0.1, lambda one: one.number("n", 0, 9), "n: a number from 0 to 9 expected, got -0.1"),
        (10**400, lambda one: one.number("n", 0, 9), "n: a number from 0 to 9 expected, got 1000"),
        ([1], lambda one: one.text("n"), "n: a text of at most 1000 characters expected, got a list of 1 (numbers)"),
        ("x" * 2000, lambda one: one.text("n"), "n: a text of at most 1000 characters expected, got 'xxx"),
        (
            ["a", 1],
            lambda one: one.texts("n", 2),
            "n: a list of at most 2 texts expected, got a list of 2 (n",
        ),
        (["a"] * 3, lambda one: one.texts("n", 2), "n: a list of at most 2 texts expected, got a list of 3 (texts)"),
        ("c", lambda one: one.one_of("n", ["a", "b"]), "n: one of a, b expected, got 'c'"),
        ([1, "2"], lambda one: one.numbers("n"), "n: a list of at most 10000 numbers expected"),
        (
            [[1], [None]],
            lambda one: one.rows("n", 2),
            "n: a list of at most 2 lists of numbers expected, got a",
        ),
        ([1, 2], lambda one: one.latent("n", 3), "n: the 3 numbers that the studio gave expected"),
        ([1, 2, 1e9], lambda one: one.latent("n", 3), "n: the 3 numbers that the studio gave expected"),
        ("not base 64", lambda one: one.photo("n"), "n: a file in base64 expected"),
        ("ö", lambda one: one.photo("n"), "n: a file in base64 expected"),
        ([], lambda one: one.parts("n", 2), "n: a list of 1 to 2 objects expected"),
        ([None], lambda one: one.parts("n", 2), "n: a list of 1 to 2 objects expected, got a list of 1 (nothing)"),
        (1, lambda one: one.part("n"), "n: an object expected, got 1"),
    ],
)
def test_a_malformed_field_is_named(value, read, said):
    with pytest.raises(RequestError) as refused:
        read(asked({"n": value}))
    assert refused.value.status == 400 and refused.value.message.startswith(said)
