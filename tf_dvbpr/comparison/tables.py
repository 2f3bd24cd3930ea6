"""The comparison written down: Markdown, CSV, LaTeX, JSON and a bar chart."""

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from tf_dvbpr.comparison.chart import bar_chart
from tf_dvbpr.comparison.rows import TABLES, check_tables
from tf_dvbpr.comparison.runs import format_settings
from tfrecords.files.atomic_file import write_text
from tfrecords.files.json_file import without_nan, write_json
from tfrecords.files.written_list import LIST, write_list

_SIZES = ("users", "items", "interactions", "categories")


def write(result: dict, output: Path) -> list[Path]:
    """Writes table3.md, .csv, .tex, .json and .png into `output`, each whole or not at all.

    Returns:
        The files. table3.png is left out where matplotlib (the extra `report`) is not installed.

    Raises:
        InputError: one that is there was changed by somebody else.
    """
    output.mkdir(parents=True, exist_ok=True)
    check_tables(output)
    # Gone until all are written: a list of half of them would call the others somebody else's.
    (output / LIST).unlink(missing_ok=True)
    *files, chart = (output / name for name in TABLES)
    for file, form in zip(files[:3], (markdown, comma_separated, latex), strict=True):
        write_text(file, form(result))
    write_json(files[3], without_nan(result))
    chart.unlink(missing_ok=True)  # One of an earlier table would contradict this one.
    if bar_chart(result, chart):
        files.append(chart)
    write_list(output, "a comparison", [file.name for file in files])
    return files


def table_three(result: dict) -> tuple[list[str], list[list[str]]]:
    """(headers, rows of cells) of Table III; the terminal and Markdown show the same."""
    several, paper = result["seeds"] > 1, result["published"] is not None
    measures = [name for name in result["rows"][0] if "@" in name]
    headers = ["", "test all", "test cold"]
    headers += ["spread all", "spread cold"] if several else []
    headers += ["paper all", "paper cold"] if paper else []
    headers += ["validation", *measures, "s", "parameters", "runs", "chosen"]
    rows = []
    for row in result["rows"]:
        cells = [row["name"], _with_error(row, "all"), _with_error(row, "cold")]
        cells += [_number(row["all_spread"]), _number(row["cold_spread"])] if several else []
        cells += [_number(value) for value in row["published"] or (None, None)] if paper else []
        cells += [_number(row["validation"]), *(_number(row[name]) for name in measures)]
        chosen = ", ".join(format_settings(row["settings"], " ")) or "-"
        cells += [f"{row['seconds']:.1f}", str(row["parameters"]), str(row["cells"]), chosen]
        rows.append(cells)
    return headers, rows


def difference_lines(result: dict) -> list[str]:
    """A line each: how far DVBPR is ahead, in AUC with the paired standard error over users, and in per cent."""

    def figures(one: dict, group: str) -> str:
        return f"{group} {one[group]:+.4f} +- {_number(one[f'{group}_se'])} ({one[f'{group}_percent']:+.1f} %)"

    return [
        f"{one['name']} - {one['rival']}: {figures(one, 'all')}, {figures(one, 'cold')}"
        for one in result["differences"]
    ]


def notes(result: dict) -> list[str]:
    """What the headers of `table_three` mean."""
    spread = ", spread the standard deviation over seeds" if result["seeds"] > 1 else ""
    told = [
        f"AUC is exact, ties strict; +- is the standard error over users{spread}. cold: users whose held-out item has "
        "fewer than 5 purchases in training. validation: AUC on it, over all users. s: seconds of one training. "
        "runs: settings tried on validation."
    ]
    if result["published"]:
        told.append(f"paper: Kang et al. (ICDM 2017), Table III, {result['published']}.")
    return told


def markdown(result: dict) -> str:
    """Tables II and III."""
    data = result["data_set"]
    parts = [
        _markdown_table(["data set", *_SIZES], [[data["name"], *(str(data[name]) for name in _SIZES)]]),
        _markdown_table(*table_three(result)),
        "\n".join(notes(result)),
    ]
    if result["differences"]:
        parts.append("\n".join(f"* {line}" for line in difference_lines(result)))
    return "\n\n".join(parts) + "\n"


def comma_separated(result: dict) -> str:
    """One line a row, all figures with all their digits."""
    names = [name for name in result["rows"][0] if name not in ("settings", "workdirs", "published", "split")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "dim", "regularisation", "paper_all", "paper_cold"])
    for row in result["rows"]:
        chosen = [row["settings"].get(name, "") for name in ("dim", "regularisation")]
        writer.writerow(
            [*("" if row[name] is None else row[name] for name in names), *chosen, *(row["published"] or ("", ""))]
        )
    return text.getvalue()


def latex(result: dict) -> str:
    """Table III as a tabular of the package booktabs."""
    paper = result["published"] is not None
    headers = ["", "All", "Cold", *(["All (paper)", "Cold (paper)"] if paper else [])]
    best = {group: max(_sortable(row[group]) for row in result["rows"]) for group in ("all", "cold")}
    lines = [
        r"\begin{tabular}{l" + "r" * (len(headers) - 1) + "}",
        r"\toprule",
        " & ".join(headers) + r" \\",
        r"\midrule",
    ]
    for row in result["rows"]:
        cells = [row["name"].replace("_", r"\_")]
        for group in ("all", "cold"):
            figure = f"{_number(row[group])} $\\pm$ {_number(row[f'{group}_se'])}"
            cells.append(rf"\textbf{{{figure}}}" if row[group] == best[group] else figure)
        cells += [_number(value) for value in row["published"] or (None, None)] if paper else []
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headers, ["---", *["---:"] * (len(headers) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _with_error(row: dict, group: str) -> str:
    return f"{_number(row[group])} +- {_number(row[f'{group}_se'])}"


def _number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return "-"
    return f"{value:.4f}".replace("0.", ".", 1)


def _sortable(value: float) -> float:
    return -math.inf if math.isnan(value) else value
