"""The docs say what the code does: the presets' tables, the tools' flags, the links."""

import dataclasses
import importlib
import re
from pathlib import Path

import pytest

from tf_dvbpr.train import resolve
from tf_dvbpr.train_config import PRESETS

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_SETTINGS = {"dataset", "workdir", "preset"}


def settings(preset):
    return dataclasses.asdict(resolve("data", "run", preset, {}))


def shown(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def presets_table(header):
    """Rows of the table under `header`: the flag in backticks, then the other cells."""
    lines = (ROOT / "docs" / "presets.md").read_text(encoding="utf-8").splitlines()
    rows = {}
    for line in lines[lines.index(header) + 2 :]:
        match = re.fullmatch(r"\| `(\w+)` \| (.*) \|", line)
        if match is None:
            break
        rows[match[1]] = match[2].split(" | ")
    return rows


def test_the_table_of_presets_holds_every_flag_that_differs_and_no_other():
    names = ("paper", "release", "fast")
    assert set(names) == set(PRESETS)
    resolved = [settings(name) for name in names]
    expected = {
        flag: [shown(one[flag]) for one in resolved]
        for flag in resolved[0]
        if flag not in NOT_SETTINGS and len({one[flag] for one in resolved}) > 1
    }
    assert presets_table("| flag | paper | release | fast |") == expected


def test_what_the_paper_leaves_open_is_as_stated():
    rows = presets_table("| flag | value | what it is |")
    assert set(rows) == {"learning_rate", "adam_epsilon", "epochs"}
    for preset in ("paper", "release"):
        resolved = settings(preset)
        assert {flag: cells[0] for flag, cells in rows.items()} == {flag: shown(resolved[flag]) for flag in rows}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_names_a_tool_and_its_flags(page):
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for tool, rest in re.findall(r"python -m tools\.(\w+)(.*)", text):
        flags = set(importlib.import_module(f"tools.{tool}").FLAGS)
        known = flags | {f"no{flag}" for flag in flags}
        given = set(re.findall(r"--(\w+)", rest.split("#")[0]))
        assert given <= known, f"{page.name}: tools.{tool} has no {given - known}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing, f"{page.name}: {missing}"
