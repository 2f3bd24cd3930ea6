"""Implements TensorFlow Serving's gRPC methods Predict, GetModelMetadata and GetModelStatus (extra `grpc`)."""

import logging
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from tf_dvbpr.server.batching import ClientLeft
from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.lines import Lines
from tf_dvbpr.server.metrics import Metrics
from tf_dvbpr.server.model import LoadedVersion, Model
from tf_dvbpr.server.request_error import RequestError
from tf_dvbpr.server.request_json import DEFAULT_SIGNATURE
from tfrecords.errors import InputError, option

_log = logging.getLogger(__name__)

# HTTP status to the name of the gRPC code with the same meaning.
_CODES = {
    400: "INVALID_ARGUMENT",
    404: "NOT_FOUND",
    413: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class GrpcServer:
    """The gRPC server, on its own port, without encryption.

    Args:
        config: the settings, with the address and the limits.
        model: the served model.
        lines: the queues, shared with HTTP.
        metrics: counts the requests.

    Attributes:
        port: the port it listens on.

    Raises:
        InputError: the extra `grpc` is not installed, or the port is taken.
    """

    def __init__(self, config: ServeConfig, model: Model, lines: Lines, metrics: Metrics) -> None:
        try:
            import grpc
            from tensorflow_serving.apis import model_service_pb2_grpc, prediction_service_pb2_grpc
        except ImportError as error:
            raise InputError(
                f"{option('grpc_port', config.grpc_port)}: gRPC needs the extra grpc ({error}): pip install "
                "tensorflow-serving-api, of the version of your TensorFlow"
            ) from None
        most = config.max_request_mib * 2**20
        self._server = grpc.server(
            ThreadPoolExecutor(2 * config.queue, thread_name_prefix="grpc"),
            options=[("grpc.max_receive_message_length", most), ("grpc.so_reuseport", 0)],
        )
        service = _Service(grpc, model, lines, metrics, most)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, self._server)
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(service, self._server)
        host = f"[{config.host}]" if ":" in config.host else config.host
        try:
            self.port = self._server.add_insecure_port(f"{host}:{config.grpc_port}")
        except RuntimeError:
            self.port = 0
        if not self.port:
            raise InputError(
                f"{option('grpc_port', config.grpc_port)}: taken, another program listens on {config.host}; stop it or "
                f"name another {option('grpc_port')}"
            )

    def start(self) -> None:
        """Starts to serve."""
        self._server.start()

    def stop(self, seconds: float) -> None:
        """Refuses new requests, and waits at most `seconds` for the running ones."""
        self._server.stop(seconds).wait()


class _Service:
    """The methods of both gRPC services, with the names that the generated code looks up."""

    def __init__(self, grpc: Any, model: Model, lines: Lines, metrics: Metrics, most_bytes: int) -> None:
        self._grpc, self._model, self._lines, self._metrics = grpc, model, lines, metrics
        self._most_bytes = most_bytes

    def Predict(self, request: Any, context: Any) -> Any:
        """Runs a signature."""
        from tensorflow_serving.apis import predict_pb2

        def answer() -> Any:
            loaded = self._version(request.model_spec)
            signature = loaded.signature(request.model_spec.signature_name or DEFAULT_SIGNATURE)
            arrays = _arrays(request.inputs, signature.inputs, self._most_bytes)
            outputs = self._lines.answer(signature, arrays, context.is_active)
            wanted = set(request.output_filter) or outputs.keys()
            if not wanted <= outputs.keys():
                missing = ", ".join(sorted(wanted - outputs.keys()))
                raise RequestError(400, f"output tensor alias not found in signature: {missing}")
            response = predict_pb2.PredictResponse()
            _fill_spec(response.model_spec, self._model.name, loaded, signature.name)
            for name in wanted:
                dtype = signature.outputs[name].dtype
                response.outputs[name].CopyFrom(tf.make_tensor_proto(outputs[name], dtype, outputs[name].shape))
            return response

        return self._guarded(answer, context)

    def GetModelMetadata(self, request: Any, context: Any) -> Any:
        """Returns the inputs and outputs of the signatures."""
        from tensorflow_serving.apis import get_model_metadata_pb2

        def answer() -> Any:
            if list(request.metadata_field) != ["signature_def"]:
                raise RequestError(400, "GetModelMetadataRequest must specify the metadata_field signature_def alone")
            loaded = self._version(request.model_spec)
            response = get_model_metadata_pb2.GetModelMetadataResponse()
            _fill_spec(response.model_spec, self._model.name, loaded, "")
            definitions = get_model_metadata_pb2.SignatureDefMap()
            for name, definition in loaded.metadata.items():
                definitions.signature_def[name].CopyFrom(_definition(definition))
            response.metadata["signature_def"].Pack(definitions)
            return response

        return self._guarded(answer, context)

    def GetModelStatus(self, request: Any, context: Any) -> Any:
        """Returns the states of the model's versions."""
        from tensorflow_serving.apis import get_model_status_pb2

        def answer() -> Any:
            response = get_model_status_pb2.GetModelStatusResponse()
            spec = request.model_spec
            number = spec.version.value if spec.HasField("version") else None
            for version, state, message in self._model.statuses(spec.name, number):
                row = response.model_version_status.add(version=version)
                row.state = get_model_status_pb2.ModelVersionStatus.State.Value(state)
                row.status.error_code, row.status.error_message = (2 if message else 0), message
            return response

        return self._guarded(answer, context)

    def __getattr__(self, name: str) -> Callable:
        """Returns a method that reports UNIMPLEMENTED, for Classify, Regress and all other methods."""
        if not name[0].isupper():
            raise AttributeError(name)
        return lambda request, context: context.abort(self._grpc.StatusCode.UNIMPLEMENTED, f"{name}: not served here")

    def _version(self, spec: Any) -> LoadedVersion:
        if spec.version_label:
            raise RequestError(400, f"Unrecognized servable version label: {spec.version_label}")
        return self._model.get(spec.name, spec.version.value if spec.HasField("version") else None)

    def _guarded(self, answer: Callable[[], Any], context: Any) -> Any:
        status, message = 200, ""
        with self._metrics.timed("grpc") as counted:
            try:
                return answer()
            except RequestError as error:
                status, message = error.status, error.message
            except ClientLeft:
                status, message = 499, "the client left"
            except Exception:
                _log.exception("a request of gRPC")
                status, message = 500, "the server failed at this request; its log says why"
            finally:
                counted.append(status)
        return context.abort(getattr(self._grpc.StatusCode, _CODES.get(status, "INTERNAL")), message)


def _arrays(tensors: Any, inputs: dict[str, tf.TensorSpec], most_bytes: int) -> dict[str, np.ndarray]:
    if set(tensors) != set(inputs):
        raise RequestError(
            400, f"input tensors {', '.join(sorted(tensors))}: expected exactly {', '.join(sorted(inputs))}"
        )
    return {name: _array(name, tensors[name], spec, most_bytes) for name, spec in inputs.items()}


def _array(name: str, tensor: Any, spec: tf.TensorSpec, most_bytes: int) -> np.ndarray:
    sizes = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.dtype != spec.dtype.as_datatype_enum or not _fits(tensor.tensor_shape, sizes, spec):
        shape = "of unknown rank" if tensor.tensor_shape.unknown_rank else sizes
        found = f"{_kind(tensor.dtype)} {shape}"
        raise RequestError(400, f"input {name}: expected {spec.dtype.name} {spec.shape}, got {found}")
    # A tensor may hold one value for many places, so a short message can stand for more than memory holds.
    count, wide = math.prod(sizes), spec.dtype.size
    if spec.dtype == tf.string:
        wide = 8 + (len(tensor.string_val[-1]) if len(tensor.string_val) < count and tensor.string_val else 0)
    if count * wide > most_bytes:
        raise RequestError(
            413,
            f"input {name}: {sizes} values have more than {most_bytes / 2**20:g} MiB (--max_request_mib of the "
            "server); send less at once",
        )
    try:
        return tf.make_ndarray(tensor)
    except (TypeError, ValueError) as error:
        raise RequestError(400, f"input {name}: no tensor ({error})") from None


def _kind(number: int) -> str:
    try:
        return tf.dtypes.as_dtype(number).name
    except TypeError:
        return f"type {number}"


def _fits(shape: Any, sizes: list[int], spec: tf.TensorSpec) -> bool:
    return not shape.unknown_rank and min(sizes, default=0) >= 0 and spec.shape.is_compatible_with(sizes)


def _fill_spec(spec: Any, name: str, loaded: LoadedVersion, signature: str) -> None:
    spec.name, spec.signature_name = name, signature
    spec.version.value = loaded.number


def _definition(definition: dict) -> meta_graph_pb2.SignatureDef:
    from google.protobuf import json_format

    return json_format.ParseDict(definition, meta_graph_pb2.SignatureDef())
