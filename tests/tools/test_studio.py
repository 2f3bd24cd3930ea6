import http.client
import json
import os
import re
import signal
import subprocess
import sys

import pytest

from tests.support import tool
from tests.support.studio import SMALL
from tools import studio


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--workdir=no_such_run", "--gan=no_such_gan", "--port=0"], "error: --workdir: no_such_run"),
        (["--workdir=a", "--gan=b", "--port=70000"], "error: --port=70000: expected from 0 to 65535\n"),
        (["--workdir=a", "--gan=b", "--starts=2"], "error: --starts=2: expected at least the 4 garments of a design\n"),
        (["--workdir=a", "--gan=b", "--eta=1000"], "error: --eta=1000.0: expected from 0 to 100\n"),
    ],
)
def test_bad_flags_are_told_in_one_line(capsys, flags, said):
    status, _, err = tool.call(capsys, studio.cli, *flags)
    assert status == 1 and err.startswith(said) and err.count("\n") == 1


@pytest.fixture
def process(small_recommender, lively_gan):
    command = [
        sys.executable,
        "-m",
        "tools.studio",
        f"--workdir={small_recommender}",
        f"--gan={lively_gan}",
        "--port=0",
    ]
    small = [f"--{name}={value}" for name, value in SMALL.items()]
    studio = subprocess.Popen([*command, *small], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    for line in studio.stdout:
        lines.append(line)
        if found := re.fullmatch(r"the studio: http://127\.0\.0\.1:(\d+)\n", line):
            break
    assert found, (lines, studio.communicate())
    yield studio, int(found[1])
    studio.kill()
    studio.wait()


@pytest.mark.slow
def test_sigterm_in_the_middle_of_a_design_is_told_and_ends_with_0(process):
    studio, port = process
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = {"who": {"users": ["u1"]}, "category": "tops", "steps": 200}
    connection.request("POST", "/api/design", json.dumps(body))
    with connection.getresponse() as answer:
        assert answer.readline() == b"event: begun\n"
        os.kill(studio.pid, signal.SIGTERM)
        told = answer.read().decode()
    out, err = studio.communicate(timeout=60)
    assert told.rstrip().splitlines()[-2:] == [
        "event: failed",
        'data: {"error": "the studio is stopping; start it again"}',
    ]
    assert studio.returncode == 0 and out.splitlines()[-1] == "stopped" and "Traceback" not in err
