"""Explains a garment, and alters it as little as possible until the users like it."""

import dataclasses
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from gan.design.model_pair import Studio
from gan.explanation.config import ChangeConfig
from gan.explanation.smallest_change import Change, smallest_change
from gan.search.config import TAILORING, InversionConfig, resolve
from gan.search.invert import Inverter
from gan.search.maximise import Maximiser
from tf_dvbpr.explanation.config import ExplainConfig
from tf_dvbpr.explanation.explain import explain
from tf_dvbpr.explanation.explainer import Asked, Explainer
from tf_dvbpr.explanation.garment import Garment
from tf_dvbpr.explanation.results import Explanations
from tf_dvbpr.pictures import grid
from tfrecords.errors import InputError, option, prefixed, renamed
from tfrecords.photos.decode import decode_photo, denormalise, normalise

PICTURE = "change.png"
_CELL = 144


def explain_with_gan(config: ExplainConfig, change: ChangeConfig, progress: bool = True) -> tuple[Explanations, dict]:
    """Explains a garment as `tf_dvbpr.explanation.explain.explain` does, and adds the smallest changes.

    It first finds the photo's latent (eq. 12). Each user's goal is the least score above a share `change.reach` of the
    catalogue; `smallest_change` searches for a garment that reaches it. The folder also gets change.png and its
    pictures.

    Args:
        config: what to explain.
        change: the GAN and the goal.
        progress: whether to show progress bars.

    Returns:
        (the explanations, the entries added to explain.json: ``changes`` and ``change_notes``).

    Raises:
        InputError: no user is named, the garment has no category, the two runs do not fit each other, the inversion
            diverges, or as `explain`.
    """
    if config.user is None:
        raise InputError(f"{option('gan')} shows what would change the minds of users: name some by {option('user')}")
    if config.photo is not None and change.category is None:
        raise InputError(f"{option('photo', config.photo)}: give its {option('category')}, which the GAN has to know")
    added: dict = {}

    def add(folder: Path, explainer: Explainer, garment: Garment, asked: list[Asked]) -> dict:
        with renamed(recommender="workdir"):
            studio = Studio.open(config.workdir, change.gan, "float32", config.dataset)
        added.update(_changes(studio, change, explainer, garment, asked, folder, progress))
        return added

    return explain(config, progress, add), added


def _changes(
    studio: Studio,
    change: ChangeConfig,
    explainer: Explainer,
    garment: Garment,
    asked: list[Asked],
    folder: Path,
    progress: bool,
) -> dict:
    category = _category(studio, change, garment)
    labels, size = studio.labels(np.array([category])), studio.networks.image_size
    dataset = studio.dataset
    photo = normalise(decode_photo(tf.constant(garment.encoded), size, dataset.resize_filter, dataset.fit))[None]
    ascent = studio.settled(resolve("fast", TAILORING))
    form = ascent.latent_form, ascent.start_deviation
    found = Inverter(studio.networks, InversionConfig(), *form, ascent.batch_size, ascent.seed)(photo, labels, progress)
    if not np.isfinite(found.errors).all():
        raise InputError("the inversion gave figures that are not finite: the GAN has diverged; train it again")
    maximiser = Maximiser(studio.networks, ascent)
    before = studio.draw(found.latents, category)
    style = studio.networks.style_vectors(before).numpy()[0]
    rows, entries = [], []
    for number, one in enumerate(asked, 1):
        user = int(one.members[0])
        ordered = np.sort(explainer.factors.styles @ explainer.factors.tastes[user])
        goal = _goal(ordered, change.reach)
        end = smallest_change(maximiser, found.latents, labels, studio.taste(np.array([[user]])), goal, form[0])
        after = studio.draw(end.latent[None], category)
        images = [*grid.of_images(before), *grid.of_images(after), _difference(before, after)]
        files = {name: f"{number}-{name}.png" for name in ("before", "after", "difference")}
        for image, file in zip(images, files.values(), strict=True):
            image.save(folder / file)
        score = float(style @ explainer.factors.tastes[user])
        entry = _entry(one.name, goal, score, end, ordered, files)
        entries.append(entry)
        captions = [
            garment.name,
            f"{score:.3g}, above {entry['before']['percentile']:.1%}\ndrawn by the GAN",
            f"{end.score:.3g}, above {entry['after']['percentile']:.1%}\ndrift {end.drift:.3f}, of 2",
            "difference\nwhite: none",
        ]
        reached = "reaches" if end.reached else "does not reach"
        heading = (
            f"{one.name}: the smallest change found {reached} {goal:.3g}, above {change.reach:.0%} of the catalogue"
        )
        rows.append(grid.Row(heading, [garment.encoded, *images], captions))
    grid.save(grid.draw(rows, 4, _CELL), folder / PICTURE)
    return {
        "changes": {
            "reach": change.reach,
            "category": studio.gan.category_names[category],
            "reconstruction_error": float(found.errors[0]),
            "users": entries,
            "file": PICTURE,
        },
        "change_notes": studio.notes,
    }


def _category(studio: Studio, change: ChangeConfig, garment: Garment) -> int:
    own = -1 if garment.item is None else int(studio.categories[garment.item])
    if change.category is None and own < 0:
        raise InputError(
            f"{option('item', garment.name)}: an item without a category; give one by {option('category')}"
        )
    with prefixed(option("category")):
        return studio.gan.category(change.category or studio.gan.category_names[own])


def _goal(ordered: np.ndarray, reach: float) -> float:
    """Returns the least float32 score that is above at least a share `reach` of the ascending scores."""
    place = min(len(ordered) - 1, int(np.ceil(reach * len(ordered))) - 1)
    return float(np.nextafter(np.float32(ordered[place]), np.float32(np.inf)))


def _entry(user: str, goal: float, score: float, end: Change, ordered: np.ndarray, files: dict[str, str]) -> dict:
    def share(value: float) -> float:
        return float(np.searchsorted(ordered, value) / len(ordered))

    figures = {name: value for name, value in dataclasses.asdict(end).items() if name not in ("latent", "score")}
    return {
        "user": user,
        "goal": goal,
        "before": {"score": score, "percentile": share(score), "file": files["before"]},
        "after": {"score": end.score, "percentile": share(end.score), "file": files["after"]},
        **figures,
        "difference": files["difference"],
    }


def _difference(before: tf.Tensor, after: tf.Tensor) -> Image.Image:
    """Draws the difference of two images: white for no change, full colour for the largest change."""
    change = np.abs(denormalise(after).numpy()[0].astype(float) - denormalise(before).numpy()[0].astype(float))
    return Image.fromarray(np.rint(255 - 255 * change / max(1.0, change.max())).astype(np.uint8))
