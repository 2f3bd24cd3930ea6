"""Table IV of the paper, or its Fig. 3: preference, quality and diversity of what is designed, against three others."""

import dataclasses
import shutil
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

from gan.category_classifier import trained_classifier
from gan.design import fig3, table4
from gan.design.evaluate_config import EvaluateConfig
from gan.design.studio import Studio
from gan.design.trials import (
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
from gan.judge_folder import judge_folder
from gan.labelled import labelled
from gan.sampling import generate
from gan.train_config import OWN_JUDGE
from tf_dvbpr.design.config import AscentConfig
from tf_dvbpr.design.maximise import Maximiser
from tf_dvbpr.image_measures.diversity import diversity
from tf_dvbpr.image_measures.inception_score import classifier_score, score_name
from tf_dvbpr.image_measures.judge import Judge, images_seen_by
from tf_dvbpr.kept_parts import Arrays, kept_part
from tf_dvbpr.photo_store import PhotoStore
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.photo import denormalise, normalise
from tfrecords.whole_folder import check_replaceable, whole_folder

_SPLITS = 10
_FEW = 1000  # images, under which a classifier score says little
_PARTS = ".parts"


def evaluate_design(config: EvaluateConfig, progress: bool = True, studio: Studio | None = None) -> dict:
    """Fills ``config.output`` with table4.md, .csv and .json, or for ``config.etas`` with fig3.csv, .json and .png.

    Killed at any moment, the same call goes on where it was.

    Args:
        config: what to measure.
        progress: show bars, and say after the first trials how long all will take.
        studio: the two runs, where they are open already, in ``config.ascent.precision``.

    Returns:
        What table4.json or fig3.json holds (docs/design.md).

    Raises:
        InputError: runs that do not fit together, no trials to be had, an output that is taken.
    """
    output = Path(config.output).absolute()
    form = fig3 if config.etas else table4
    check_replaceable(output, form.FILE)
    studio = studio or Studio.open(config.recommender, config.gan, config.ascent.precision)
    judge = _judge(config, studio, progress)
    ascent = studio.settled(config.ascent)
    trials = draw_trials(studio, config.trials, config.k, ascent.seed)
    made_for = {
        **dataclasses.asdict(dataclasses.replace(config, output="", ascent=ascent)),
        **studio.identity(),
    }
    with whole_folder(output, form.FILE, "evaluating designs", made_for) as folder:
        common = {
            **{name: getattr(config, name) for name in ("trials", "k", "judge")},
            **{name: getattr(ascent, name) for name in ("preset", "seed", "starts", "steps")},
            "settings": dataclasses.asdict(ascent),
            "images": config.trials * config.k,
            "score_name": score_name(judge.name),
            "warning": _warning(config),
            "notes": studio.notes,
        }
        if config.etas:
            result = {**common, "points": _sweep(config, ascent, studio, judge, trials, folder, progress)}
        else:
            result = {**common, "eta": ascent.eta}
            result["sources"] = _table(config, ascent, studio, judge, trials, folder, progress)
        result["files"] = form.write(result, folder)
        shutil.rmtree(folder / _PARTS)
        return result


def _judge(config: EvaluateConfig, studio: Studio, progress: bool) -> Judge:
    if config.judge != OWN_JUDGE:
        weights = Path(config.judge_weights) if config.judge_weights else None
        flags = ("judge", "judge_weights", "judge_batch_norm_epsilon")
        return Judge.load(config.judge, weights, config.judge_batch_norm_epsilon, flags)
    if len(studio.gan.present) < 2:
        raise InputError(
            f"{config.gan}: draws one category only, so that no classifier of its own can judge: give --judge"
        )
    # The one that the GAN's training made, if it did.
    workdir, size = Workdir.open(config.gan), studio.networks.image_size
    dataset = workdir.dataset()
    categories, names = labelled(dataset)
    classifier = trained_classifier(
        judge_folder(workdir),
        size,
        lambda: PhotoStore(dataset, size, progress=progress),
        categories,
        len(names),
        studio.gan.config.seed,
        progress,
    )
    return Judge(OWN_JUDGE, size, classifier.classify)


def _generated(
    config: EvaluateConfig,
    ascent: AscentConfig,
    studio: Studio,
    maximiser: Maximiser,
    trials: Trials,
    folder: Path,
    progress: bool,
) -> Arrays:
    """`generated_answers` of all trials, in parts that are kept until the whole is there."""
    at_once = max(1, ascent.batch_size // ascent.starts)
    parts, timed, told = [], [], False
    with tqdm(total=config.trials, desc=f"trials at eta {ascent.eta:g}", unit="trial", disable=not progress) as bar:
        for first in range(0, config.trials, at_once):
            rows = slice(first, min(first + at_once, config.trials))
            numbers = np.arange(rows.start, rows.stop)

            def compute(rows: slice = rows, numbers: np.ndarray = numbers) -> Arrays:
                began = time.perf_counter()
                answers = generated_answers(studio, maximiser, ascent, trials.of(rows), numbers, config.k)
                timed.append((time.perf_counter() - began) / len(numbers))
                return answers

            parts.append(kept_part(folder / _PARTS, f"eta-{ascent.eta!r}-{first}", compute))
            bar.update(len(numbers))
            # The first part's time is mostly the compilation's.
            if len(timed) == 2 and not told and progress and rows.stop < config.trials:
                told, left = True, timed[1] * (config.trials - rows.stop)
                tqdm.write(f"{config.trials} trials: about {_minutes(left)} left for eta {ascent.eta:g}")
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _table(
    config: EvaluateConfig,
    ascent: AscentConfig,
    studio: Studio,
    judge: Judge,
    trials: Trials,
    folder: Path,
    progress: bool,
) -> list[dict]:
    photos = catalogue_answers(studio, trials, config.k, ascent.seed, config.retrieve_owned)
    made = _generated(config, ascent, studio, Maximiser(studio.networks, ascent), trials, folder, progress)
    of = np.repeat(trials.categories, config.k)
    rows = {}
    for name in (REAL, RETRIEVED):
        images = photos_of(studio, photos[name]["items"].ravel())
        rows[name] = _figures(judge, images, photos[name]["preference"], realness_of(studio, images, of), config.k)
    for name, source in ((RANDOM, "random"), (DESIGNED, "designed")):
        rows[name] = _made_figures(studio, judge, made, source, of, config.k)
    rows[DESIGNED]["dropped_starts"] = int(made["dropped"].sum())
    return [{"name": name, **rows[name]} for name in SOURCES]


def _sweep(
    config: EvaluateConfig,
    ascent: AscentConfig,
    studio: Studio,
    judge: Judge,
    trials: Trials,
    folder: Path,
    progress: bool,
) -> list[dict]:
    points, maximiser = [], Maximiser(studio.networks, ascent)
    for eta in config.etas:
        at = dataclasses.replace(ascent, eta=eta)
        made = _generated(config, at, studio, maximiser.at(eta), trials, folder, progress)
        of = np.repeat(trials.categories, config.k)
        points.append({"eta": eta, **_made_figures(studio, judge, made, "designed", of, config.k)})
    return points


def _made_figures(studio: Studio, judge: Judge, made: Arrays, source: str, of: np.ndarray, k: int) -> dict:
    latents = made[source].reshape(len(of), -1)
    images = denormalise(generate(studio.gan.generator, latents, studio.labels(of))).numpy()
    preference, realness = np.moveaxis(made[f"{source}_figures"], 2, 0)
    return _figures(judge, images, preference, realness, k)


def _figures(judge: Judge, images: np.ndarray, preference: np.ndarray, realness: np.ndarray, k: int) -> dict:
    """One source's figures; images uint8 [N k, S, S, 3] in the order of the trials."""
    probabilities = images_seen_by(judge, images, progress=False)[1]
    score = classifier_score(probabilities, min(_SPLITS, len(images)))
    trials = np.repeat(np.arange(len(images) // k), k)
    alike = diversity(normalise(images).numpy(), trials, pairs=len(images) * k, progress=False)
    return {
        "preference": {"mean": float(preference.mean()), "spread": float(preference.std())},
        "quality": dataclasses.asdict(score),
        "diversity": {"mean": alike.mean, "spread": alike.spread},
        "realness": {"mean": float(realness.mean()), "spread": float(realness.std())},
    }


def _warning(config: EvaluateConfig) -> str | None:
    images = config.trials * config.k
    if images >= _FEW:
        return None
    return f"{images} images: a classifier score of under {_FEW} says little, and only against others of as many"


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"
