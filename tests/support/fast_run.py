"""Checks what `make test-fast` promises: functions of every module run, and no test takes long.

A pytest plugin (``-p tests.support.fast_run``), with or without pytest-xdist.

* The run fails if a module of the packages has functions and none of them ran in a test or fixture, unless the module
  needs an extra that is not installed.
  Importing a module is not enough, and functions that AutoGraph compiles do not count.
  * A test fails if its call takes more than `LIMIT` seconds of processor time: it needs the marker ``slow``.
"""

import ast
import builtins
import importlib.machinery
import importlib.util
import os
import sys

import pytest

from tests.support.repository import repository

PACKAGES = ("tfrecords", "tf_dvbpr", "gan", "tools")
LIMIT = 10.0  # five times the limit of the marker `slow`, because machines differ
# Folders whose code runs only with an extra that may be missing, and the extra's module.
EXTRAS = {"tfrecords.beam": "apache_beam", "tf_dvbpr.embedding.beam_embed": "apache_beam"}
NOTED, RAN = "__a_function_of_this_module_ran__", "ran"

_ran = set()


def marked(source, path="<source>"):
    """Returns a module's syntax tree, whose functions first report the module's name to NOTED; line numbers stay."""
    tree = ast.parse(source, path)
    for node in list(ast.walk(tree)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            (call,) = ast.parse(f"{NOTED}(__name__)").body
            for part in ast.walk(call):
                ast.copy_location(part, node.body[-1])
            node.body.insert(ast.get_docstring(node) is not None, call)
    return tree


class Loader(importlib.machinery.SourceFileLoader):
    """A loader that compiles `marked` modules, without reading or writing cached files."""

    def get_code(self, fullname):
        path = self.get_filename(fullname)
        return compile(marked(self.get_data(path), path), path, "exec", dont_inherit=True)


class Finder(importlib.machinery.PathFinder):
    """A finder that gives `Loader` to the packages' modules."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):
        if fullname.split(".")[0] not in PACKAGES:
            return None
        spec = super().find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path)
        return spec


def modules_with_functions(root):
    """Returns the names of the packages' modules under `root` that define functions."""
    found = set()
    for path in (path for package in PACKAGES for path in (root / package).rglob("*.py")):
        if any(map(_is_function, ast.walk(ast.parse(path.read_text(encoding="utf-8"))))):
            found.add(".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"))
    return found


def _is_function(node):
    """Returns whether a node is a function with a body; a protocol's ends with ``...``."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    last = node.body[-1]
    return not (isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...)


def processor_seconds():
    """Returns the processor time of this process and of its ended child processes, in seconds."""
    return sum(os.times()[:4])


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests():  # runs before a conftest.py imports a module
    loaded = [name for name in sys.modules if name.split(".")[0] in PACKAGES]
    assert not loaded, f"imported before the plugin: {loaded}"
    setattr(builtins, NOTED, _ran.add)
    sys.meta_path.insert(0, Finder)


def pytest_collection_finish():
    _ran.clear()  # functions that ran at import do not count


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    began = processor_seconds()
    result = yield
    spent = processor_seconds() - began
    if spent > LIMIT:
        pytest.fail(f"{spent:.1f} s of processor time, over {LIMIT:g}: mark it slow", pytrace=False)
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    _ran.update(getattr(node, "workeroutput", {}).get(RAN, ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[RAN] = sorted(_ran)
    elif session.testscollected or _ran:
        missed = idle()
        if missed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def idle():
    """Returns the modules of which no function ran, sorted."""
    missing = tuple(name for name, extra in EXTRAS.items() if importlib.util.find_spec(extra) is None)
    return sorted(name for name in modules_with_functions(repository()) - _ran if not name.startswith(missing))


def pytest_terminal_summary(terminalreporter):
    missed = idle()
    if missed:
        said = "modules at work in no fast test; give each a test without the marker slow:"
        terminalreporter.line("\n  ".join([said, *missed]), red=True)
