"""Reads a report's page as text, and checks that it shows what its sources say."""

import html
import json
import math
import re
import sys
from pathlib import Path

from . import json_edits, tested
from .outcome import Unreadable

_EMPTY = re.compile(r"(?<![\w./-])(None|nan|NaN|inf|Infinity|null)(?![\w/-])")
_GONE = object()


def write(folder: Path, flags: list[str]) -> str:
    """Makes the page, checks its pictures, and returns its source without styles and pictures."""
    file = folder / "page.html"
    try:
        tested.tool("report", *flags, f"--output={file}")
        source = file.read_text(encoding="utf-8")
    finally:
        file.unlink(missing_ok=True)
    return re.sub(r"<style.*?</style>", "", re.sub(r'data:[^"]{40,}', "", source), flags=re.DOTALL)


def visible(source: str) -> str:
    """Returns the text without tags, with one space between words."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", source)).split())


def rows(source: str, label: str) -> list[list[str]]:
    """Returns the cells of the table whose name starts with `label`, headers first; [] if there is none."""
    found = re.search(rf'<table aria-label="{re.escape(label)}.*?</table>', source, re.DOTALL)
    lines = re.findall(r"<tr>(.*?)</tr>", found.group(), re.DOTALL) if found else []
    return [[visible(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL)] for line in lines]


def wrong(base: str, got: str, damaged: bytes, edited: tuple | None) -> str | None:
    """Returns what is wrong with a page whose source `damaged` is JSON, or None; `edited` is from `json_edits.edit`.

    A page must show an inserted number, or be the same as before the edit. A value that cannot be shown, for example
    text instead of a number, must be refused.
    """
    try:
        document = json.loads(damaged, parse_constant=_refuse)
    except ValueError as error:
        raise Unreadable(f"it is no JSON ({error})") from error
    text = visible(got)
    said = _EMPTY.search(text)
    if said and not _EMPTY.search(visible(base)) and said.group() not in damaged.decode("utf-8", "replace"):
        return f"the page says {said.group()!r}"
    if edited is None or got == base:
        return None
    what, _, place, before = edited
    try:
        after = json_edits.at(document, place)
    except (KeyError, IndexError, TypeError):
        after = _GONE
    if type(before) in (int, float) and after is not _GONE and after is not None:
        if type(after) not in (int, float):
            raise Unreadable(f"{what} is no number")
        if abs(after) > sys.float_info.max or not _shown(after, text, got):
            return f"{after!r:.60} is not on the page"
    if isinstance(before, list | dict) and after is not _GONE and after is not None and type(after) is not type(before):
        raise Unreadable(f"{what} is no {type(before).__name__}")
    if isinstance(before, str) and isinstance(after, str) and after.strip():
        plain = " ".join(after.split())
        if plain not in text and html.escape(after) not in got and plain.replace("_", " ") not in text:
            return f"{after!r} is not on the page"
    return None


def _shown(number: float, text: str, source: str) -> bool:
    if not math.isfinite(number):
        return False
    forms = {str(number), f"{number:,}", f"{number:g}"}
    if abs(number) < 1e300:
        forms.add(f"{math.floor(1000 * number + 1e-6) / 10:.1f}")  # a share in per cent, rounded down to one decimal
    scaled = [1, 100, *([1e-3, 1e-6] if abs(number) >= 1000 else [])]
    for value in filter(math.isfinite, (number * scale for scale in scaled)):
        fewest = 0 if value == int(value) or abs(value) >= 10 else 1
        forms |= {f"{value:{comma}.{digits}f}" for digits in range(fewest, 5) for comma in ("", ",")} | {f"{value:g}"}
    written = text.replace("−", "-") + source.replace("−", "-")
    return any(re.search(rf"(?<![\d.,]){re.escape(form.lstrip('-'))}(?![.,]?\d)", written) for form in forms)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON")


def wrong_lines(source: str, damaged: bytes) -> str | None:
    """Returns what is wrong with the table of validations by the lines of metrics.jsonl; None: nothing.

    If a line is no record, the page must leave it out and say so, or the file must be refused.
    """
    lines, broken = records(damaged)
    if broken and "damaged" not in visible(source):
        return f"{len(broken)} broken lines are left out without a word"
    table = rows(source, "Validations")
    if not table:
        return "the validations are not shown" if lines else None
    head, *shown = table
    best = next((line for line in reversed(lines) if line.get("best")), None)
    expected = []
    for line in lines:
        losses = line.get("loss", {})
        if not isinstance(losses, dict):
            raise Unreadable("the losses are no dict")
        figures = [line.get("auc/validation_all"), line.get("auc/validation_cold")]
        cells = [*(_cell(figure, 4) for figure in figures), *(_cell(losses.get(_key(n, losses)), 2) for n in head[3:])]
        expected.append([f"{int(line['step']):,}" + " (best)" * (line is best), *cells])
    if shown != expected:
        different = [pair for pair in zip(shown, expected, strict=False) if pair[0] != pair[1]]
        return f"the table shows {len(shown)} lines of {len(expected)}, {different[:1]}"
    return None


def wrong_gan(source: str, damaged: bytes) -> str | None:
    """Returns what is wrong with the GAN's page, whose metrics must be those of the best line; None: nothing."""
    lines, broken = records(damaged)
    if broken and "damaged" not in visible(source):
        return f"{len(broken)} broken lines are left out without a word"
    best = next((line for line in reversed(lines) if line.get("best")), {})
    figures = {
        "Fréchet distance": ("frechet_distance", 1),
        "diversity, 1 − SSIM": ("diversity/images", 3),
    }
    shown = {row[0]: row[1] for row in rows(source, "The images of step")}
    for label, (name, digits) in figures.items():
        found = [value for key, value in best.items() if key == name or key.startswith(f"{name}/")]
        expected = _cell(found[0], digits) if found else "–"
        if shown.get(label, "–") != expected:
            return f"{label} is shown as {shown.get(label)}, {expected} expected"
    return None


def _key(name: str, losses: dict) -> str:
    return next((key for key in losses if key.replace("_", " ") == name), name)


def _cell(value: object, digits: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(f"{value!r} is no figure")
    if not math.isfinite(value):
        return "–"
    return f"{value:.{digits}f}".replace("-", "−")


def records(data: bytes) -> tuple[list[dict], list[bytes]]:
    """Returns (the records of metrics.jsonl, the other lines), both without a last line that a kill cut short."""
    whole, broken = [], []
    *lines, last = data.split(b"\n")
    for line in filter(bytes.strip, lines):
        record = _record(line)
        broken.append(line) if record is None else whole.append(record)
    record = _record(last)
    return whole + [record] * (record is not None), broken


def _record(line: bytes) -> dict | None:
    try:
        record = json.loads(line.decode())
        finite = type(record["step"]) in (int, float) and math.isfinite(record["step"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    return record if finite else None
