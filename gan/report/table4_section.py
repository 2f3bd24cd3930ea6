"""The section on the paper's Table IV, and on its Fig. 3 if there is one."""

from collections.abc import Sequence
from pathlib import Path

from tf_dvbpr.report.blocks import Section, captioned, note, plates, table, text
from tf_dvbpr.report.embedded_picture import embed_file
from tf_dvbpr.report.formats import number, percent, whole, with_error, words
from tf_dvbpr.report.json_input import as_written_by, file_beside, read_json
from tf_dvbpr.report.markup import Html, join
from tfrecords.errors import InputError

_FILE, _FIGURE, _DESIGNS, _TOOL = "table4.json", "fig3.png", "designs.png", "tools.evaluate_design"
_MEASURES = {"preference": 2, "quality": 2, "diversity": 3, "realness": 2}  # measures, and their decimals
_LARGER_IS_BETTER = ("preference", "quality", "diversity")


def table4_section(folders: Sequence[Path]) -> Section:
    """Returns a table or figure for each folder that has one. Raises InputError for a folder with neither."""
    parts = []
    for folder in folders:
        figure = folder / _FIGURE
        if (folder / _FILE).is_file() or not figure.is_file():
            parts.append(_table(folder))
        if figure.is_file():
            alt = "Preference, quality and diversity of designs against eta"
            parts.append(
                plates([captioned(embed_file(figure), alt, "Fig. 3: the measures against η, the weight of realness")])
            )
    return Section("table4", "Table IV", "Designs measured: Table IV", join(*parts))


def _table(folder: Path) -> Html:
    content = read_json(folder, _FILE, _TOOL)
    with as_written_by(_TOOL, folder / _FILE):
        sources = content["sources"]
        if not sources:
            raise InputError(f"{folder / _FILE}: no sources in it; run {_TOOL} again")
        measures = [name for name in _MEASURES if all(name in source for source in sources)]
        rows = [
            [
                source["name"],
                *(with_error(source[name]["mean"], source[name]["spread"], _MEASURES[name]) for name in measures),
            ]
            for source in sources
        ]
        strong = [
            (max(range(len(sources)), key=lambda index: _mean(sources[index][name])), column + 1)
            for column, name in enumerate(measures)
            if name in _LARGER_IS_BETTER and any(source[name]["mean"] is not None for source in sources)
        ]
        trials, best = whole(content["trials"]), whole(content["k"])
        caption = (
            f"The {best} best images of each source, mean ± spread over {trials} trials, "
            f"η = {number(content['eta'], 2)}"
        )
        told = text(
            "Preference is x(u, ·), the score of the person; quality the "
            f"{words(content['score_name'])}, judge: {content['judge']}; diversity 1 − SSIM between a person's images; "
            "realness the discriminator's score. Of the first three, larger is better."
        )
        warning = [note(content["warning"])] if content["warning"] else []
        return join(
            *warning, table(caption, ["source", *measures], rows, strong=strong), told, *_garments(content, folder)
        )


def _garments(content: dict, folder: Path) -> list[Html]:
    """Returns the second table and the picture of designs; nothing of a folder from before there were any."""
    sources = content["sources"]
    if not all("right_category" in source for source in sources):
        return []
    attributes = list(sources[0]["attributes"])
    rows = [
        [
            source["name"],
            _share(source["right_category"]),
            number(source["frechet_distance"], 1),
            number(source["kernel_distance"], 3),
            number(source["nearest_photo"], 3),
            *(percent(source["attributes"][name]["certain"]) for name in attributes),
        ]
        for source in sources
    ]
    headers = ["source", "right category", "Fréchet distance", "kernel distance", "nearest photo"]
    told = text(
        "Right category is the share of images in which the small classifier of the photos' categories sees the "
        "category that was asked for. The distances are between images and photos of the same categories, by the "
        f"features of {content['judge']}; smaller is nearer. The row of real photos shows what chance alone makes."
    )
    shown = "A design for the person of each trial"
    return [
        table("Do they look like garments?", [*headers, *(f"certain {name}" for name in attributes)], rows),
        told,
        plates([captioned(embed_file(file_beside(folder, _DESIGNS, folder / _FILE)), shown, shown)]),
    ]


def _share(value: float | None) -> str:
    return number(None) if value is None else percent(value)


def _mean(figure: dict) -> float:
    return float("-inf") if figure["mean"] is None else figure["mean"]
