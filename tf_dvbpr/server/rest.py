"""Implements TensorFlow Serving's REST methods status, metadata and predict."""

from collections.abc import Mapping

from werkzeug.wrappers import Request, Response

from tf_dvbpr.server.app import WHAT, App, json_response
from tf_dvbpr.server.lines import Lines
from tf_dvbpr.server.model import Model
from tf_dvbpr.server.request_error import RequestError
from tf_dvbpr.server.request_json import read_document, read_inputs, signature_name
from tf_dvbpr.server.response_json import write_outputs


class RestApi:
    """The functions behind the addresses below /v1/models.

    Args:
        model: the served model.
        lines: the queues.
    """

    def __init__(self, model: Model, lines: Lines) -> None:
        self._model, self._lines = model, lines

    def add_to(self, app: App) -> None:
        """Adds the addresses to an application."""
        app.add("GET", "/v1/models", self._no_name)
        for version in ("", "/versions/<int:version>"):
            address = f"/v1/models/<name>{version}"
            app.add("GET", address, self.status)
            app.add("GET", f"{address}/metadata", self.metadata)
            app.add("POST", f"{address}:predict", self.predict)
            app.add("POST", f"{address}:classify", self._other_method)
            app.add("POST", f"{address}:regress", self._other_method)
        for ending in ("", "/metadata"):
            app.add("GET", f"/v1/models/<name>/labels/<label>{ending}", self._label)
        app.add("POST", "/v1/models/<name>/labels/<label>:predict", self._label)

    def status(self, request: Request, name: str, version: int | None = None) -> Response:
        """Returns the states of the model's versions. Raises RequestError, status 404, for another model or version."""
        request.environ[WHAT] = "status"
        rows = [
            {
                "version": str(number),
                "state": state,
                "status": {"error_code": "UNKNOWN" if message else "OK", "error_message": message},
            }
            for number, state, message in self._model.statuses(name, version)
        ]
        return json_response({"model_version_status": rows})

    def metadata(self, request: Request, name: str, version: int | None = None) -> Response:
        """Returns the signatures' inputs and outputs. Raises RequestError, status 404, for another model or version."""
        request.environ[WHAT] = "metadata"
        loaded = self._model.get(name, version)
        spec = {"name": name, "signature_name": "", "version": str(loaded.number)}
        return json_response({"model_spec": spec, "metadata": {"signature_def": {"signature_def": loaded.metadata}}})

    def predict(self, request: Request, name: str, version: int | None = None) -> Response:
        """Runs a signature on the request's inputs.

        Raises:
            RequestError: the request is malformed or too large, the queue is full, or the signature fails.
            ClientLeft: the client closed the connection before the request ran.
        """
        request.environ[WHAT] = "predict"
        loaded = self._model.get(name, version)
        document = read_document(request.get_data())
        signature = loaded.signature(signature_name(document))
        request.environ[WHAT] = signature.name
        arrays, is_row = read_inputs(document, signature.inputs)
        has_left = request.environ.get("waitress.client_disconnected", lambda: False)
        outputs = self._lines.answer(signature, arrays, lambda: not has_left())
        return json_response(write_outputs(outputs, is_row))

    def _other_method(self, request: Request, name: str, version: int | None = None) -> Response:
        method = request.path.rpartition(":")[2]
        kind = {"classify": "classification", "regress": "regression"}[method]
        loaded = self._model.get(name, version)
        asked = loaded.metadata.get(signature_name(read_document(request.get_data())), {})
        raise RequestError(
            400,
            f"Expected {kind} signature method_name to be tensorflow/serving/{method}. "
            f"Was: {_method_of(asked)}; this server answers :predict alone",
        )

    def _no_name(self, request: Request) -> Response:
        raise RequestError(400, "Missing model name in request.")

    def _label(self, request: Request, name: str, label: str) -> Response:
        raise RequestError(400, f"Unrecognized servable version label: {label}")


def _method_of(definition: Mapping[str, object]) -> object:
    return definition.get("method_name", "none")
