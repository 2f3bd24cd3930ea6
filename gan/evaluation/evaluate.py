"""Computes the paper's Table IV or Fig. 3: preference, quality and diversity of designs and three other sources."""

import dataclasses
import shutil
import time
from pathlib import Path

import numpy as np
from PIL import Image

from gan.design.model_pair import Studio
from gan.evaluation import fig3, table4
from gan.evaluation.config import EvaluateConfig
from gan.evaluation.garment_metrics import GarmentMetrics, reference_photos
from gan.evaluation.judges import Judges, open_judges
from gan.evaluation.row_metrics import figures_of, warning_of
from gan.evaluation.trials import (
    DESIGNED,
    RANDOM,
    REAL,
    RETRIEVED,
    SOURCES,
    Trials,
    catalogue_answers,
    draw_trials,
    generated_answers,
    photos_of,
    realness_of,
)
from gan.metrics.inception_score import score_name
from gan.search.config import AscentConfig
from gan.search.maximise import Maximiser
from gan.trained import draw_pixels
from tf_dvbpr.pictures.grid import Row, draw, save
from tfrecords.files.atomic_folder import FolderKind, check_output, named_in, whole_folder
from tfrecords.files.cached_arrays import Arrays, kept_part
from tfrecords.progress_bar import progress_bar, write_line

_PARTS = ".parts"
_SHOWN = 64  # designs in the picture


@dataclasses.dataclass(frozen=True)
class _Evaluation:
    """Everything from which one call computes its figures.

    Attributes:
        config: the settings.
        ascent: its search, with `latent_form` resolved.
        studio: the two runs.
        judges: the networks that judge the images.
        garments: compares images with photos.
        trials: all trials.
        folder: the folder to fill.
        progress: show bars.
    """

    config: EvaluateConfig
    ascent: AscentConfig
    studio: Studio
    judges: Judges
    garments: GarmentMetrics
    trials: Trials
    folder: Path
    progress: bool

    @property
    def categories(self) -> np.ndarray:
        """Returns the categories of the trials' images, int [N k]."""
        return np.repeat(self.trials.categories, self.config.k)

    def at(self, eta: float) -> "_Evaluation":
        """Returns the same evaluation with another eta."""
        return dataclasses.replace(self, ascent=dataclasses.replace(self.ascent, eta=eta))


def evaluate_design(config: EvaluateConfig, progress: bool = True, studio: Studio | None = None) -> dict:
    """Fills ``config.output`` with table4.md, .csv and .json, or for ``config.etas`` with fig3.csv, .json and .png.

    If it is killed, the same call resumes.

    Args:
        config: what to measure.
        progress: show bars, and say after the first trials how long all will take.
        studio: the two runs, if they are open already, in ``config.ascent.precision``.

    Returns:
        The content of table4.json or fig3.json (docs/guides/design.md).

    Raises:
        InputError: the runs do not fit together, no trials are possible, or the output exists.
    """
    output = Path(config.output).absolute()
    form = fig3 if config.etas else table4
    kind = FolderKind(form.NAME, form.FILE, "evaluating designs", named_in(form.FILE))
    check_output(output, kind)
    studio = studio or Studio.open(config.recommender, config.gan, config.ascent.precision, moved_to=config.dataset)
    judges = open_judges(config, studio, progress)
    ascent = studio.settled(config.ascent)
    trials = draw_trials(studio, config.trials, config.k, ascent.seed)
    made_for = studio.made_for(config, ascent)
    with whole_folder(output, kind, made_for) as folder:
        common = {
            **{name: getattr(config, name) for name in ("trials", "k", "judge")},
            **{name: getattr(ascent, name) for name in ("preset", "seed", "starts", "steps")},
            "settings": dataclasses.asdict(ascent),
            "images": config.trials * config.k,
            "score_name": score_name(judges.quality.name),
            "warning": warning_of(config.trials * config.k),
            "notes": studio.notes,
        }
        references = reference_photos(studio.categories, trials.categories, ascent.seed)
        garments = GarmentMetrics(
            judges.quality,
            judges.own,
            photos_of(studio, references),
            studio.categories[references],
            judges.attributes,
        )
        asked = _Evaluation(config, ascent, studio, judges, garments, trials, folder, progress)
        if config.etas:
            result = {**common, "points": _sweep(asked)}
        else:
            result = {**common, "eta": ascent.eta, "sources": _table(asked)}
        result["files"] = form.write(result, folder)
        shutil.rmtree(folder / _PARTS)
        return result


def _generated(asked: _Evaluation, maximiser: Maximiser) -> Arrays:
    """Returns `generated_answers` of all trials; caches its parts, so that a killed call can resume."""
    ascent, count, k = asked.ascent, asked.config.trials, asked.config.k
    at_once = max(1, ascent.batch_size // ascent.starts)
    parts, timed, told = [], [], False
    with progress_bar(
        total=count, desc=f"trials at eta {ascent.eta:g}", unit="trial", disable=not asked.progress
    ) as bar:
        for first in range(0, count, at_once):
            numbers = np.arange(first, min(first + at_once, count))

            def compute(numbers: np.ndarray = numbers) -> Arrays:
                began = time.perf_counter()
                answers = generated_answers(asked.studio, maximiser, ascent, asked.trials.of(numbers), numbers, k)
                timed.append((time.perf_counter() - began) / len(numbers))
                return answers

            parts.append(kept_part(asked.folder / _PARTS, f"eta-{ascent.eta!r}-{first}", compute))
            bar.update(len(numbers))
            # Most of the first part's time is compilation.
            if len(timed) == 2 and not told and asked.progress and (left := count - first - len(numbers)):
                told = True
                write_line(f"{count} trials: about {_minutes(timed[1] * left)} left for eta {ascent.eta:g}")
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _table(asked: _Evaluation) -> list[dict]:
    config, studio, trials = asked.config, asked.studio, asked.trials
    photos = catalogue_answers(studio, trials, config.k, asked.ascent.seed, config.retrieve_owned)
    made = _generated(asked, Maximiser(studio.networks, asked.ascent))
    rows = {name: _photo_figures(asked, photos[name]) for name in (REAL, RETRIEVED)}
    rows |= {RANDOM: _made_figures(asked, made, "random"), DESIGNED: _made_figures(asked, made, "designed")}
    rows[DESIGNED]["dropped_starts"] = int(made["dropped"].sum())
    _draw_designs(asked, made["designed"])
    return [{"name": name, **rows[name]} for name in SOURCES]


def _draw_designs(asked: _Evaluation, latents: np.ndarray) -> None:
    """Writes designs.png, the first design of each of the first 64 trials."""
    studio, trials = asked.studio, asked.trials.of(slice(_SHOWN))
    images = draw_pixels(studio.gan.generator, latents[:_SHOWN, 0], studio.labels(trials.categories))
    names = [studio.gan.category_names[number] for number in trials.categories]
    users = studio.dataset.user_keys[trials.users].tolist()
    captions = [f"{user}\n{name}" for user, name in zip(users, names, strict=True)]
    row = Row(f"Designs for the users of {len(users)} trials", [Image.fromarray(image) for image in images], captions)
    save(draw([row], columns=8), asked.folder / table4.DESIGNS)


def _sweep(asked: _Evaluation) -> list[dict]:
    maximiser = Maximiser(asked.studio.networks, asked.ascent)
    return [
        {"eta": eta, **_made_figures(asked, _generated(asked.at(eta), maximiser.at(eta)), "designed")}
        for eta in asked.config.etas
    ]


def _photo_figures(asked: _Evaluation, answers: Arrays) -> dict:
    images = photos_of(asked.studio, answers["items"].ravel())
    realness = realness_of(asked.studio, images, asked.categories)
    return {
        **figures_of(asked.judges.quality, images, answers["preference"], realness, asked.config.k),
        **asked.garments.figures(images, asked.categories, generated=False),
    }


def _made_figures(asked: _Evaluation, made: Arrays, source: str) -> dict:
    studio, of = asked.studio, asked.categories
    images = draw_pixels(studio.gan.generator, made[source].reshape(len(of), -1), studio.labels(of))
    preference, realness = np.moveaxis(made[f"{source}_figures"], 2, 0)
    return {
        **figures_of(asked.judges.quality, images, preference, realness, asked.config.k),
        **asked.garments.figures(images, of, generated=True),
    }


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"
