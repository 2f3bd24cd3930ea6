"""The whole server over HTTP."""

import concurrent.futures
import json
import re
import socket
import threading
import time

import numpy as np
import pytest
from werkzeug.test import create_environ
from werkzeug.wrappers import Response

from tests.support.served import asked, best, call, predict, running, write_export
from tests.support.tool import run
from tf_dvbpr.server import http_server
from tf_dvbpr.server.app import App
from tf_dvbpr.server.config import ServeConfig
from tf_dvbpr.server.metrics import Metrics
from tools import serve as tool

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def folder(make_folder):
    folder = make_folder("model") / "shop"
    write_export(folder / "1")
    return folder


@pytest.fixture(scope="module")
def server(folder):
    with running(folder) as server:
        yield server


def test_predicts_in_column_form(server):
    status, answer = predict(server, asked("u2", "nobody"))
    keys, scores = best(2, 3)
    assert status == 200
    assert answer["outputs"]["item_keys"] == [keys, [""] * 3] and answer["outputs"]["user_known"] == [True, False]
    np.testing.assert_allclose(answer["outputs"]["scores"][0], scores, rtol=1e-5)
    assert answer["outputs"]["scores"][1] == [None] * 3


def test_predicts_in_row_form_and_by_version_and_signature(server):
    rows = [{"user_keys": "u2", "item_keys": key} for key in (*best(2, 2)[0], "nothing")]
    status, answer = predict(server, {"signature_name": "score", "instances": rows}, version="/versions/1")
    assert status == 200
    np.testing.assert_allclose([row["scores"] for row in answer["predictions"][:2]], best(2, 2)[1], rtol=1e-5)
    assert answer["predictions"][2] == {"item_known": False, "scores": None, "user_known": True}


def test_status_and_metadata(server):
    available = {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
    for path in ("", "/versions/1"):
        status, answer, headers = call(server, "GET", f"/v1/models/shop{path}")
        assert (status, answer) == (200, {"model_version_status": [available]})
        assert headers["Content-Type"] == "application/json"
        status, answer, _ = call(server, "GET", f"/v1/models/shop{path}/metadata")
        assert status == 200 and answer["model_spec"] == {"name": "shop", "signature_name": "", "version": "1"}
        signatures = answer["metadata"]["signature_def"]["signature_def"]
        assert {"serving_default", "recommend", "score"} <= signatures.keys()
        recommend = signatures["recommend"]
        assert recommend["method_name"] == "tensorflow/serving/predict"
        assert recommend["inputs"]["k"] == {
            "dtype": "DT_INT32", "tensor_shape": {"dim": [], "unknown_rank": False}, "name": "recommend_k:0"
        }  # fmt: skip
        assert recommend["inputs"]["user_keys"]["tensor_shape"]["dim"] == [{"size": "-1", "name": ""}]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/v1/foo", None, 400, "Malformed request: GET /v1/foo"),
        ("POST", "/v1/models", "{}", 400, "Malformed request: POST /v1/models"),
        ("GET", "/v1/models", None, 400, "Missing model name in request."),
        ("GET", "/v1/models/shop:predict", None, 404, "Could not find any versions of model shop:predict"),
        ("POST", "/v1/models/shop/versions/HELLO:predict", "{}", 400, "Malformed request: POST "),
        ("POST", "/v1/models/half:predict", "{}", 404, "Servable not found for request: Latest(half)"),
        ("POST", "/v1/models/shop/versions/50:predict", "{}", 404, "Servable not found for request: Specific(shop, 5"),
        ("GET", "/v1/models/half", None, 404, "Could not find any versions of model half"),
        ("GET", "/v1/models/shop/versions/50", None, 404, "Could not find version 50 of model shop"),
        ("GET", "/v1/models/half/metadata", None, 404, "Servable not found for request: Latest(half)"),
        ("GET", "/v1/models/shop/labels/stable", None, 400, "Unrecognized servable version label: stable"),
        ("POST", "/v1/models/shop/labels/x:predict", "{}", 400, "Unrecognized servable version label: x"),
        ("POST", "/v1/models/shop:predict", "", 400, "JSON Parse error: The document is empty"),
        ("POST", "/v1/models/shop:predict", "{}", 400, "Missing 'inputs' or 'instances' key"),
        (
            "POST", "/v1/models/shop:predict", '{"signature_name": "design"}', 400,
            'Serving signature name: "design" not found in signature def',
        ),
        (
            "POST", "/v1/models/shop:regress", "{}", 400,
            "Expected regression signature method_name to be tensorflow/serving/regress. Was: tensorflow/serving/pred",
        ),
        ("GET", "/v1/models/..%2F..%2Fetc", None, 400, "Malformed request: GET "),
        ("GET", "/v1/models/%2e%2e", None, 404, "Could not find any versions of model .."),
        ("GET", "/etc/passwd", None, 404, "no such address: /etc/passwd"),
        ("POST", "/healthz", "", 405, "/healthz does not take POST; it takes GET, HEAD"),
        ("BREW", "/healthz", "", 405, "/healthz does not take BREW; it takes GET, HEAD"),
    ],
)  # fmt: skip
def test_errors_are_json_in_tensorflow_servings_words(server, method, path, body, status, message):
    found, answer, headers = call(server, method, path, body)
    assert found == status and answer.keys() == {"error"} and answer["error"].startswith(message)
    assert headers["Content-Type"] == "application/json"
    assert headers.get("Allow") == ("GET, HEAD" if status == 405 else None)


def test_lists_that_do_not_fit_are_the_requests_fault(server):
    body = {"signature_name": "score", "inputs": {"user_keys": ["u1", "u2"], "item_keys": ["i1", "i2", "i3"]}}
    status, answer = predict(server, body)
    assert status == 400 and "error" in answer and "\n" not in answer["error"]
    assert predict(server, asked("u2"))[0] == 200


def test_many_at_once_get_each_its_own_answer(server):
    requests = [(f"u{number % 6}", 1 + number % 3, ("", "tops")[number % 2]) for number in range(120)]
    alone = {
        request: predict(server, asked(request[0], k=request[1], category=request[2])) for request in set(requests)
    }
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda one: predict(server, asked(one[0], k=one[1], category=one[2])), requests))
    for request, (status, answer) in zip(requests, answers, strict=True):
        expected = alone[request][1]["outputs"]
        assert status == 200 and answer["outputs"]["item_keys"] == expected["item_keys"]
        np.testing.assert_allclose(answer["outputs"]["scores"], expected["scores"], rtol=1e-5)


def test_figures(server):
    predict(server, asked("u1"))
    page = call(server, "GET", "/metrics")[1]
    assert re.search(r'^dvbpr_requests_total\{status="200",what="serving_default"\} [1-9]', page, re.MULTILINE)
    assert re.search(r'^dvbpr_request_seconds_bucket\{le="\+Inf",what="serving_default"\} [1-9]', page, re.MULTILINE)
    assert "\ndvbpr_model_version 1.0\n" in page and '\ndvbpr_queue{queue="quick"} 0.0\n' in page
    assert "dvbpr_call_rows_count" in page and "process_resident_memory_bytes" in page
    # What callers make up is no label: their number has no end.
    call(server, "POST", "/v1/models/made_up:predict", "{}")
    assert "made_up" not in call(server, "GET", "/metrics")[1]


def test_health(server):
    assert call(server, "GET", "/healthz")[:2] == (200, {"status": "ok", "model": "shop", "version": 1})


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
        {"Host": "[", "Origin": "http://["},
    ],
)
def test_pages_of_other_sites_are_refused(server, headers):
    status, answer, _ = call(server, "POST", "/v1/models/shop:predict", asked("u1"), headers)
    assert status == 403 and "error" in answer
    assert call(server, "GET", "/v1/models/shop", headers=headers)[0] == 403


def test_its_own_pages_and_links_to_it_are_answered(server):
    own = f"127.0.0.1:{server.port}"
    assert predict(server, asked("u1"), {"Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin"})[0] == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert call(server, "GET", "/healthz", headers=link)[0] == 200
    assert call(server, "GET", "/healthz", headers={"Host": f"localhost:{server.port}"})[0] == 200


def test_origins_and_hosts_that_are_allowed(folder):
    origin = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}
    with running(folder, allow_origins=("https://shop.example",), allow_hosts=("api.example", "127.0.0.1")) as server:
        status, _, headers = call(server, "POST", "/v1/models/shop:predict", asked("u1"), origin)
        assert status == 200 and headers["Access-Control-Allow-Origin"] == "https://shop.example"
        status, _, headers = call(server, "OPTIONS", "/v1/models/shop:predict", headers=origin)
        assert status == 204 and headers["Access-Control-Allow-Headers"] == "Content-Type"
        assert call(server, "OPTIONS", "/healthz", headers={"Origin": "https://evil.example"})[0] == 403
        assert call(server, "GET", "/healthz", headers={"Host": "api.example"})[0] == 200
        status, answer, _ = call(server, "GET", "/healthz", headers={"Host": "localhost"})
        told = "Host 'localhost' is no name of this server; it answers as 127.0.0.1, api.example"
        assert status == 403 and answer == {"error": told}


@pytest.mark.parametrize(
    ("host", "guards"),
    [("127.0.0.1", True), ("127.0.0.5", True), ("LocalHost", True), ("::1", True), ("0.0.0.0", False)],
)
def test_all_names_of_this_machine_alone_guard_the_host(host, guards):
    app = App(ServeConfig("m", host=host), Metrics())
    environ = create_environ("/nothing", headers={"Host": "evil.example"})
    status = Response.from_app(app, environ).status_code
    assert status == (403 if guards else 404)
    own = f"[{host}]" if ":" in host else host
    assert Response.from_app(app, create_environ("/nothing", headers={"Host": f"{own}:8501"})).status_code == 404


def test_hosts_and_origins_as_browsers_write_them():
    config = ServeConfig(
        "m",
        allow_hosts=("API.example", "::1"),
        allow_origins=("https://Shop.example/", "http://a.example:80", "https://b.example:443", "http://c.example:443",
                       "http://[::1]:8080"),
    )  # fmt: skip
    assert config.allow_hosts == ("api.example", "::1")
    assert config.allow_origins == (
        "https://shop.example", "http://a.example", "https://b.example", "http://c.example:443", "http://[::1]:8080"
    )  # fmt: skip


def test_limits(folder):
    with running(folder, max_request_mib=1, max_rows=3, max_answer=6) as server:
        status, answer = predict(server, asked(*["u1"] * 4))
        assert status == 413 and answer["error"].startswith("input user_keys: 4 rows: at most 3 allowed (--max_rows")
        assert predict(server, asked("u1", "u2", "u3", k=3))[0] == 413
        told = "the request has more than 1 MiB (--max_request_mib of the server); send less at once"
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
            client.sendall(
                b"POST /v1/models/shop:predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n\r\n"
            )
            answer = client.makefile("rb").read()
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b" 413 " in head and b"application/json" in head and json.loads(body) == {"error": told}
        # A client that sends everything before it reads gets the answer, and no broken pipe.
        status, answer, _ = call(server, "POST", "/v1/models/shop:predict", b"x" * 100_000_000)
        assert (status, answer) == (413, {"error": told})
        exact = json.dumps(asked("u1")).encode().ljust(2**20)
        assert call(server, "POST", "/v1/models/shop:predict", exact)[0] == 200
        assert call(server, "POST", "/v1/models/shop:predict", exact + b" ")[0] == 413


def test_connections_are_fewer_than_the_files_that_may_be_open(monkeypatch):
    class Files:
        RLIMIT_NOFILE = None

        @classmethod
        def getrlimit(cls, what):
            return cls.most, 10**6

    monkeypatch.setattr(http_server, "resource", Files)
    for files, expected in ((256, 78), (1024, 462), (10**6, 1000), (-1, 1000), (50, 8)):
        Files.most = files
        assert http_server.connections() == expected
    monkeypatch.setattr(http_server, "resource", None)
    assert http_server.connections() == 1000


def test_what_is_no_http_is_told_as_json(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as client:
        client.sendall(b"GET / HTTP/1.1\r\nTransfer-Encoding: strange\r\n\r\n")
        head, _, body = client.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.split()[1].startswith((b"4", b"5")) and "error" in json.loads(body)
    assert predict(server, asked("u1"))[0] == 200


class Gate:
    """Holds every call of the served model's signatures until it is opened."""

    def __init__(self, server):
        self.opened, self.waiting = threading.Event(), 0
        for signature in server.model.current.signatures.values():
            signature._function = self._held(signature._function)

    def _held(self, function):
        def held(**tensors):
            self.waiting += 1
            assert self.opened.wait(60)
            return function(**tensors)

        return held

    def wait_for(self, condition):
        end = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.005)


def test_a_full_queue_answers_429_and_the_rest_goes_on(folder):
    with running(folder, queue=2) as server, concurrent.futures.ThreadPoolExecutor(2) as pool:
        gate = Gate(server)
        held = [pool.submit(predict, server, asked(user)) for user in ("u1", "u2")]
        gate.wait_for(lambda: '\ndvbpr_queue{queue="quick"} 2.0\n' in call(server, "GET", "/metrics")[1])
        status, answer, headers = call(server, "POST", "/v1/models/shop:predict", asked("u3"))
        assert (status, answer) == (
            429,
            {"error": "the queue is full: 2 requests wait or run (--queue of the server); try later"},
        )
        assert headers["Retry-After"] == "1"
        assert call(server, "GET", "/healthz")[0] == 200
        gate.opened.set()
        assert [one.result()[0] for one in held] == [200, 200] and predict(server, asked("u3"))[0] == 200


def test_a_client_that_leaves_is_not_worked_for(folder):
    with running(folder) as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        gate = Gate(server)
        held = pool.submit(predict, server, asked("u1"))
        gate.wait_for(lambda: gate.waiting == 1)
        body = json.dumps(asked("u2", k=1)).encode()
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            head = f"POST /v1/models/shop:predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body)
            gate.wait_for(lambda: '\ndvbpr_queue{queue="quick"} 2.0\n' in call(server, "GET", "/metrics")[1])
        gate.wait_for(lambda: len(server._http._server.active_channels) <= 2)
        gate.opened.set()
        assert held.result()[0] == 200 and predict(server, asked("u3"))[0] == 200
        page = call(server, "GET", "/metrics")[1]
        assert gate.waiting == 2 and 'dvbpr_requests_total{status="499",what="serving_default"} 1.0' in page


def test_further_addresses(folder):
    def extend(app):
        app.add("GET", "/studio/<name>", lambda request, name: Response(f"{name} {request.args['x']}"))
        app.add(
            "GET",
            "/events",
            lambda request: Response((f"data: {n}\n\n" for n in range(3)), content_type="text/event-stream"),
        )
        app.add("GET", "/broken", lambda request: 1 / 0)

    with running(folder, extend) as server:
        assert call(server, "GET", "/studio/hat?x=1")[:2] == (200, "hat 1")
        assert call(server, "GET", "/events")[1] == "data: 0\n\ndata: 1\n\ndata: 2\n\n"
        status, answer, _ = call(server, "GET", "/broken")
        assert status == 500 and answer == {"error": "the server failed at this request; its log says why"}
        assert call(server, "GET", "/studio/hat", headers={"Origin": "https://evil.example"})[0] == 403


def test_a_port_that_is_taken(server, folder, capsys):
    status, _, err = run(capsys, tool.cli, f"--model={folder}", f"--port={server.port}")
    taken = f"--port={server.port}: taken, another program listens on 127.0.0.1; stop it or name another --port"
    assert status == 1 and err == [f"error: {taken}"]


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--model={}/nowhere"], "no such folder"),
        (["--model={}"], "no version in it"),
        (["--model={}", "--name=a/b"], "--name=a/b: expected a name without spaces"),
        (["--model={}", "--host=256.1.1.1"], "--host=256.1.1.1: no address of this machine"),
        (
            ["--model={}", "--allow_hosts=api.example:8501"],
            "--allow_hosts=api.example:8501: expected host names without",
        ),
        (["--model={}", "--allow_hosts=*"], "--allow_hosts=*: expected host names"),
        (["--model={}", "--allow_origins=*"], "--allow_origins=*: expected addresses of sites without a path, as in"),
        (["--model={}", "--allow_origins=shop.example"], "--allow_origins=shop.example: expected addresses of sites"),
        (["--model={}", "--allow_origins=https://a.b/c"], "--allow_origins=https://a.b/c: expected addresses of sites"),
        (["--model={}", "--queue=0"], "--queue=0: expected from 1 to 1000"),
    ],
)
def test_bad_input_is_told_in_one_line(flags, expected, tmp_path, capsys):
    status, out, err = run(capsys, tool.cli, "--port=0", *(flag.format(tmp_path) for flag in flags))
    assert status == 1 and out == "" and len(err) == 1 and expected in err[0]
