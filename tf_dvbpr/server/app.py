"""Defines the WSGI application: it routes requests to functions, refuses foreign callers and reports errors as JSON."""

import ipaddress
import json
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from urllib.parse import urlsplit

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from tf_dvbpr.server.batching import ClientLeft
from tf_dvbpr.server.metrics import Metrics
from tf_dvbpr.server.request_error import RequestError

# Takes the request and the address's variables by name; may set `request.environ[WHAT]`, its name in the metrics.
Handler = Callable[..., Response]
WHAT = "tf_dvbpr.what"

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_log = logging.getLogger(__name__)


class Callers(Protocol):
    """Who may call: the fields of `ServeConfig` with these names, which describe them.

    Attributes:
        host: the address that the server listens on.
        allow_hosts: further names of this server; (): those of `host`.
        allow_origins: other sites whose pages may call.
    """

    host: str
    allow_hosts: tuple[str, ...]
    allow_origins: tuple[str, ...]


class App:
    """A WSGI application that routes requests to the functions that were added.

    Two kinds of requests are refused with status 403: requests from a page of another site, unless
    `Callers.allow_origins` names the site, and requests that address the server by a name that is not its own.
    Without the second rule, a page could reach a server on this machine through its own domain name (DNS rebinding).

    Example:
        app.add("GET", "/hello/<name>", lambda request, name: json_response({"hello": name}))

    Args:
        config: the allowed hosts and origins, for example a `ServeConfig`.
        metrics: counts the requests.
        advice: how to allow a page that is refused; added to the refusal.
    """

    def __init__(self, config: Callers, metrics: Metrics, advice: str = "") -> None:
        self._origins, self._metrics, self._advice = set(config.allow_origins), metrics, advice
        self._hosts = set(config.allow_hosts) or (
            _LOOPBACK | {config.host.lower()} if _is_local(config.host) else set()
        )
        self._map = Map(strict_slashes=False, merge_slashes=False)
        self._adapter = self._map.bind("server")

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Adds an address.

        Args:
            method: of HTTP, for example ``GET``.
            path: as in werkzeug's rules, for example ``/v1/models/<name>/versions/<int:version>``.
            handler: called with the request and the path's variables; may raise `RequestError`.
        """
        self._map.add(Rule(path, methods=[method], endpoint=handler))

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        """Answers one request, as WSGI defines it."""
        started = time.perf_counter()
        request = Request(environ)
        response = self._answer(request)
        origin = request.headers.get("Origin")
        if origin in self._origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers.add("Vary", "Origin")
        response.headers["X-Content-Type-Options"] = "nosniff"
        self._metrics.answered(environ.get(WHAT, "other"), response.status_code, time.perf_counter() - started)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            self._check_caller(request)
            if request.method == "OPTIONS" and request.headers.get("Origin") in self._origins:
                return Response(status=204, headers=_PREFLIGHT)
            handler, values = self._match(request)
            return handler(request, **values)
        except RequestError as error:
            return error_response(error.status, error.message)
        except NotFound:
            return error_response(404, f"no such address: {request.path}")
        except MethodNotAllowed as error:
            taken = ", ".join(sorted(error.valid_methods or ()))
            response = error_response(405, f"{request.path} does not take {request.method}; it takes {taken}")
            response.headers["Allow"] = taken
            return response
        except HTTPException as error:
            return error_response(error.code or 500, error.description or error.name)
        except ClientLeft:
            return error_response(499, "the client left")
        except Exception:
            _log.exception("%s %s", request.method, request.path)
            return error_response(500, "the server failed at this request; its log says why")

    def _match(self, request: Request) -> tuple[Handler, dict[str, Any]]:
        try:
            return self._adapter.match(request.path, request.method)
        except (NotFound, MethodNotAllowed):
            if request.path.startswith("/v1/"):
                raise RequestError(400, f"Malformed request: {request.method} {request.path}") from None
            raise

    def _check_caller(self, request: Request) -> None:
        host = request.headers.get("Host", "")
        if self._hosts and _host_name(host) not in self._hosts:
            names = ", ".join(sorted(self._hosts))
            raise RequestError(403, f"Host {host!r} is no name of this server; it answers as {names}")
        origin = request.headers.get("Origin")
        if origin is not None and origin not in self._origins and _authority(origin) != host.lower():
            raise RequestError(403, f"pages of {origin} may not call this server{self._advice}")
        is_link = request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"
        if origin is None and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site") and not is_link:
            raise RequestError(403, f"pages of other sites may not call this server{self._advice}")


_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "600",
}


def json_response(content: object, status: int = 200) -> Response:
    """Makes a JSON response; bytes are taken as JSON already."""
    body = content if isinstance(content, bytes) else json.dumps(content)
    return Response(body, status=status, content_type="application/json")


def error_response(status: int, message: str) -> Response:
    """Makes the response to an error as TensorFlow Serving does: ``{"error": message}``."""
    response = json_response({"error": message}, status)
    if status == 429:
        response.headers["Retry-After"] = "1"
    return response


def _is_local(host: str) -> bool:
    """Whether only this machine reaches an address or a name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() in _LOOPBACK


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _authority(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
