"""Writes Table IV as Markdown, CSV and JSON."""

import csv
import io
from pathlib import Path

from tfrecords.files.atomic_file import write_text
from tfrecords.files.json_file import without_nan, write_json

NAME, FILE, DESIGNS = "Table IV", "table4.json", "designs.png"
GARMENTS = ("right_category", "frechet_distance", "kernel_distance", "nearest_photo")
MEASURES = ("preference", "quality", "diversity", "realness")


def write(result: dict, folder: Path) -> list[str]:
    """Writes table4.md, table4.csv and table4.json; returns their names and that of the designs' picture."""
    headers, rows = cells(result)
    lines = [f"| {' | '.join(row)} |" for row in (headers, ["---"] * len(headers), *rows)]
    about = (
        f"{result['trials']} trials, top {result['k']}, eta {result['eta']:g}, {result['starts']} starts, "
        f"{result['steps']} steps; mean +- standard deviation (of {quality_name(result)}: over its parts)."
    )
    notes = [about, *([result["warning"]] if result["warning"] else [])]
    headers, rows = garment_cells(result)
    garments = [f"| {' | '.join(row)} |" for row in (headers, ["---"] * len(headers), *rows)]
    write_text(folder / "table4.md", "\n".join([*lines, "", *notes, "", *garments]) + "\n")
    write_text(folder / "table4.csv", comma_separated("source", [(one["name"], one) for one in result["sources"]]))
    files = ["table4.md", "table4.csv", FILE, DESIGNS]
    write_json(folder / FILE, without_nan({**result, "files": files}))
    return files


def cells(result: dict) -> tuple[list[str], list[list[str]]]:
    """Returns (headers, rows) of the table, as in the terminal and in Markdown."""
    headers = ["", "preference score", quality_name(result), "diversity", "D(x, c)"]
    return headers, [[source["name"], *shown(source)] for source in result["sources"]]


def garment_cells(result: dict) -> tuple[list[str], list[list[str]]]:
    """Returns (headers, rows) of the second table, on how much the images look like garments of their category."""
    attributes = list(result["sources"][0]["attributes"])
    headers = ["", "right category", f"Fréchet distance ({result['judge']})", f"kernel distance ({result['judge']})"]
    headers += ["nearest photo", *(f"certain {name}" for name in attributes)]
    rows = [
        [
            source["name"],
            *(_plain(source[name]) for name in GARMENTS),
            *(_plain(source["attributes"][name]["certain"]) for name in attributes),
        ]
        for source in result["sources"]
    ]
    return headers, rows


def _plain(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def shown(figures: dict) -> list[str]:
    """Returns a cell for each of `MEASURES`: mean and spread, or a dash."""
    parts = [(figures[measure]["mean"], figures[measure]["spread"]) for measure in MEASURES]
    return ["-" if mean is None else f"{mean:.4f} +- {spread:.2f}" for mean, spread in parts]


def comma_separated(header: str, rows: list[tuple[object, dict]]) -> str:
    """Returns CSV with a line for each (name, figures), two columns for each of `MEASURES`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = [(measure, part) for measure in MEASURES for part in ("mean", "spread")]
    writer.writerow([header, *("_".join(column) for column in columns)])
    writer.writerows([name, *(figures[measure][part] for measure, part in columns)] for name, figures in rows)
    return text.getvalue()


def quality_name(result: dict) -> str:
    """Returns the quality's name: inception score only for InceptionV3, otherwise classifier score."""
    if result["score_name"] == "inception_score":
        return "inception score"
    return f"classifier score ({result['judge']})"
