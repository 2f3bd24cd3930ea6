"""The section on the GAN: its learning curves, its metrics, images of the same latents during the training."""

import re
from pathlib import Path

from gan.config import GanConfig
from tf_dvbpr.report.blocks import Section, captioned, plates, table, text
from tf_dvbpr.report.curves import Chart, draw
from tf_dvbpr.report.embedded_picture import embed_file
from tf_dvbpr.report.formats import number, percent, whole, with_error
from tf_dvbpr.report.history import History
from tf_dvbpr.report.json_input import as_written_by
from tf_dvbpr.report.markup import Html, join, tag
from tf_dvbpr.report.recommender_section import settings, told
from tf_dvbpr.workdir import Workdir

_SHOWN = 3  # grids at most


def gan_section(workdir: Workdir, history: History) -> Section:
    """Returns curves, the best step's figures, and three grids of images: an early one, a middle one and the best."""
    with as_written_by("tools.train_gan", workdir.path / "metrics.jsonl"):
        parts = [told(history), _curves(history), _figures(history)]
    return Section("gan", "GAN", "The GAN", join(*parts, _grids(workdir, history), settings(workdir, GanConfig)))


def headline(history: History) -> list[tuple[str, str, str]]:
    """Returns the GAN's tile."""
    distance = history.figure("frechet_distance")
    if distance is None:
        return []
    return [("GAN, Fréchet", number(distance, 1), f"judge: {_judge(history)}")]


def _curves(history: History) -> Html:
    if not history.lines:
        return text("Nothing is measured yet: the training has not come to its first figures.")
    best, distance = history.best, history.figure("frechet_distance")
    mark = None
    if best and distance is not None:
        mark = (float(best[history.unit]), f"best {number(distance, 1)} at step {whole(best['step'])}")
    losses = [history.curve("discriminator", "loss.discriminator"), history.curve("generator", "loss.generator")]
    scores = [history.curve("photos", "loss.score_real"), history.curve("images", "loss.score_fake")]
    spread = [history.curve("images", "diversity/images"), history.curve("photos", "diversity/photos")]
    score = [history.curve("images", "classifier_score")]
    nearest = [history.curve("images", "nearest_photo/images"), history.curve("photos", "nearest_photo/photos")]
    charts = [
        Chart("Fréchet distance, lower is better", "photos", "distance", [history.curve("", "frechet_distance")], mark),
        Chart("Losses", "photos", "loss", losses),
        Chart("Scores", "photos", "D(x, c)", scores),
        Chart("Classifier score, higher is better", "photos", "score", score),
        Chart("Diversity", "photos", "1 − SSIM", spread),
        Chart("Nearest photo", "photos", "distance", nearest),
    ]
    told = text(
        "The discriminator tells photos (target 1) from images (target 0) by squared loss; the generator learns from "
        "what it gets past it. The figures are of images that the generator drew at each step."
    )
    return join(told, tag("div", *map(draw, charts), class_="charts"))


def _figures(history: History) -> Html:
    figure = history.figure
    rows = [
        ["Fréchet distance", number(figure("frechet_distance"), 1), "–", "lower"],
        ["kernel distance", number(figure("kernel_distance"), 3), "–", "lower"],
        [
            "classifier score",
            with_error(figure("classifier_score"), figure("classifier_score_spread"), 2),
            "–",
            "higher",
        ],
        ["diversity, 1 − SSIM", number(figure("diversity/images")), number(figure("diversity/photos")), "as photos"],
        [
            "distance to the nearest photo",
            number(figure("nearest_photo/images")),
            number(figure("nearest_photo/photos")),
            "as photos",
        ],
    ]
    right = figure("right_category")
    if right is not None:
        rows.append(["taken for the right category", percent(right), "–", "higher"])
    rows = [row for row in rows if row[1] != "–"]
    if not rows:
        return Html("")
    caption = f"The images of step {whole(history.best['step'])}, judge: {_judge(history)}"
    return table(caption, ["figure", "images", "photos", "better"], rows, left=(0, 3))


def _judge(history: History) -> str:
    names = [name for name in history.best or {} if name.startswith("frechet_distance/")]
    return names[0].split("/")[1] if names else "none"


def _grids(workdir: Workdir, history: History) -> Html:
    steps = sorted(
        int(match[1]) for path in workdir.path.iterdir() if (match := re.fullmatch(r"samples-(\d+)\.png", path.name))
    )
    best = history.best["step"] if history.best else None
    steps = [step for step in steps if step] or steps  # The images of an untrained generator are grey.
    end = steps.index(best) if best in steps else len(steps) - 1
    shown = sorted({round(end * part / (_SHOWN - 1)) for part in range(_SHOWN)}) if steps else []
    figures = [_plate(workdir.path / f"samples-{steps[i]}.png", f"images after step {whole(steps[i])}") for i in shown]
    reals = workdir.path / "reals.png"
    if reals.is_file():
        figures.append(_plate(reals, "photos of the data set, at the size of the images"))
    if not figures:
        return Html("")
    return join(
        tag("h3", "Images as the training went"),
        text("The same latents after more and more steps, a row a category, and photos to compare them with."),
        plates(figures),
    )


def _plate(file: Path, caption: str) -> Html:
    return captioned(embed_file(file), f"A grid of garments: {caption}", caption)
