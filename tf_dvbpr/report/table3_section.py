"""The section on the paper's Table III for this data set, made by tools.compare."""

import math
import re
from pathlib import Path

from tf_dvbpr.comparison import tables as comparison
from tf_dvbpr.report.blocks import Section, table, text
from tf_dvbpr.report.dot_plot import Row, dot_plot
from tf_dvbpr.report.json_input import as_written_by, read_json
from tf_dvbpr.report.markup import join, tag
from tfrecords.errors import InputError, option

_FILE, _TOOL = "table3.json", "tools.compare"
_PLOTTED = ("all", "cold", "warm")  # in the colours of the validation's curves, all and cold first


def table3_section(folder: Path, fingerprint: str) -> Section:
    """Returns a chart with one dot per model, and tools.compare's table. Raises InputError for another data set."""
    result = read_json(folder, _FILE, _TOOL)
    with as_written_by(_TOOL, folder / _FILE):
        if result["data_set"]["fingerprint"] != fingerprint:
            raise InputError(f"{folder / _FILE}: of another data set; give the {option('table3')} of this one")
        rows = result["rows"]
        headers, cells = comparison.table_three(result)
        cells = [[_typeset(cell) for cell in row] for row in cells]
        plotted = [group for group in _PLOTTED if group in comparison.groups(result)]
        plot = dot_plot(
            "Test AUC",
            ["all users" if group == "all" else f"{group} items" for group in plotted],
            [
                Row(row["name"], [row[group] for group in plotted], [row[f"{group}_se"] for group in plotted])
                for row in rows
            ],
        )
        best = [
            (place, column)
            for column, group in enumerate(comparison.groups(result), 1)
            for place in comparison.leaders(result, group)
        ]
        # JSON has no NaN, so the figures of cold items are None if there are no such items.
        known = [
            {key: math.nan if value is None else value for key, value in one.items()} for one in result["differences"]
        ]
        ahead = [tag("li", _typeset(line)) for line in comparison.difference_lines({**result, "differences": known})]
        wins = [tag("li", line) for line in comparison.win_lines(result)]
        body = join(
            text("Every model tuned on validation, the chosen one tested once."),
            plot,
            table("Table III", ["model", *headers[1:]], cells, left=(0, len(headers) - 1), strong=best),
            *([tag("p", "DVBPR's lead, ± the standard error of the paired difference over users:")] if ahead else []),
            *([tag("ul", *ahead)] if ahead else []),
            *([tag("p", "Wins that paired tests over the same users show:"), tag("ul", *wins)] if wins else []),
            tag("p", _typeset(" ".join(comparison.notes(result))), class_="fine"),
        )
    return Section("table3", "Table III", "Compared: Table III", body)


def _typeset(words: str) -> str:
    if words == "-":
        return "–"
    signed = re.sub(r"(?<![\w-])-(?=[\d. ])", "−", words.replace("+-", "±"))
    return re.sub(r"(?<![\d.])\.(?=\d)", "0.", signed)
