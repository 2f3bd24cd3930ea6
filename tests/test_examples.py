"""The examples in the docstrings of the public names run and give what they say."""

import doctest
import importlib

import pytest

import gan
import tf_dvbpr

pytestmark = [pytest.mark.stack, pytest.mark.slow]
MODULES = sorted({*tf_dvbpr._MODULES.values(), *gan._MODULES.values()})
NAMES = {"tf_dvbpr": tf_dvbpr, "gan": gan}


@pytest.mark.parametrize("module", MODULES)
def test_examples(module, example_folder, monkeypatch):
    monkeypatch.chdir(example_folder)
    found = doctest.DocTestFinder().find(importlib.import_module(module), module=False, globs={})
    examples = [one for one in found if one.examples]
    if module.startswith(("tf_dvbpr.api", "gan.api")):
        assert examples, f"{module}: a public name without an example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for one in examples:
        one.globs = dict(NAMES)
        shown = []
        runner.run(one, out=shown.append)
        assert not shown, "".join(shown)
