"""Runs a WSGI application over HTTP by waitress, with a graceful stop.

Waitress reads a request completely before a thread handles it.
"""

import contextlib
import errno
import socket
import time
from collections.abc import Callable

try:
    import resource
except ImportError:  # Windows has no such limits.
    resource = None  # type: ignore[assignment]

from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ErrorTask, WSGITask

from tf_dvbpr.server.app import error_response
from tfrecords.errors import InputError, option

_MOST_CONNECTIONS = 1000
_OTHER_FILES = 100  # files that the process opens beside its connections
QUIET = 2.0  # seconds without data after which a connection counts as idle
_LINGER = 10.0  # seconds in which the rest of a refused request is read and thrown away


class HttpServer:
    """A server that listens on one address and runs an application in threads.

    Args:
        app: the WSGI application.
        host: an address or a host name.
        port: the port; 0: any free port.
        threads: most requests that run at a time.
        most_bytes: largest body of a request; a larger one is refused with status 413, and not read to its end.

    Attributes:
        port: the port it listens on.

    Raises:
        InputError: the server cannot listen on this address.
    """

    def __init__(self, app: Callable, host: str, port: int, threads: int, most_bytes: int) -> None:
        self._socket = _bound(host, port)
        self.port = self._socket.getsockname()[1]
        self._host, self._stopping, self._listening = host, False, True
        self._server = create_server(
            app,
            _start=False,
            sockets=[self._socket],
            threads=threads,
            max_request_body_size=most_bytes + 1,  # Waitress refuses a body of this size too.
            connection_limit=connections(),
            channel_request_lookahead=1,  # Needed to notice a client that leaves.
            clear_untrusted_proxy_headers=True,
            asyncore_use_poll=True,
            ident=None,
        )
        self._server.channel_class = _Channel
        self._server.listens = lambda: self._listening

    def listen(self) -> None:
        """Starts to accept connections.

        Raises:
            InputError: another program has started to listen on the address.
        """
        try:
            self._server.accept_connections()
        except OSError as error:
            raise _refusal(self._host, self.port, error) from None

    def run(self, drain_seconds: float) -> bool:
        """Serves until `stop` is called, then answers the requests that have arrived, for at most `drain_seconds`.

        Returns:
            Whether all requests were answered.
        """
        while not self._stopping:
            self._turn()
        self._accept_the_last()
        end = time.monotonic() + drain_seconds
        while self._server.active_channels and time.monotonic() < end:
            self._turn(0.05)
            for channel in list(self._server.active_channels.values()):
                channel.close_if_idle()
        is_drained = not self._server.active_channels
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.trigger.close()
        return is_drained

    def stop(self) -> None:
        """Tells `run` to end; may be called in a signal handler and in any thread."""
        if not self._stopping:  # Once `run` has ended there is nothing left to wake.
            self._stopping = True
            self._server.pull_trigger()

    def close(self) -> None:
        """Frees the address; for a server whose `run` is not called."""
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.trigger.close()
        self._socket.close()

    def _accept_the_last(self) -> None:
        """Accepts the connections that the system has already made, and stops listening.

        Answers keep the connection open until then: a client that had to connect anew would find a socket
        that is about to close, and its request would be lost.
        """
        known = -1
        while known < len(self._server.active_channels):
            known = len(self._server.active_channels)
            self._server.handle_accept()
        self._server.accepting = False
        self._server.del_channel()
        self._socket.close()
        self._listening = False

    def _turn(self, seconds: float = 0.5) -> None:
        self._server.asyncore.loop(timeout=seconds, use_poll=True, map=self._server._map, count=1)


class _Task(WSGITask):
    """A request's task. Once the server listens no more, it tells the client that the connection closes."""

    def build_response_header(self) -> bytes:
        if not self.channel.server.listens():
            self.set_close_on_finish()
        return super().build_response_header()


class _ErrorTask(ErrorTask):
    """The answer to a request that waitress refuses itself (too large, or no HTTP), as JSON like all errors."""

    def execute(self) -> None:
        error = self.request.error
        told = f"{error.reason}: {error.body}"
        if error.code == 413:
            most = (self.channel.server.adj.max_request_body_size - 1) / 2**20
            told = f"the request has more than {most:g} MiB (--max_request_mib of the server); send less at once"
        response = error_response(error.code, told)
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        self.content_length = len(response.data)
        self.set_close_on_finish()
        self.complete = True
        self.channel.lingers = True
        self.write(response.data)


class _Channel(HTTPChannel):
    """A connection. After a refusal it reads on for a while before it closes.

    A client that sends a request which is too large reads the answer only when it has sent everything. If the server
    closed the connection at once, most clients would report a broken pipe and not the answer.
    """

    task_class = _Task
    error_task_class = _ErrorTask
    lingers = False  # whether the connection reads on when the answer is sent
    _lingers_until: float | None = None

    def readable(self) -> bool:
        if self._lingers_until is None:
            return super().readable()
        return not self.will_close

    def handle_read(self) -> None:
        if self._lingers_until is None:
            super().handle_read()
            return
        try:
            thrown_away = self.recv(self.adj.recv_bytes)
        except OSError:
            thrown_away = b""
        if not thrown_away or time.monotonic() > self._lingers_until:
            self.will_close = True

    def handle_write(self) -> None:
        if self.lingers and self.close_when_flushed and not self.will_close:
            self._flush_exception(self._flush_some)
            if self.total_outbufs_len or self.will_close:
                return
            self.close_when_flushed, self.lingers = False, False
            self._lingers_until = time.monotonic() + _LINGER
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
            return
        super().handle_write()

    def close_if_idle(self) -> None:
        with self.requests_lock:
            begun = self.request is not None and (self.request.headers_finished or self.request.header_plus)
            if not self.requests and not begun and time.time() - self.last_activity > QUIET:
                self.close_when_flushed = True


def connections() -> int:
    """Returns how many connections may be open: each may need a second file, for a large body."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if resource else -1
    if files < 0:  # no limit
        return _MOST_CONNECTIONS
    return min(_MOST_CONNECTIONS, max(8, (files - _OTHER_FILES) // 2))


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind)
    except OSError as error:
        raise InputError(f"{option('host', host)}: no address of this machine ({error.strerror or error})") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        bound.close()
        raise _refusal(host, port, error) from None
    return bound


def _refusal(host: str, port: int, error: OSError) -> InputError:
    asked, port_flag = option("port", port), option("port")
    if error.errno == errno.EADDRINUSE:
        return InputError(f"{asked}: taken, another program listens on {host}; stop it or name another {port_flag}")
    if error.errno == errno.EACCES:
        return InputError(f"{asked}: this user may not listen there; name a {port_flag} of 1024 or more")
    return InputError(f"{option('host', host)} {asked}: cannot listen there ({error.strerror or error})")
