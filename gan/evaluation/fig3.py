"""Writes Fig. 3, preference, quality, diversity and D(x, c) of designs against eta, as CSV, JSON and a chart."""

from pathlib import Path

import numpy as np

from gan.evaluation.table4 import MEASURES, comma_separated, quality_name, shown
from tfrecords.files.atomic_file import whole_file, write_text
from tfrecords.files.json_file import without_nan, write_json

NAME, FILE = "Fig. 3", "fig3.json"
_LINE, _BAND = "#2f6f9f", "#c9dfee"


def write(result: dict, folder: Path) -> list[str]:
    """Writes fig3.csv, fig3.json and, with matplotlib (the extra `report`), fig3.png; returns their names."""
    write_text(folder / "fig3.csv", comma_separated("eta", [(one["eta"], one) for one in result["points"]]))
    files = ["fig3.csv", FILE, *(["fig3.png"] if _chart(result, folder / "fig3.png") else [])]
    write_json(folder / FILE, without_nan({**result, "files": files}))
    return files


def cells(result: dict) -> tuple[list[str], list[list[str]]]:
    """Returns (headers, rows) of the figure as a table."""
    headers = ["eta", "preference score", quality_name(result), "diversity", "D(x, c)"]
    return headers, [[f"{point['eta']:g}", *shown(point)] for point in result["points"]]


def _chart(result: dict, path: Path) -> bool:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    points = result["points"]
    figure = Figure(figsize=(14, 3.2), layout="constrained")
    FigureCanvasAgg(figure)
    _, *titles = cells(result)[0]
    for axes, measure, title in zip(figure.subplots(1, len(MEASURES)), MEASURES, titles, strict=True):
        means, spreads = (
            np.array([point[measure][part] for point in points], float)
            for part in ("mean", "spread")  # None: a gap
        )
        places = range(len(points))
        if measure == "quality":
            axes.fill_between(places, means - spreads, means + spreads, color=_BAND, linewidth=0)
        axes.plot(places, means, "o-", color=_LINE)
        axes.set_xticks(places, [f"{point['eta']:g}" for point in points])
        axes.set_xlabel("eta")
        axes.set_title(title)
        axes.spines[["top", "right"]].set_visible(False)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=150, format="png")
    return True
