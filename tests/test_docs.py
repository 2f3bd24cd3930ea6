"""The docs say what the code does: the presets' tables, the tools' flags, the links."""

import ast
import dataclasses
import importlib
import importlib.util
import re
import textwrap

import pytest

from gan import config as gan_config
from gan.networks.discriminator import build_discriminator
from gan.networks.generator import build_generator
from gan.search import config as design_config
from gan.training import train as gan_train
from tests.support.repository import repository
from tf_dvbpr.dvbpr import config, presets

ROOT = repository()
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *DOCS]
CODE = [path for folder in ("tfrecords", "tf_dvbpr", "gan", "tools") for path in sorted((ROOT / folder).rglob("*.py"))]
MOST_CHARACTERS = 140  # of a line of prose
PRESETS_PAGE, GAN_PAGE, DESIGN_PAGE = "reference/presets.md", "guides/gan.md", "guides/design.md"
NOT_SETTINGS = {"dataset", "workdir", "preset"}
PRESETS = ("paper", "release", "fast")
# Pipeline options of Apache Beam in the guide, which a command with --beam may have beside a tool's flags.
OF_BEAM = {
    *("direct_num_workers", "direct_running_mode", "runner", "project", "region", "temp_location", "setup_file"),
    *("sdk_container_image", "environment_config", "environment_type", "flink_master", "job_endpoint"),
}
TABLE = "| flag | paper | release | fast |"
# Page, its presets, what makes a config of one.
WITH_PRESETS = [
    pytest.param(PRESETS_PAGE, config.PRESETS, presets.resolve, id="dvbpr"),
    pytest.param(GAN_PAGE, gan_config.PRESETS, gan_train.resolve, id="gan"),
    pytest.param(DESIGN_PAGE, design_config.PRESETS, lambda _, __, *rest: design_config.resolve(*rest), id="design"),
]


def name_of(page):
    return str(page.relative_to(ROOT))


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


@pytest.mark.parametrize("page", [PRESETS_PAGE, GAN_PAGE, DESIGN_PAGE])
def test_every_flag_that_differs_is_explained_below(page):
    lines = lines_of(page)
    after = "\n".join(lines[lines.index(TABLE) :])
    explained = {flag for item in re.findall(r"^\* ([^:]*):", after, re.M) for flag in re.findall(r"`(\w+)`", item)}
    assert set(table(page, TABLE)) <= explained


@pytest.mark.parametrize(
    ("page", "resolve", "flags"),
    [
        pytest.param(PRESETS_PAGE, presets.resolve, {"learning_rate", "adam_epsilon", "epochs"}, id="dvbpr"),
        pytest.param(
            GAN_PAGE,
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
        assert {name: cells[0] for name, cells in table(GAN_PAGE, header).items()} == kernels


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_names_a_tool_and_its_flags(page):
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for tool, rest in re.findall(r"python -m tools\.(\w+)(.*)", text):
        flags = set(importlib.import_module(f"tools.{tool}").FLAGS)
        known = flags | {f"no{flag}" for flag in flags}
        given = set(re.findall(r"--(\w+)", rest.split("#")[0]))
        known |= OF_BEAM if "beam" in given else set()
        assert given <= known, f"{page.name}: tools.{tool} has no {given - known}"


def headings(page):
    """Anchors of a page's headings, as Python-Markdown makes them."""
    prose, _ = split_code(page)
    titles = [line.lstrip("#").strip() for line in prose if line.startswith("#")]
    return {re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", title).strip().lower()) for title in titles}


def split_code(page):
    """Lines of prose, and lines inside ``` fences."""
    prose, code, fenced = [], [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        else:
            (code if fenced else prose).append(line)
    return prose, code


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_to_a_page_and_its_heading(page):
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", page.read_text(encoding="utf-8"))
    missing = [target for target, _ in links if not (page.parent / target).exists()]
    assert not missing, f"{page.name}: {missing}"
    lost = [
        (target, anchor)
        for target, anchor in links
        if anchor and anchor not in headings((page.parent / target) if target else page)
    ]
    assert not lost, f"{page.name}: {lost}"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_of_the_project_that_a_page_names_exists(page):
    named = re.findall(r"`((?:tfrecords|tf_dvbpr|gan|tools|tests|docs)/[\w/.]*)`", page.read_text(encoding="utf-8"))
    missing = [path for path in named if not (ROOT / path).exists()]
    assert not missing, f"{page.name}: {missing}"


def test_every_page_that_the_code_names_exists():
    named = {(path, page) for path in CODE for page in re.findall(r"docs/[\w/]+\.md", path.read_text(encoding="utf-8"))}
    assert named
    missing = [(name_of(path), page) for path, page in named if not (ROOT / page).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_lines_of_prose_are_short(page):
    prose, _ = split_code(page)
    long = [line for line in prose if len(line) > MOST_CHARACTERS and not line.startswith("|")]
    assert not long, f"{page.name}: {long}"


def test_the_site_shows_every_page():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    missing = [
        str(page.relative_to(ROOT / "docs")) for page in DOCS if str(page.relative_to(ROOT / "docs")) not in navigation
    ]
    assert not missing


def test_continuous_integration_runs_the_commands_of_the_readme():
    section = (ROOT / "README.md").read_text(encoding="utf-8").split("\n## Tests\n")[1]
    commands = section.split("```")[1].split()
    steps = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("make ")]
    assert " ".join(commands) == " ".join(steps)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_python_examples_import_what_exists(page):
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.S):
        for node in ast.walk(ast.parse(textwrap.dedent(block))):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                for alias in node.names:
                    if not hasattr(module, alias.name):
                        importlib.import_module(f"{node.module}.{alias.name}")


def test_the_page_of_flags_has_every_tool_and_every_flag():
    spec = importlib.util.spec_from_file_location("tool_flags", ROOT / "docs" / "hooks" / "tool_flags.py")
    tool_flags = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool_flags)
    names = tool_flags.tool_names()
    assert {"build_dataset", "train_dvbpr", "design"} <= set(names)
    for name in names:
        section = tool_flags.section(name)
        registry = importlib.import_module(f"tools.{name}").FLAGS
        listed = re.findall(r"^\| `--(\w+)`", section, re.M)
        assert listed == sorted({registry[flag].name for flag in registry} - {"help"})
        for flag in listed:
            meaning = re.split(r" \(default |[|<]", registry[flag].help.split(">: ")[-1])[0]
            assert meaning in section
        assert all(line.count(" | ") == 3 for line in section.splitlines() if line.startswith("| `--"))
