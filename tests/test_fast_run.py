"""What `make test-fast` fails on: a module at work in no test, and a test that takes long."""

import os
import subprocess
import sys

import pytest

from tests.support import fast_run
from tests.support.repository import repository

SOURCE = '''
"""A module."""

def plain(x):
    """Says what it does."""
    return x + 1

class One:
    @property
    def two(self): return 2

    def never(self):
        """Only this."""
'''
TESTS = """
import os
from {package}.{module} import f

def test_quick():
    assert {called}

def test_slow():
    ends = sum(os.times()[:4]) + {seconds}
    while sum(os.times()[:4]) < ends:
        pass
"""


def test_a_marked_module_is_the_module_and_tells_that_its_functions_ran():
    ran, names = [], {"__name__": "a.b", fast_run.NOTED: lambda name: ran.append(name)}
    exec(compile(fast_run.marked(SOURCE), "a/b.py", "exec"), names)
    assert names["__doc__"] == "A module." and names["plain"].__doc__ == "Says what it does." and ran == []
    assert names["plain"](1) == 2 and ran == ["a.b"]
    assert names["One"]().two == 2 and ran == ["a.b"] * 2
    assert names["plain"].__code__.co_firstlineno == SOURCE.split("\n").index("def plain(x):") + 1
    assert names["One"]().never() is None and len(ran) == 3


def test_modules_without_functions_are_left_out(tmp_path):
    for name, text in {"a": "X = 1", "b/__init__": "def f(): pass", "b/c": "class A:\n def f(self): pass"}.items():
        path = tmp_path / "gan" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "gan/protocol.py").write_text("class P:\n def f(self):\n  'Says what it does.'\n  ...")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/d.py").write_text("def f(): pass")
    assert fast_run.modules_with_functions(tmp_path) == {"gan.b", "gan.b.c"}


@pytest.fixture
def project(tmp_path):
    """A project of two modules, `used` and `unused`, with the plugin in it."""
    for folder in ("tfrecords", "tf_dvbpr", "gan", "tools", "tests/support"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("fast_run", "repository"):
        source = repository() / f"tests/support/{name}.py"
        text = source.read_text(encoding="utf-8").replace("LIMIT = 10.0", "LIMIT = 0.5")
        (tmp_path / f"tests/support/{name}.py").write_text(text)
    (tmp_path / "gan/used.py").write_text("from gan import unused\ndef f(): return 1\n")
    (tmp_path / "gan/unused.py").write_text("def g(): return 1\ng()\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")

    def run(called, seconds=0.0, workers=0):
        text = TESTS.format(package="gan", module="used", called=called, seconds=seconds)
        (tmp_path / "tests/test_used.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-p", "tests.support.fast_run", "-n", str(workers)]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout

    return run


@pytest.mark.parametrize("workers", [0, 2])
def test_a_module_at_work_in_no_test_fails_the_run(project, workers):
    status, shown = project("f() == 1", workers=workers)
    assert status == 1 and "2 passed" in shown
    said = shown.split("give each a test without the marker slow:")[1].split()
    assert said[0] == "gan.unused" and "gan.used" not in said


def test_a_run_of_every_module_passes(project):
    status, shown = project("f() == 1 and __import__('gan.unused').unused.g() == 1")
    assert status == 0 and "gan.unused" not in shown


def test_a_test_that_takes_long_fails(project):
    status, shown = project("f()", seconds=0.8)
    assert status == 1 and "1 failed, 1 passed" in shown and "s of processor time, over 0.5: mark it slow" in shown
