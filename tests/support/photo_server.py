"""Runs a web server on this machine that fails in every way that photo hosts do."""

import contextlib
import http.server
import threading
import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

from tests.support.shop import encode, noise

PHOTO = noise(1)
PNG = encode(form="PNG")


class Handler(http.server.BaseHTTPRequestHandler):
    """A handler whose reaction depends on the path; `server.asked` lists (path, seconds) of all requests."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        with server.lock:
            server.asked.append((self.path, time.monotonic()))
            times = sum(path == self.path for path, _ in server.asked)
            server.agents.add(self.headers["User-Agent"])
        self._answer(self.path.strip("/").partition(".")[0].partition("_")[0], times)

    def _answer(self, what, times):
        if what == "photo":
            self._send(PHOTO)
        elif what == "slow":
            self._wait_among_others()
            self._send(PHOTO)
        elif what == "png":
            self._send(PNG, kind="image/png")
        elif what == "webp":
            self._send(encode(form="WEBP"), kind="image/webp")
        elif what == "unnamed":
            self._send(PHOTO, kind="application/octet-stream")
        elif what == "html":
            self._send(b"<html>Sorry</html>", kind="text/html; charset=utf-8")
        elif what == "corrupt":
            self._send(PHOTO[:-300])
        elif what == "text":
            self._send(b"not an image at all")
        elif what == "tiny":
            self._send(encode(size=(1, 1)))
        elif what == "big":
            self._send(PHOTO + bytes(100_000))
        elif what == "endless":
            self._send(PHOTO + bytes(100_000), length=None)
        elif what == "cut":
            self._send(PHOTO[:-100], length=len(PHOTO))
        elif what == "cutonce":
            self._send(PHOTO if times > 1 else PHOTO[:-100], length=len(PHOTO))
        elif what == "stall":
            self._send(b"", length=len(PHOTO))
            self.server.over.wait(5)
        elif what == "drip":
            self._send(b"", length=len(PHOTO))
            with contextlib.suppress(OSError):
                for byte in PHOTO:
                    self.wfile.write(bytes([byte]))
                    if self.server.over.wait(0.05):
                        return
        elif what == "hangup":
            self.close_connection = True
        elif what == "busyonce":
            self._send(PHOTO) if times > 1 else self._status(503)
        elif what == "crowded":
            self._send(PHOTO) if times > 1 else self._status(429, ("Retry-After", "1"))
        elif what == "date":
            later = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=2), usegmt=True)
            self._send(PHOTO) if times > 1 else self._status(503, ("Retry-After", later))
        elif what == "closed":
            self._status(429, ("Retry-After", "3600"))
        elif what == "moved":
            self._status(302, ("Location", "/photo.jpg"))
        elif what == "loop":
            self._status(302, ("Location", self.path))
        elif what == "tofile":
            self._status(302, ("Location", "file:///etc/hostname"))
        elif what == "toftp":
            self._status(302, ("Location", "ftp://127.0.0.1/photo.jpg"))
        elif what == "error":
            self._status(500)
        else:
            self._status(404)

    def _wait_among_others(self):
        # Recorded as over before the answer, because a client with an answer may already send its next request.
        server = self.server
        with server.lock:
            server.running += 1
            server.most_running = max(server.most_running, server.running)
        time.sleep(0.1)
        with server.lock:
            server.running -= 1

    def _status(self, code, *headers):
        self.send_response(code)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, body, kind="image/jpeg", length=-1):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if length is not None:
            self.send_header("Content-Length", str(len(body) if length == -1 else length))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)


@contextlib.contextmanager
def serve():
    """Runs the server and yields it; `server.url` is its address without a path."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.lock, server.over = threading.Lock(), threading.Event()
        server.asked, server.agents, server.running, server.most_running = [], set(), 0, 0
        server.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()
