"""The docs say what the code does: the presets' tables, the tools' flags, the links."""

import dataclasses
import importlib
import re

import pytest

from gan import config as gan_config
from gan.networks.discriminator import build_discriminator
from gan.networks.generator import build_generator
from gan.search import config as design_config
from gan.training import train as gan_train
from tests.support.repository import repository
from tf_dvbpr.dvbpr import config, train

ROOT = repository()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
NOT_SETTINGS = {"dataset", "workdir", "preset"}
PRESETS = ("paper", "release", "fast")
TABLE = "| flag | paper | release | fast |"
# Page, its presets, what makes a config of one.
WITH_PRESETS = [
    pytest.param("presets.md", config.PRESETS, train.resolve, id="dvbpr"),
    pytest.param("gan.md", gan_config.PRESETS, gan_train.resolve, id="gan"),
    pytest.param("design.md", design_config.PRESETS, lambda _, __, *rest: design_config.resolve(*rest), id="design"),
]


def shown(value):
    return str(value).lower() if isinstance(value, bool) else str(value) or "none"


def lines_of(page):
    return (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()


def table(page, header):
    """Rows of the table under `header`: the first cell without its backticks, then the other cells."""
    lines = lines_of(page)
    rows = {}
    for line in lines[lines.index(header) + 2 :]:
        match = re.fullmatch(r"\| `(\w+)` \| (.*) \|", line)
        if match is None:
            break
        rows[match[1]] = match[2].split(" | ")
    return rows


@pytest.mark.parametrize(("page", "presets", "resolve"), WITH_PRESETS)
def test_the_table_of_presets_holds_every_flag_that_differs_and_no_other(page, presets, resolve):
    assert set(PRESETS) == set(presets)
    resolved = [dataclasses.asdict(resolve("data", "run", name, {})) for name in PRESETS]
    expected = {
        flag: [shown(one[flag]) for one in resolved]
        for flag in resolved[0]
        if flag not in NOT_SETTINGS and len({one[flag] for one in resolved}) > 1
    }
    assert table(page, TABLE) == expected


@pytest.mark.parametrize("page", ["presets.md", "gan.md", "design.md"])
def test_every_flag_that_differs_is_explained_below(page):
    lines = lines_of(page)
    after = "\n".join(lines[lines.index(TABLE) :])
    explained = {flag for item in re.findall(r"^\* ([^:]*):", after, re.M) for flag in re.findall(r"`(\w+)`", item)}
    assert set(table(page, TABLE)) <= explained


@pytest.mark.parametrize(
    ("page", "resolve", "flags"),
    [
        pytest.param("presets.md", train.resolve, {"learning_rate", "adam_epsilon", "epochs"}, id="dvbpr"),
        pytest.param(
            "gan.md",
            gan_train.resolve,
            {"learning_rate", "beta1", "beta2", "adam_epsilon"}
            | {"generator_width", "upsampling_kernel", "discriminator_width", "discriminator_norm"},
            id="gan",
        ),
    ],
)
def test_what_the_paper_leaves_open_is_as_stated(page, resolve, flags):
    rows = table(page, "| flag | value | what it is |")
    assert set(rows) == flags
    for preset in ("paper", "release"):
        resolved = dataclasses.asdict(resolve("data", "run", preset, {}))
        assert {flag: cells[0] for flag, cells in rows.items()} == {flag: shown(resolved[flag]) for flag in rows}


def test_the_layers_of_the_gan_are_as_stated():
    generator, discriminator = (
        build(64, *sizes) for build, sizes in ((build_generator, (256, 6)), (build_discriminator, (6,)))
    )
    for header, network in (
        ("| generator | kernel | out at 64 | out at 128 |", generator),
        ("| discriminator | kernel | out at 64 | out at 128 |", discriminator),
    ):
        kernels = {
            name.removesuffix("/kernel"): " x ".join(map(str, variable.shape))
            for name, variable in network.named_variables().items()
            if name.endswith("/kernel")
        }
        assert {name: cells[0] for name, cells in table("gan.md", header).items()} == kernels


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
