"""Measures how long the studio takes to answer a design over HTTP.

    python -m benchmarks.studio --workdir=out/demo/run --gan=out/demo/gan

The studio runs in this process. One request after the other asks for a design for a user, each with another seed and in
another category.
"""

import http.client
import json
import os
import statistics
import threading
import time
from collections.abc import Sequence

from absl import flags

from gan.studio.config import StudioConfig
from tools.common import app, setting_flags

REQUESTS = 20

FLAGS = app.new_flags(__doc__)
setting_flags.define(FLAGS, StudioConfig, leave_out=("port",))
flags.DEFINE_integer("requests", REQUESTS, "number of requests", lower_bound=1, flag_values=FLAGS)


def measure(config: StudioConfig, requests: int) -> dict[str, float]:
    """Returns the median and longest seconds to the first picture and to the end, and processor seconds per request."""
    from gan.studio.serve import StudioServer

    server = StudioServer(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        about = json.loads(_ask(server.port, "GET", "/api/about").read())
        began, times = time.process_time(), []
        for number in range(requests):
            category = about["categories"][number % len(about["categories"])]
            body = {"who": {"users": [about["example"]]}, "category": category, "seed": number}
            times.append(_design(server.port, body))
        spent = (time.process_time() - began) / requests
    finally:
        server.stop()
        thread.join()
    first, whole = zip(*times, strict=True)
    return {
        "first picture, median": statistics.median(first),
        "first picture, longest": max(first),
        "design, median": statistics.median(whole),
        "design, longest": max(whole),
        "processor seconds per design": spent,
    }


def main(values: flags.FlagValues) -> None:
    figures = measure(StudioConfig(**{**setting_flags.given(values, StudioConfig), "port": 0}), values.requests)
    for name, seconds in figures.items():
        print(f"{name}: {seconds:.2f} s")
    print(f"{os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}")


def _ask(port: int, method: str, path: str, body: dict | None = None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request(method, path, None if body is None else json.dumps(body))
    return connection.getresponse()


def _design(port: int, body: dict) -> tuple[float, float]:
    """Returns the seconds to the first picture and to the end."""
    began, first = time.perf_counter(), None
    with _ask(port, "POST", "/api/design", body) as answer:
        while line := answer.readline():
            if line.startswith(b"event: failed"):
                raise SystemExit(answer.readline().decode())
            if line.startswith(b"data: ") and b"pictures" in line and first is None:
                first = time.perf_counter() - began
    return first, time.perf_counter() - began


def cli(argv: Sequence[str] | None = None) -> None:
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
