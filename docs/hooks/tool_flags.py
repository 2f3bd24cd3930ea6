"""Writes the flags of every tool into the page reference/tools.md when the site is built.

The page holds the line ``<!-- tool flags -->``. This hook replaces it by one section a tool, made from the tool's own
flag registry, so that the page cannot differ from the code.
"""

import importlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = "reference/tools.md"
PLACE = "<!-- tool flags -->"


def on_page_markdown(markdown: str, page, **_) -> str:
    """Fills in the page of tools; MkDocs calls this for every page."""
    if page.file.src_uri != PAGE:
        return markdown
    if PLACE not in markdown:
        raise ValueError(f"{PAGE}: the line {PLACE} is missing")
    return markdown.replace(PLACE, "\n\n".join(section(name) for name in tool_names()))


def tool_names() -> list[str]:
    """The files in tools/ that define ``cli``; the others are shared parts."""
    files = (ROOT / "tools").glob("*.py")
    return sorted(path.stem for path in files if "\ndef cli(" in path.read_text(encoding="utf-8"))


def section(name: str) -> str:
    """Heading, description and table of flags of one tool, in Markdown."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    tool = importlib.import_module(f"tools.{name}")
    rows = [row(tool.FLAGS, flag) for flag in sorted(set(tool.FLAGS)) if is_own(tool.FLAGS, flag)]
    table = ["| flag | value | default | meaning |", "| --- | --- | --- | --- |", *rows]
    return "\n".join([f"## {name}", "", description(tool.__doc__), "", *table])


def description(doc: str) -> str:
    """A tool's docstring as Markdown: its indented commands become a code block."""
    doc = re.sub(r"docs/([\w/]+\.md)", r"[\1](../\1)", doc.strip())
    paragraphs = []
    for paragraph in doc.split("\n\n"):
        lines = paragraph.splitlines()
        if all(line.startswith("    ") for line in lines):
            paragraph = "\n".join(["```", *(line[4:] for line in lines), "```"])
        paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)


def is_own(registry, name: str) -> bool:
    """Whether it is a flag of the tool, and not an alias or ``--help``."""
    return registry[name].name == name and name != "help"


def row(registry, name: str) -> str:
    """One flag as a row: name, kind or choices, default, help."""
    from tools.common import app

    flag = registry[name]
    choices = getattr(flag.parser, "enum_values", None)
    kind = " ".join(f"`{choice}`" for choice in choices) if choices else flag.flag_type()
    meaning, written = split_default(app.help_of(flag))
    default = written if flag.default is None else str(flag.default)
    default = "required" if app.is_required(registry, name) else f"`{default}`" if default else ""
    cells = [f"`--{name}`", kind, default, meaning]
    return "| " + " | ".join(cell.replace("|", r"\|").replace("<", "&lt;") for cell in cells) + " |"


def split_default(text: str) -> tuple[str, str]:
    """A flag's help as its meaning and the default that it may end in, as in ``items a user (default 10)``."""
    match = re.fullmatch(r"(.*) \(default (.*)\)", text, re.DOTALL)
    return (match[1], match[2].strip("'")) if match else (text, "")
