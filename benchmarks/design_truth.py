"""Measures, on the wardrobe, how often designs have the colour and the length that their user truly likes.

    python -m benchmarks.design_truth --recommender=out/wardrobe_run --gan=out/gan_wardrobe --trials=100

Two small classifiers, trained on the drawings, predict the colour (an eighth of the hue circle) and the length (short
or long) of photos and generated images. Neither the recommender nor the GAN was trained on attributes.
"""

import json
from collections.abc import Sequence

import numpy as np
from absl import flags

from tools.common import app, ascent_flags, table

FLAGS = app.new_flags(__doc__)
flags.DEFINE_string("recommender", None, "DVBPR's workdir, trained on the wardrobe", required=True, flag_values=FLAGS)
flags.DEFINE_string("gan", None, "the GAN's workdir", required=True, flag_values=FLAGS)
flags.DEFINE_integer("trials", 100, "number of random users", flag_values=FLAGS)
flags.DEFINE_integer("k", 3, "images per source and trial", flag_values=FLAGS)
ascent_flags.define(FLAGS)


def main(values: flags.FlagValues) -> None:
    """Prints the share of each source's images that have what the user likes best, with standard errors over trials."""
    from gan.design.model_pair import Studio
    from gan.evaluation.trials import (
        DESIGNED,
        RANDOM,
        RETRIEVED,
        catalogue_answers,
        draw_trials,
        generated_answers,
        photos_of,
    )
    from gan.metrics.category_classifier import CategoryClassifier
    from gan.search.maximise import Maximiser
    from gan.trained import generate
    from tfrecords.photo_store.store import PhotoStore
    from tfrecords.photos.decode import denormalise
    from tfrecords.sources.wardrobe.source import TRUTH_FILE
    from tfrecords.sources.wardrobe.tastes import COLOURS

    studio = Studio.open(values.recommender, values.gan)
    truth = json.loads((studio.dataset.path / TRUTH_FILE).read_text())
    photos = PhotoStore(studio.dataset, studio.networks.image_size)
    of_items = {
        "colour": np.array([COLOURS.index(item["colour"]) for item in truth["items"]]),
        "length": np.array([int(item["length"] > 0.5) for item in truth["items"]]),
    }
    liked = {
        "colour": np.array([COLOURS.index(user["colour"]) for user in truth["users"]]),
        "length": np.array([int(user["length"] > 0) for user in truth["users"]]),
    }
    ascent = studio.settled(ascent_flags.config(values, choice="top_k"))
    trials = draw_trials(studio, values.trials, values.k, ascent.seed)
    maximiser, at_once = Maximiser(studio.networks, ascent), max(1, ascent.batch_size // ascent.starts)
    parts = [
        generated_answers(studio, maximiser, ascent, trials.of(slice(first, first + at_once)), numbers, values.k)
        for first in range(0, values.trials, at_once)
        for numbers in [np.arange(first, min(first + at_once, values.trials))]
    ]
    retrieved = catalogue_answers(studio, trials, values.k, ascent.seed, owned=False)[RETRIEVED]["items"].ravel()
    categories = np.repeat(trials.categories, values.k)

    def drawn(source: str) -> np.ndarray:
        latents = np.concatenate([part[source] for part in parts]).reshape(len(categories), -1)
        return denormalise(generate(studio.gan.generator, latents, studio.labels(categories))).numpy()

    images = {RANDOM: drawn("random"), RETRIEVED: photos_of(studio, retrieved), DESIGNED: drawn("designed")}
    columns, accuracies = [], []
    for name, labels in of_items.items():
        classifier = CategoryClassifier(studio.networks.image_size, int(labels.max()) + 1, 0)
        classifier.train(photos, labels)
        accuracies.append(f"{name} {classifier.accuracy:.3f}")
        wanted = np.repeat(liked[name][trials.users], values.k)
        columns.append([_share(classifier, some, wanted, values.k) for some in images.values()])
    preferences = np.concatenate([part["designed_figures"] for part in parts])[..., 0]
    print(
        f"classifiers on drawings held out: {', '.join(accuracies)}; designs' mean preference {preferences.mean():.3f}"
    )
    rows = [(name, *cells) for name, *cells in zip(images, *columns, strict=True)]
    print(table.render(["source", *(f"favourite {name}" for name in of_items)], rows))


def _share(classifier: object, images: np.ndarray, wanted: np.ndarray, k: int) -> str:
    found = np.concatenate(
        [np.argmax(classifier.classify(images[start : start + 64])[1], 1) for start in range(0, len(images), 64)]
    )
    shares = (found == wanted).reshape(-1, k).mean(1)
    return f"{shares.mean():.3f} +- {shares.std(ddof=1) / len(shares) ** 0.5:.3f}"


def cli(argv: Sequence[str] | None = None) -> None:
    """Runs the command `python -m benchmarks.design_truth`."""
    app.run(main, FLAGS, argv)


if __name__ == "__main__":
    cli()
