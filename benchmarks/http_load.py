"""Runs many HTTP clients in one thread; each sends its next request when its last one is answered."""

import dataclasses
import selectors
import socket
import time
from collections.abc import Iterator


@dataclasses.dataclass(frozen=True)
class Load:
    """The measurements of a run of clients.

    Attributes:
        seconds: the duration of each request, sorted.
        failed: number of requests without an answer of status 200.
        wall: duration of the run in seconds.
    """

    seconds: list[float]
    failed: int
    wall: float

    @property
    def rate(self) -> float:
        """Returns the number of answers of status 200 per second."""
        return (len(self.seconds) - self.failed) / self.wall

    def percentile(self, percent: float) -> float:
        """Returns the seconds within which `percent` per cent of the requests were answered."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * percent / 100))]


def load(port: int, path: str, bodies: Iterator[bytes], clients: int, seconds: float) -> Load:
    """Posts JSON from `clients` connections for some seconds, then waits for the answers to all requests."""
    selector, started = selectors.DefaultSelector(), time.perf_counter()
    for _ in range(clients):
        client = _Client(port, path, bodies)
        selector.register(client.socket, selectors.EVENT_READ, client)
        client.send()
    taken, failed = [], 0
    while selector.get_map():
        for key, _ in selector.select(1.0):
            client = key.data
            status = client.receive()
            if status is None:
                continue
            taken.append(time.perf_counter() - client.sent)
            failed += status != 200
            if status == 0 or time.perf_counter() - started > seconds:
                selector.unregister(client.socket)
                client.socket.close()
            else:
                client.send()
    return Load(sorted(taken), failed, time.perf_counter() - started)


class _Client:
    def __init__(self, port: int, path: str, bodies: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ".encode()
        self._bodies, self._got, self.sent = bodies, b"", 0.0

    def send(self) -> None:
        body = next(self._bodies)
        self._got, self.sent = b"", time.perf_counter()
        self.socket.sendall(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)

    def receive(self) -> int | None:
        """Returns the status of a complete answer; None: it is not complete yet; 0: there is no answer."""
        try:
            data = self.socket.recv(1 << 16)
        except OSError:
            return 0
        if not data:
            return 0
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        return int(head.split(b" ", 2)[1]) if end and len(body) >= length else None
