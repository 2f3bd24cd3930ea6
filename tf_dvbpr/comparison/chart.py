"""Draws Table III as a bar chart."""

from pathlib import Path

from tfrecords.files.atomic_file import whole_file

_COLOURS = {"all": "#2f6f9f", "warm": "#d9a441", "cold": "#9fc5de", "unseen": "#cfcfcf"}
_PAPER = "#b04a3a"
_PUBLISHED = {"all": 0, "cold": 1}


def bar_chart(result: dict, path: Path) -> bool:
    """Draws the test AUC of each row, one bar per group of items, with standard errors.

    Dots show the paper's AUC, if `published` has it.

    Args:
        result: as `compare.compare` returns it.
        path: the PNG file to write.

    Returns:
        Whether the file was written; False if matplotlib (the extra `report`) is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        return False
    rows = result["rows"]
    figure = Figure(figsize=(max(6.0, 1.1 * len(rows)), 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    groups = result["groups"]
    width = 0.8 / len(groups)
    for place, group in enumerate(groups):
        at = [number + (place - (len(groups) - 1) / 2) * width for number in range(len(rows))]
        axes.bar(
            at,
            [row[group] for row in rows],
            0.95 * width,
            yerr=[row[f"{group}_se"] for row in rows],
            color=_COLOURS[group],
            ecolor="#555555",
            capsize=2,
            label=f"{group} items",
        )
        paper = _PUBLISHED.get(group)
        known = [
            (x, row["published"][paper])
            for x, row in zip(at, rows, strict=True)
            if row["published"] and paper is not None
        ]
        if known:
            axes.plot(*zip(*known, strict=True), "o", color=_PAPER, markersize=4, label=None if paper else "paper")
    axes.axhline(0.5, color="#999999", linewidth=0.8, linestyle="--", zorder=0)
    axes.set_xticks(range(len(rows)), [row["name"].replace(" (", "\n(") for row in rows])
    axes.set_ylabel("AUC on test")
    axes.set_title(result["data_set"]["name"])
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="upper left")
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=150, format="png")
    return True
