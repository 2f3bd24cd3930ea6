"""Writes the comparison as Markdown, CSV, LaTeX, JSON and a bar chart."""

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from tf_dvbpr.comparison.chart import bar_chart
from tf_dvbpr.comparison.paired_statistics import LEVEL, RESAMPLES
from tf_dvbpr.comparison.rows import TABLES, check_tables, format_settings
from tfrecords.files.atomic_file import write_text
from tfrecords.files.json_file import without_nan, write_json
from tfrecords.files.written_list import LIST, write_list

_PAIR = ("name", "rival", "users", "difference", "se", "low", "high", "p", "p_holm", "winner")
_SIZES = ("users", "items", "interactions", "categories")


def write(result: dict, output: Path) -> list[Path]:
    """Writes table3.md, .csv, .tex, .json and .png, and table3_pairs.csv; no file is ever half-written.

    Args:
        result: as `compare.compare` returns it.
        output: the folder.

    Returns:
        The files; without table3.png if matplotlib (the extra `report`) is not installed.

    Raises:
        InputError: one of the files exists and was not written by a comparison, or was changed since.
    """
    output.mkdir(parents=True, exist_ok=True)
    check_tables(output)
    # Removed until all files are written: with half a list, the next run would refuse the files that are missing on it.
    (output / LIST).unlink(missing_ok=True)
    *files, chart = (output / name for name in TABLES)
    for file, form in zip(files[:4], (markdown, comma_separated, latex, pairs_comma_separated), strict=True):
        write_text(file, form(result))
    write_json(files[4], without_nan(result))
    chart.unlink(missing_ok=True)  # An earlier chart would contradict this table.
    if bar_chart(result, chart):
        files.append(chart)
    write_list(output, "a comparison", names=[file.name for file in files])
    return files


def groups(result: dict) -> list[str]:
    """Returns the groups of held-out items that have columns; in tables of earlier versions these are all and cold."""
    return result.get("groups", ["all", "cold"])


def table_three(result: dict) -> tuple[list[str], list[list[str]]]:
    """Returns (headers, rows of cells) of Table III, for the terminal and for Markdown."""
    several, paper = result["seeds"] > 1, result["published"] is not None
    measures = [name for name in result["rows"][0] if "@" in name]
    headers = ["", *(f"test {group}" for group in groups(result))]
    headers += [f"spread {group}" for group in groups(result)] if several else []
    headers += ["paper all", "paper cold"] if paper else []
    headers += ["validation", *measures, "s", "parameters", "runs", "chosen"]
    rows = []
    for row in result["rows"]:
        cells = [row["name"], *(_with_error(row, group) for group in groups(result))]
        cells += [_number(row[f"{group}_spread"]) for group in groups(result)] if several else []
        cells += [_number(value) for value in row["published"] or (None, None)] if paper else []
        cells += [_number(row["validation"]), *(_number(row[name]) for name in measures)]
        chosen = ", ".join(format_settings(row["settings"], " ")) or "-"
        cells += [f"{row['seconds']:.1f}", str(row["parameters"]), str(row["cells"]), chosen]
        rows.append(cells)
    return headers, rows


def difference_lines(result: dict) -> list[str]:
    """Returns one line per rival: how far DVBPR is ahead, in AUC with the paired standard error, and in per cent."""

    def figures(one: dict, group: str) -> str:
        ahead, percent = one[group], one[f"{group}_percent"]
        if math.isnan(ahead):
            return f"{group} -"
        share = "-" if math.isnan(percent) else f"{percent:+.1f} %"
        return f"{group} {ahead:+.4f} +- {_number(one[f'{group}_se'])} ({share})"

    return [
        f"{one['name']} - {one['rival']}: {', '.join(figures(one, group) for group in groups(result))}"
        for one in result["differences"]
    ]


def win_lines(result: dict) -> list[str]:
    """Returns one line per group and winning model, which names the models that it wins over."""
    lines = []
    for group, pairs in result.get("pairs", {}).items():
        beaten: dict[str, list[str]] = {row["name"]: [] for row in result["rows"]}
        for pair in pairs:
            if pair["winner"] is not None:
                beaten[pair["winner"]].append(pair["rival" if pair["winner"] == pair["name"] else "name"])
        lines += [f"{group}: {name} over {', '.join(others)}" for name, others in beaten.items() if others]
        if pairs and not any(beaten.values()):
            lines.append(f"{group}: none over any other")
    return lines


def leaders(result: dict, group: str) -> list[int]:
    """Returns the numbers of the row with the best AUC in a group, and of the rows that it does not win over."""
    rows = result["rows"]
    values = [_sortable(row[group]) for row in rows]
    best = rows[values.index(max(values))]["name"]
    lost = {
        pair["rival" if best == pair["name"] else "name"]
        for pair in result.get("pairs", {}).get(group, ())
        if pair["winner"] == best
    }
    if "pairs" not in result:
        lost = {row["name"] for row in rows} - {best}
    return [place for place, row in enumerate(rows) if values[place] > -math.inf and row["name"] not in lost]


def pair_table(pairs: Sequence[dict]) -> tuple[list[str], list[list[str]]]:
    """Returns (headers, rows of cells): every pair of models in one group."""
    headers = ["", "difference", "95 % interval", "p", "p, Holm", "win"]
    rows = [
        [
            f"{pair['name']} - {pair['rival']}",
            f"{_signed(pair['difference'])} +- {_number(pair['se'])}",
            f"{_signed(pair['low'])} to {_signed(pair['high'])}",
            *(_probability(pair[name]) for name in ("p", "p_holm")),
            pair["winner"] or "-",
        ]
        for pair in pairs
    ]
    return headers, rows


def notes(result: dict) -> list[str]:
    """Returns lines that explain the headers of `table_three`."""
    spread = ", spread the standard deviation over seeds" if result["seeds"] > 1 else ""
    warm = "warm: held-out items with 5 purchases in training or more. " if "warm" in groups(result) else ""
    unseen = "unseen: those that nobody bought before the date. " if "unseen" in groups(result) else ""
    told = [
        f"AUC is exact, ties strict; +- is the standard error over users{spread}. {warm}cold: held-out items with "
        f"fewer than 5 purchases in training. {unseen}validation: AUC on it, over all users. s: seconds of one "
        "training. runs: settings tried on validation."
    ]
    if result["published"]:
        told.append(f"paper: Kang et al. (ICDM 2017), Table III, {result['published']}.")
    left_out = result["rows"][0].get("new_users", 0)
    if left_out:
        told.append(f"{left_out} users of the test without a purchase in training are in no figure.")
    return told


def pair_notes() -> str:
    """Returns what `pair_table` shows, and what a win is."""
    return (
        f"+- is the standard error of the paired difference over users; the interval is the bootstrap's of {RESAMPLES} "
        "draws; p is Wilcoxon's signed-rank test, two-sided, also adjusted by Holm's method for all pairs of the "
        f"table. A win: adjusted p under {LEVEL:g}, ranks and interval on one side of 0."
    )


def markdown(result: dict) -> str:
    """Returns Tables II and III and every pair of models, as Markdown."""
    data = result["data_set"]
    parts = [
        _markdown_table(["data set", *_SIZES], [[data["name"], *(str(data[name]) for name in _SIZES)]]),
        _markdown_table(*table_three(result)),
        "\n".join(notes(result)),
    ]
    if result["differences"]:
        parts.append("\n".join(f"* {line}" for line in difference_lines(result)))
    compared = {group: pairs for group, pairs in result["pairs"].items() if pairs}
    for group, pairs in compared.items():
        parts += [f"Pairs, test {group}, {pairs[0]['users']} users:", _markdown_table(*pair_table(pairs))]
    if compared:
        parts.append(pair_notes())
    return "\n\n".join(parts) + "\n"


def comma_separated(result: dict) -> str:
    """Returns one line of CSV per row, all numbers with all digits."""
    names = [name for name in result["rows"][0] if name not in ("settings", "workdirs", "published", "split")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "dim", "regularisation", "paper_all", "paper_cold"])
    for row in result["rows"]:
        chosen = [row["settings"].get(name, "") for name in ("dim", "regularisation")]
        writer.writerow([*(_cell(row[name]) for name in names), *chosen, *(row["published"] or ("", ""))])
    return text.getvalue()


def pairs_comma_separated(result: dict) -> str:
    """Returns one line of CSV per group and pair, all numbers with all digits."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["group", *_PAIR])
    for group, pairs in result["pairs"].items():
        writer.writerows([group, *(_cell(pair[name]) for name in _PAIR)] for pair in pairs)
    return text.getvalue()


def latex(result: dict) -> str:
    """Returns Table III as a LaTeX tabular (package booktabs); bold: the best row and those it does not win over."""
    paper = result["published"] is not None
    shown = groups(result)
    headers = ["", *(group.capitalize() for group in shown), *(["All (paper)", "Cold (paper)"] if paper else [])]
    best = {group: leaders(result, group) for group in shown}
    lines = [
        r"\begin{tabular}{l" + "r" * (len(headers) - 1) + "}",
        r"\toprule",
        " & ".join(headers) + r" \\",
        r"\midrule",
    ]
    for place, row in enumerate(result["rows"]):
        cells = [row["name"].replace("_", r"\_")]
        for group in shown:
            figure = f"{_number(row[group])} $\\pm$ {_number(row[f'{group}_se'])}"
            cells.append(rf"\textbf{{{figure}}}" if place in best[group] else figure)
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


def _signed(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:+.4f}".replace("0.", ".", 1)


def _probability(value: float) -> str:
    return "-" if math.isnan(value) else "<.0001" if value < 0.0001 else _number(value)


def _cell(value: object) -> object:
    return "" if value is None else value


def _sortable(value: float | None) -> float:
    return -math.inf if value is None or math.isnan(value) else value
