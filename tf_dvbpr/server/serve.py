"""Serves a model until a signal or a call stops it."""

import contextlib
import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from tf_dvbpr.server.app import WHAT, App, error_response, json_response
from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.console import tell
from tf_dvbpr.server.http_server import HttpServer
from tf_dvbpr.server.lines import Lines
from tf_dvbpr.server.metrics import Metrics
from tf_dvbpr.server.model import Model
from tf_dvbpr.server.rest import RestApi
from tf_dvbpr.server.stop_signals import stopped_by_signals

if TYPE_CHECKING:
    from tf_dvbpr.server.grpc_service import GrpcServer

_SPARE_THREADS = 8  # for requests that do not wait: status, metrics, refusals


class Server:
    """A model with its queues, application and address. Clients that connect before `run` wait for it.

    Args:
        config: all settings.
        say: prints a line.
        extend: called with the application before it serves, to add addresses.

    Attributes:
        app: the application.
        model: the served model.
        lines: the queues.
        port: the port of HTTP.
        grpc_port: the port of gRPC; None: no gRPC.

    Raises:
        InputError: there is no version to serve, or the address is taken.

    Example:
        server = Server(ServeConfig("out/export", port=0))
        thread = threading.Thread(target=server.run)
        thread.start()
        ...  # http://127.0.0.1:{server.port}/v1/models/export
        server.stop()
        thread.join()
    """

    def __init__(
        self,
        config: ServeConfig,
        say: Callable[[str], object] = tell,
        extend: Callable[[App], object] = lambda app: None,
    ) -> None:
        self._config, self._say = config, say
        self.grpc_port: int | None = None
        self._stopping = threading.Event()
        metrics = Metrics()
        self.app = App(config, metrics, "; --allow_origins of the server names those that may")
        threads = 2 * config.queue + _SPARE_THREADS
        # The address comes first: if it is taken, this fails before a model is loaded.
        self._http = HttpServer(self.app, config.host, config.port, threads, config.max_request_mib * 2**20)
        with contextlib.ExitStack() as undone:
            undone.callback(self._http.close)
            self.model = Model(Path(config.model), config.model_name, say, metrics.loaded, config.index_from)
            self.lines, self.port = Lines(config, metrics), self._http.port
            undone.callback(self.lines.close)
            RestApi(self.model, self.lines).add_to(self.app)
            self.app.add("GET", "/healthz", self._health)
            self.app.add("GET", "/metrics", functools.partial(_figures, metrics))
            extend(self.app)
            self._grpc = self._grpc_server(metrics)
            self._http.listen()
            undone.pop_all()

    @property
    def url(self) -> str:
        """Returns the server's URL."""
        host = self._config.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def run(self) -> None:
        """Serves until `stop` is called, then answers the requests that have arrived, for at most `drain_seconds`."""
        watcher = threading.Thread(
            target=self.model.watch, args=(self._config.poll_seconds, self._stopping), name="versions", daemon=True
        )
        watcher.start()
        if self._grpc is not None:
            self._grpc.start()
            self._say(f"gRPC at {self._config.host}:{self.grpc_port}")
        self._say(f"serving at {self.url}/v1/models/{self.model.name}")
        try:
            is_drained = self._http.run(self._config.drain_seconds)
        finally:
            self._stopping.set()
        if self._grpc is not None:
            self._grpc.stop(self._config.drain_seconds)
        watcher.join()
        if is_drained:
            self.lines.close()
        self._say(
            "stopped" if is_drained else f"stopped; {self._config.drain_seconds:g} s did not do for every request"
        )

    def stop(self) -> None:
        """Tells `run` to end."""
        self._stopping.set()
        self._http.stop()

    def _grpc_server(self, metrics: Metrics) -> "GrpcServer | None":
        if self._config.grpc_port is None:
            return None
        from tf_dvbpr.server.grpc_service import GrpcServer

        made = GrpcServer(self._config, self.model, self.lines, metrics)
        self.grpc_port = made.port
        return made

    def _health(self, request: Request) -> Response:
        request.environ[WHAT] = "healthz"
        if self._stopping.is_set():
            return error_response(503, "the server is stopping")
        return json_response({"status": "ok", "model": self.model.name, "version": self.model.current.number})


def serve(
    config: ServeConfig, say: Callable[[str], object] = tell, extend: Callable[[App], object] = lambda app: None
) -> None:
    """Serves until SIGTERM or Ctrl-C, then answers the requests that have arrived; a second signal ends it at once.

    Args:
        config: all settings.
        say: prints a line.
        extend: called with the application before it serves, to add addresses.

    Raises:
        InputError: there is no version to serve, or the address is taken.
    """
    server = Server(config, say, extend)
    with stopped_by_signals(server.stop, say):
        server.run()


def _figures(metrics: Metrics, request: Request) -> Response:
    request.environ[WHAT] = "metrics"
    page, content_type = metrics.page()
    return Response(page, content_type=content_type)
