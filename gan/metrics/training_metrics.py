"""Computes a generator's metrics: how near its images are to the photos, how varied, how true to their category."""

import functools
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan.config import GanConfig
from gan.judge_config import OWN_JUDGE
from gan.latents import draw_latents
from gan.metrics.category_classifier import trained_classifier
from gan.metrics.diversity import diversity
from gan.metrics.frechet import FeatureStatistics, frechet_distance
from gan.metrics.inception_score import classifier_score, score_name
from gan.metrics.judge import Judge, images_seen_by
from gan.metrics.kernel_distance import kernel_distance
from gan.metrics.nearest_photo import nearest
from gan.trained import GeneratorNetwork, draw_pixels
from tf_dvbpr import stateless
from tfrecords.files.cached_arrays import kept_part
from tfrecords.photo_store.store import PhotoStore

_PHOTOS_MOST = 10_000  # photos for the photos' own metrics
_PAIRS = 600
_NEAREST, _AMONG = 200, 2000
_KERNEL = 2000  # photos for the kernel distance


class Measures:
    """Computes the metrics; the classifier and the photos' statistics are computed once and kept in ``judge/``.

    The images have the photos' frequencies of categories, and the same latents at every step.

    Args:
        config: the settings of the training.
        photos: the photos at the generator's size.
        categories: int [I], -1: left out.
        num_categories: C.
        folder: ``judge/``; see `judge_folder`.
        progress: show bars.
    """

    def __init__(
        self,
        config: GanConfig,
        photos: PhotoStore,
        categories: np.ndarray,
        num_categories: int,
        folder: Path,
        progress: bool = True,
    ) -> None:
        self._photos, self._categories, self._progress = photos, categories, progress
        # First the checks that may refuse the settings.
        network = _load(config) if config.judge != OWN_JUDGE else None
        self._own = None
        if len(np.unique(categories[categories >= 0])) > 1:
            classifier = trained_classifier(
                folder, config.image_size, lambda: photos, categories, num_categories, config.seed, progress
            )
            self._own, self._accuracy = Judge(OWN_JUDGE, config.image_size, classifier.classify), classifier.accuracy
        self._judge = network or self._own
        draw = np.random.default_rng(config.seed)
        labelled = draw.permutation(np.flatnonzero(categories >= 0))
        self._references = np.sort(labelled[:_PHOTOS_MOST])
        self._some = np.sort(labelled[:_KERNEL])
        self._statistics, self._features = self._kept(folder, config.judge)
        self._image_categories = categories[draw.choice(labelled, config.measure_samples)]
        self._labels = tf.one_hot(self._image_categories, num_categories)
        self._neighbour_photos = self._gathered(np.sort(draw.permutation(self._references)[:_AMONG]))
        # Without the photo itself. Images much nearer to photos than photos are to each other are copies.
        self._photos_distance = self._nearest(
            self._neighbour_photos[0][:_NEAREST], self._neighbour_photos[1][:_NEAREST], rank=2
        )
        seed = stateless.seed_of(config.seed, stateless.LATENTS, -2)  # -2 is no step, so training draws differ.
        self._latents = draw_latents(seed, config.measure_samples, config.latent_dim, config.latent_distribution)
        of_photos = self._gathered(draw.permutation(self._references)[: config.measure_samples])
        self._photos_diversity = self._diversity(*of_photos)

    def figures(self, generator: GeneratorNetwork) -> dict[str, float]:
        """Returns the figures by name; ``score`` (larger is better) is minus the Fréchet distance."""
        images = draw_pixels(generator, self._latents, self._labels)
        features, probabilities = images_seen_by(self._judge, images, progress=False)
        distance = frechet_distance(self._statistics, features)
        score = classifier_score(probabilities)
        name = self._judge.name
        called = score_name(name)
        figures = {
            f"frechet_distance/{name}": distance,
            f"kernel_distance/{name}": kernel_distance(self._features, features),
            f"{called}/{name}": score.mean,
            f"{called}_spread/{name}": score.spread,
            "diversity/images": self._diversity(images, self._image_categories),
            "diversity/photos": self._photos_diversity,
            "nearest_photo/images": self._nearest(images[:_NEAREST], self._image_categories[:_NEAREST]),
            "nearest_photo/photos": self._photos_distance,
        }
        if self._own is not None:
            own = probabilities if self._judge is self._own else images_seen_by(self._own, images, progress=False)[1]
            figures["right_category/images"] = float(np.mean(np.argmax(own, 1) == self._image_categories))
            figures["right_category/photos"] = self._accuracy
        # Some figures do not exist if no category has two photos.
        return {**{name: value for name, value in figures.items() if np.isfinite(value)}, "score": -distance}

    def _kept(self, folder: Path, judge: str) -> tuple[FeatureStatistics, np.ndarray]:
        """Returns the statistics of the photos' features, and the features of some of them, from files made once."""
        file = folder / f"statistics-{judge}.npz"
        compute = functools.partial(self._seen, self._some)
        if not file.exists():
            seen = self._seen(self._references)
            compute = functools.partial(seen.__getitem__, np.isin(self._references, self._some))
            folder.mkdir(parents=True, exist_ok=True)
            FeatureStatistics.of(seen).save(file)
        features = kept_part(folder, f"features-{judge}", lambda: {"features": compute()})
        return FeatureStatistics.load(file), features["features"]

    def _seen(self, items: np.ndarray) -> np.ndarray:
        return images_seen_by(self._judge, self._gathered(items)[0], progress=self._progress)[0]

    def _gathered(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._photos.gather(tf.constant(items, tf.int64)).numpy(), self._categories[items]

    def _diversity(self, images: np.ndarray, categories: np.ndarray) -> float:
        """Returns 1 - mean SSIM within categories; NaN if none has two photos."""
        if np.bincount(categories).max() < 2:
            return float("nan")
        return diversity(images, categories, _PAIRS, progress=False).mean

    def _nearest(self, images: np.ndarray, categories: np.ndarray, rank: int = 1) -> float:
        """Returns the mean l2 distance to the nearest photo of the same category among 2000, or to the next nearest."""
        table, of = self._neighbour_photos
        _, distances = nearest(images, table, "l2", rank, groups=(categories, of), progress=False)
        found = distances[:, rank - 1][~np.isnan(distances[:, rank - 1])]
        return float(found.mean()) if len(found) else float("nan")


def _load(config: GanConfig) -> Judge:
    weights = Path(config.judge_weights) if config.judge_weights else None
    return Judge.load(config.judge, weights, config.judge_batch_norm_epsilon)
