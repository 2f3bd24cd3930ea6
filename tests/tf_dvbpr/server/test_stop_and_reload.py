"""A running server is stopped, and gets new versions, while clients ask."""

import concurrent.futures
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.support.served import asked, best, call, predict, running, write_export
from tf_dvbpr.server import http_server

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def folder(make_folder):
    folder = make_folder("model") / "shop"
    write_export(folder / "1")
    return folder


@pytest.mark.slow
def test_a_new_version_comes_without_a_lost_request(folder, tmp_path):
    model = tmp_path / "shop"
    shutil.copytree(folder / "1", model / "1")
    new = write_export(tmp_path / "new", -1.0)
    expected = [best(1, 3)[0], best(1, 3, -1.0)[0]]
    stop, seen = threading.Event(), []

    def ask_on():
        # One connection: what is lost would show as an error.
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        mine, last = [], False
        while not last:
            last = stop.is_set()  # The last request is sent after the new version has come.
            connection.request("POST", "/v1/models/shop:predict", json.dumps(asked("u1")))
            answer = connection.getresponse()
            mine.append((answer.status, json.loads(answer.read())["outputs"]["item_keys"][0]))
        connection.close()
        return mine

    with running(model) as server, concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask_on) for _ in range(4)]
        shutil.copytree(new, model / "2")
        end = time.monotonic() + 60
        while server.model.current.number != 2 and time.monotonic() < end:
            time.sleep(0.01)
        predict(server, asked("u1"))
        stop.set()
        seen = [one.result() for one in asking]
        assert call(server, "GET", "/v1/models/shop/versions/1")[0] == 404
    for answers in seen:
        assert {status for status, _ in answers} == {200}
        keys = [expected.index(keys) for _, keys in answers]
        assert keys == sorted(keys) and keys[-1] == 1


@pytest.fixture
def process(folder):
    command = [sys.executable, "-m", "tools.serve", f"--model={folder}", "--port=0", "--name=dvbpr"]
    served = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    for line in served.stdout:
        lines.append(line)
        if found := re.search(r"serving at http://127\.0\.0\.1:(\d+)/v1/models/dvbpr$", line):
            break
    assert found, served.communicate()
    yield served, int(found[1])
    served.kill()
    served.wait()


@pytest.mark.slow
def test_sigterm_ends_what_came_and_exits_with_0(process):
    served, port = process
    stopping, all_began = threading.Event(), threading.Barrier(7)

    def ask_on(number):
        """Asks until the server is gone; fails unless it said so before, or might take the connection for idle."""
        answered, is_last, since = 0, False, time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            pause = time.monotonic() - since
            try:
                connection.request("POST", "/v1/models/dvbpr:predict", json.dumps(asked(f"u{number}")))
                answer = connection.getresponse()
            except ConnectionError as error:
                assert isinstance(error, ConnectionRefusedError) if is_last else pause > http_server.QUIET / 2
                return
            assert answer.status == 200 and json.loads(answer.read())["outputs"]["user_known"] == [True]
            since, is_last = time.monotonic(), answer.headers["Connection"] == "close"
            answered += 1
            if answered == 1:
                all_began.wait(timeout=60)
            if is_last:
                stopping.set()

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        asking = [pool.submit(ask_on, number) for number in range(6)]
        all_began.wait(timeout=60)
        time.sleep(0.2)
        os.kill(served.pid, signal.SIGTERM)
        out, err = served.communicate(timeout=60)
        for one in asking:
            one.result()
    assert served.returncode == 0 and stopping.is_set()
    assert out.splitlines()[-2:] == [
        "stopping when the requests that came are answered; once more, and it stops at once", "stopped"
    ]  # fmt: skip
    assert "Traceback" not in err
