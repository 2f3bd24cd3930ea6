"""Measures, on the wardrobe, how often explanations agree with the truth.

    python -m benchmarks.explanation_truth --workdir=out/wardrobe_run

** Attributes: garments are drawn again with one attribute changed, and scored by the recommender. The figure is how
  often the table of matched items, which does not use these drawings, names the attribute that changes the score most.
  The users are those whose taste is mostly one attribute, equally many for colour, pattern and length.
* Heat maps: the share of their mass on the garment, and two areas under the curve of the score. For deletion, the
  photo's squares are made white in the map's order (smaller is better). For insertion, they are added to a white
  image in this order (larger is better).
"""

import dataclasses
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from absl import flags

from tools.common import app, table

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("workdir", None, "DVBPR's workdir, trained on the wardrobe", required=True, flag_values=FLAGS)
flags.DEFINE_integer("cases", 200, "number of pairs of a user and a garment for the attributes", flag_values=FLAGS)
flags.DEFINE_integer("photos", 100, "number of pairs of a user and a purchase for the heat maps", flag_values=FLAGS)
flags.DEFINE_integer("steps", 128, "steps of the integral", flag_values=FLAGS)
flags.DEFINE_float("margin", 1.5, "least ratio of the attribute's effect to any other's", flag_values=FLAGS)
flags.DEFINE_integer("seed", 0, "seed of the pairs", flag_values=FLAGS)

CHANGED = ("colour", "pattern", "length")
_LENGTHS = (1 / 6, 1 / 2, 5 / 6)  # the centres of short, middle and long
_SQUARES = (8, 16)  # squares per side of the photo, for the curves
_POINTS = 10  # points of a curve
_DRAWINGS = 3  # the wardrobe's stream of random numbers for drawings


def main(values: flags.FlagValues) -> None:
    """Measures and prints both parts, each as a table."""
    from tf_dvbpr.explanation.attribute_table import attributes_of
    from tf_dvbpr.explanation.explain import open_explainer
    from tf_dvbpr.ranking.factors import Factors
    from tfrecords.sources.wardrobe.source import ORACLE_FILE, TRUTH_FILE, write_attributes

    explainer, step = open_explainer(values.workdir)
    dataset = explainer.dataset
    truth = json.loads((dataset.path / TRUTH_FILE).read_text())["items"]
    with tempfile.TemporaryDirectory() as folder:
        write_attributes(Path(folder) / "shown.csv", truth)
        explainer.attributes = attributes_of(dataset, str(Path(folder) / "shown.csv"))
    oracle = Factors.load(dataset.path / ORACLE_FILE)
    rng = np.random.default_rng(values.seed)
    print(f"{values.workdir}: step {step}, photos of {explainer.embedder.image_size} pixels")
    print(attributes_named(explainer, truth, oracle.user_factors, rng, values.cases, values.margin), flush=True)
    print(heat_maps(explainer, rng, values.photos, values.steps))


def attributes_named(
    explainer: object, truth: Sequence[dict], tastes: np.ndarray, rng: np.random.Generator, cases: int, margin: float
) -> str:
    """Measures how often the explanation names the attribute that the drawings show; returns a table."""
    from tf_dvbpr.explanation.explainer import Asked
    from tf_dvbpr.explanation.garment import item_garment

    hits: dict[str, list[tuple[bool, bool]]] = {name: [] for name in CHANGED}
    for number in range(cases):
        planted = CHANGED[number % len(CHANGED)]
        user, item = _pair(planted, truth, tastes, rng, margin)
        garment = item_garment(truth[item]["key"], explainer.dataset, explainer.embedder, explainer.factors)
        moves = _moves(explainer, truth[item], item, explainer.factors.tastes[user])
        named = dict.fromkeys(moves, 0.0)
        for change in explainer.attribute_changes(garment, Asked("", np.array([user]), False)):
            if change.attribute in named:
                named[change.attribute] = max(named[change.attribute], abs(change.change))
        answer, seen = max(named, key=named.get), max(moves, key=moves.get)
        hits[planted].append((answer == seen, answer == planted))
    rows = [(name, len(some), *(f"{share:.3f}" for share in np.mean(some, 0))) for name, some in hits.items()]
    every = [one for some in hits.values() for one in some]
    rows.append(("all", len(every), *(f"{share:.3f}" for share in np.mean(every, 0))))
    headers = ["taste", "cases", "names what moves the score most", "names the taste"]
    return table.render(headers, rows)


def _pair(
    planted: str, truth: Sequence[dict], tastes: np.ndarray, rng: np.random.Generator, margin: float
) -> tuple[int, int]:
    """Draws a random user and a garment for which changes of the attribute `planted` matter most to the true taste."""
    while True:
        user, item = int(rng.integers(len(tastes))), int(rng.integers(len(truth)))
        own = _oracle_score(tastes[user], truth[item])
        means = {
            name: max(abs(_oracle_score(tastes[user], other) - own) for other in _changed(truth[item], name))
            for name in CHANGED
        }
        if means[planted] >= margin * max(value for name, value in means.items() if name != planted):
            return user, item


def _oracle_score(taste: np.ndarray, shown: dict) -> float:
    from tfrecords.sources.wardrobe.tastes import ATTRIBUTES

    hue = np.deg2rad(shown["hue"])
    values = {"hue_cos": np.cos(hue), "hue_sin": np.sin(hue), "length": 2 * shown["length"] - 1, shown["pattern"]: 1.0}
    return float(sum(taste[ATTRIBUTES.index(name)] * value for name, value in values.items()))


def _changed(shown: dict, name: str) -> list[dict]:
    """Returns the garment with every other value of one attribute."""
    from tfrecords.sources.wardrobe.tastes import COLOURS, NECKLINES, PATTERNS

    if name == "colour":
        return [{**shown, "hue": (shown["hue"] + 45 * turn) % 360} for turn in range(1, len(COLOURS))]
    if name == "length":
        own = int(np.argmin([abs(shown["length"] - length) for length in _LENGTHS]))
        return [{**shown, "length": length} for place, length in enumerate(_LENGTHS) if place != own]
    choices = PATTERNS if name == "pattern" else NECKLINES
    return [{**shown, name: value} for value in choices if value != shown[name]]


def _moves(explainer: object, shown: dict, item: int, taste: np.ndarray) -> dict[str, float]:
    """Computes, for each attribute, the largest change of the recommender's score on drawings."""
    names = [*CHANGED, "neckline"] if shown["category"].endswith("tops") else list(CHANGED)
    drawn = {name: _changed(shown, name) for name in names}
    photos = [_drawn(explainer, one, item) for one in [shown, *(one for some in drawn.values() for one in some)]]
    own, *others = explainer.embedder(np.stack(photos)).numpy() @ taste
    moves, first = {}, 0
    for name, some in drawn.items():
        moves[name] = float(np.abs(np.array(others[first : first + len(some)]) - own).max())
        first += len(some)
    return moves


def _drawn(explainer: object, shown: dict, item: int) -> np.ndarray:
    import tensorflow as tf

    from tfrecords.photos.decode import decode_photo
    from tfrecords.sources.wardrobe.drawing import Garment, encode_garment

    fields = {field.name: shown[field.name] for field in dataclasses.fields(Garment)}
    rng = np.random.default_rng([explainer.dataset.meta["split"]["seed"], _DRAWINGS, item])
    side = int(explainer.dataset.photo_sizes[item, 0])
    encoded, embedder = encode_garment(Garment(**fields), side, rng), explainer.embedder
    return decode_photo(tf.constant(encoded), embedder.image_size, embedder.resize_filter, embedder.fit).numpy()


def heat_maps(explainer: object, rng: np.random.Generator, photos: int, steps: int) -> str:
    """Measures the mass on the garment and both areas for each kind of heat map; returns a table."""
    import tensorflow as tf

    from tf_dvbpr.explanation.explainer import METHODS
    from tf_dvbpr.explanation.garment import item_garment
    from tf_dvbpr.explanation.integrated_gradients import gradients

    dataset, style = explainer.dataset, tf.function(explainer.embedder.style_vectors)
    slope = tf.function(lambda images, taste: gradients(explainer.embedder.style_vectors, images, taste))
    figures: dict[str, list[tuple[float, ...]]] = {}
    gaps, users = [], iter(rng.permutation(dataset.num_users))
    while len(gaps) < photos:
        user = int(next(users))
        key = str(dataset.item_keys[dataset.test[user]])
        garment = item_garment(key, dataset, explainer.embedder, explainer.factors)
        taste = explainer.factors.tastes[user]
        found = explainer.maps(garment, taste[None], steps)
        difference = float(found.scores[0] - found.white[0])
        if difference < 0.5 * explainer.deviations[user]:
            continue  # a white image scores nearly the same, so the curves mean nothing
        gaps.append(abs(float(found.gap[0])) / explainer.deviations[user])
        image, cloth = garment.image.numpy(), _cloth(garment.pixels)
        gradient = slope(image[None], tf.constant(taste, tf.float32)).numpy()[0]
        maps = {method: found.maps[method][0] for method in METHODS}
        maps["plain gradients"] = np.abs(gradient).sum(-1)
        maps["random"] = rng.uniform(size=cloth.shape)
        maps["random on the garment"] = np.where(cloth, maps["random"], -1.0)

        def score(images: np.ndarray, taste: np.ndarray = taste) -> np.ndarray:
            return style(tf.constant(images)).numpy() @ taste

        for name, values in maps.items():
            areas = [
                area
                for squares in _SQUARES
                for area in _areas(score, image, values, float(found.white[0]), difference, squares)
            ]
            mass = np.abs(np.maximum(values, 0) if name.startswith("random") else values)
            figures.setdefault(name, []).append((mass[cloth].sum() / mass.sum(), *areas))
    rows = []
    for name, some in figures.items():
        means, errors = np.mean(some, 0), np.std(some, 0, ddof=1) / len(some) ** 0.5
        cells = [f"{mean:.3f} +- {error:.3f}" for mean, error in zip(means, errors, strict=True)]
        rows.append((name.replace("_", " "), *cells))
    told = f"integral's error, of the scores' deviation: median {np.median(gaps):.2%}, largest {max(gaps):.2%}"
    curves = [f"{kind}, {squares} x {squares}" for squares in _SQUARES for kind in ("deletion", "insertion")]
    headers = [f"map, {photos} photos", "mass on the garment", *curves]
    return f"{table.render(headers, rows)}\n{told}"


def _cloth(pixels: np.ndarray) -> np.ndarray:
    """Finds the garment, bool [S, S]: the pixels that are not white, with holes filled and a margin of one pixel."""
    from scipy.ndimage import binary_dilation, binary_fill_holes

    return binary_dilation(binary_fill_holes(pixels.min(-1) < 240))


def _areas(
    score: Callable[[np.ndarray], np.ndarray],
    image: np.ndarray,
    values: np.ndarray,
    white: float,
    difference: float,
    squares: int,
) -> tuple[float, float]:
    """Computes (deletion, insertion): the mean of the score over the curve, 0 for a white image and 1 for the photo."""
    side = image.shape[0] // squares
    sums = values.reshape(squares, side, squares, side).sum((1, 3)).ravel()
    ranks = np.empty(len(sums), int)
    ranks[np.argsort(-sums, kind="stable")] = np.arange(len(sums))
    places = np.repeat(np.repeat(ranks.reshape(squares, squares), side, 0), side, 1)[..., None]
    counts = np.linspace(0, len(sums), _POINTS + 1).round().astype(int)
    deleted = np.stack([np.where(places < count, 1.0, image) for count in counts]).astype(np.float32)
    inserted = np.stack([np.where(places < count, image, 1.0) for count in counts]).astype(np.float32)
    curve = (score(np.concatenate([deleted, inserted])) - white) / difference
    trapezium = np.full(_POINTS + 1, 1 / _POINTS)
    trapezium[[0, -1]] /= 2
    return float(trapezium @ curve[: _POINTS + 1]), float(trapezium @ curve[_POINTS + 1 :])


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `python -m benchmarks.explanation_truth`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
