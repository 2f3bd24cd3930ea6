"""The official stubs against the server."""

import concurrent.futures

import numpy as np
import pytest
import tensorflow as tf

from tests.support.served import best, predict, running, write_export
from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.serve import Server
from tfrecords.errors import InputError

pytestmark = pytest.mark.stack
grpc = pytest.importorskip("grpc")
apis = pytest.importorskip("tensorflow_serving.apis")


@pytest.fixture(scope="module")
def folder(make_folder):
    return write_export(make_folder("model") / "shop" / "1").parent


@pytest.fixture(scope="module")
def server(folder):
    with running(folder, grpc_port=0, max_rows=10) as server:
        yield server


@pytest.fixture(scope="module")
def channel(server):
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        grpc.channel_ready_future(channel).result(timeout=60)
        yield channel


@pytest.fixture(scope="module")
def stub(channel):
    from tensorflow_serving.apis import prediction_service_pb2_grpc

    return prediction_service_pb2_grpc.PredictionServiceStub(channel)


def request(*users, name="shop", signature="recommend", version=None, filtered=(), **given):
    from tensorflow_serving.apis import predict_pb2

    made = predict_pb2.PredictRequest(output_filter=filtered)
    made.model_spec.name, made.model_spec.signature_name = name, signature
    if version is not None:
        made.model_spec.version.value = version
    for key, value in {"user_keys": list(users), "k": 3, "category": "", **given}.items():
        made.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return made


def refused(call, asked):
    with pytest.raises(grpc.RpcError) as caught:
        call(asked, timeout=60)
    return caught.value.code().name, caught.value.details()


def test_predict(stub, server):
    answer = stub.Predict(request("u2", "nobody", signature="", version=1), timeout=60)
    assert (answer.model_spec.name, answer.model_spec.version.value) == ("shop", 1)
    outputs = {name: tf.make_ndarray(tensor) for name, tensor in answer.outputs.items()}
    keys, scores = best(2, 3)
    assert outputs["item_keys"].tolist() == [[key.encode() for key in keys], [b""] * 3]
    np.testing.assert_allclose(outputs["scores"][0], scores, rtol=1e-5)
    assert np.isnan(outputs["scores"][1]).all() and outputs["user_known"].tolist() == [True, False]
    assert list(stub.Predict(request("u2", filtered=["scores"]), timeout=60).outputs) == ["scores"]


def test_both_interfaces_at_once(stub, server):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        by_grpc = [pool.submit(stub.Predict, request(f"u{n % 6}"), timeout=60) for n in range(30)]
        by_http = [
            pool.submit(predict, server, {"inputs": {"user_keys": [f"u{n % 6}"], "k": 3, "category": ""}})
            for n in range(30)
        ]
        for n in range(30):
            expected = best(n % 6, 3)[0]
            assert tf.make_ndarray(by_grpc[n].result().outputs["item_keys"])[0].astype(str).tolist() == expected
            assert by_http[n].result()[1]["outputs"]["item_keys"] == [expected]


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"name": "half"}, "NOT_FOUND", "Servable not found for request: Latest(half)"),
        ({"version": 7}, "NOT_FOUND", "Servable not found for request: Specific(shop, 7)"),
        ({"signature": "x"}, "INVALID_ARGUMENT", 'Serving signature name: "x" not found in signature def'),
        (
            {"more": 1},
            "INVALID_ARGUMENT",
            "input tensors category, k, more, user_keys: expected exactly category, k, u",
        ),
        ({"k": 3.0}, "INVALID_ARGUMENT", "input k: expected int32 (), got float32 []"),
        ({"k": [3]}, "INVALID_ARGUMENT", "input k: expected int32 (), got int32 [1]"),
        ({"user_keys": ["u"] * 11}, "INVALID_ARGUMENT", "input user_keys: 11 rows: at most 10 allowed"),
        ({"filtered": ["y"]}, "INVALID_ARGUMENT", "output tensor alias not found in signature: y"),
    ],
)
def test_errors(stub, given, code, message):
    found, details = refused(stub.Predict, request("u1", **given))
    assert found == code and details.startswith(message)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        # One value for a million million places.
        ({"sizes": [10**12], "string_val": [b"u1"]}, "input user_keys: [1000000000000] values have more than 32 MiB"),
        ({"sizes": [2**20], "string_val": [b"u" * 100]}, "input user_keys: [1048576] values have more than 32 MiB"),
        ({"sizes": [2**40, 2**40]}, "input user_keys: expected string (None,), got string [1099511627776, 10995116277"),
        ({"sizes": [-1]}, "input user_keys: expected string (None,), got string [-1]"),
        ({"sizes": [1], "dtype": 0}, "input user_keys: expected string (None,), got type 0 [1]"),
        ({"sizes": [1], "dtype": 999}, "input user_keys: expected string (None,), got type 999 [1]"),
        ({"sizes": [1], "string_val": [b"a", b"b"]}, "input user_keys: no tensor ("),
        ({"sizes": [1], "tensor_content": b"abc"}, "input user_keys: no tensor ("),
        ({"unknown_rank": True}, "input user_keys: expected string (None,), got string of unknown rank"),
    ],
)  # fmt: skip
def test_tensors_that_are_none(stub, changes, message):
    asked = request("u1")
    tensor = asked.inputs["user_keys"]
    tensor.Clear()
    tensor.dtype = changes.get("dtype", tf.string.as_datatype_enum)
    tensor.tensor_shape.unknown_rank = changes.get("unknown_rank", False)
    for size in changes.get("sizes", ()):
        tensor.tensor_shape.dim.add(size=size)
    tensor.string_val.extend(changes.get("string_val", ()))
    tensor.tensor_content = changes.get("tensor_content", b"")
    found, details = refused(stub.Predict, asked)
    assert found == "INVALID_ARGUMENT" and details.startswith(message)


def test_one_value_may_stand_for_many(stub):
    asked = request("u1")
    asked.inputs["user_keys"].tensor_shape.dim[0].size = 3
    keys = tf.make_ndarray(stub.Predict(asked, timeout=60).outputs["item_keys"])
    assert keys.tolist() == [[key.encode() for key in best(1, 3)[0]]] * 3


def test_a_fault_of_the_server_is_told_in_one_line(stub, server, monkeypatch):
    monkeypatch.setattr(server.lines, "answer", lambda *given: 1 / 0)
    told = ("INTERNAL", "the server failed at this request; its log says why")
    assert refused(stub.Predict, request("u1")) == told


def test_metadata_and_status(stub, channel):
    from tensorflow_serving.apis import (
        classification_pb2,
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_service_pb2_grpc,
    )

    asked = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    asked.model_spec.name = "shop"
    definitions = get_model_metadata_pb2.SignatureDefMap()
    assert stub.GetModelMetadata(asked, timeout=60).metadata["signature_def"].Unpack(definitions)
    assert definitions.signature_def["recommend"].inputs["k"].dtype == tf.int32.as_datatype_enum
    assert [dim.size for dim in definitions.signature_def["recommend"].inputs["user_keys"].tensor_shape.dim] == [-1]
    status = get_model_status_pb2.GetModelStatusRequest()
    status.model_spec.name = "shop"
    answer = model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus(status, timeout=60)
    (row,) = answer.model_version_status
    assert (row.version, row.state, row.status.error_code) == (1, get_model_status_pb2.ModelVersionStatus.AVAILABLE, 0)
    assert refused(stub.Classify, classification_pb2.ClassificationRequest())[0] == "UNIMPLEMENTED"


def test_a_port_that_is_taken(server, folder):
    with pytest.raises(InputError, match=f"grpc_port={server.grpc_port}: taken, another program listens on 127.0.0.1"):
        Server(ServeConfig(str(folder), port=0, grpc_port=server.grpc_port), lambda line: None)
