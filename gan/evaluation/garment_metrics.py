"""Measures whether images look like garments of their category, by networks that neither D, G nor a search used."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from gan.metrics.frechet import FeatureStatistics, frechet_distance
from gan.metrics.judge import Judge, images_seen_by
from gan.metrics.kernel_distance import kernel_distance
from gan.metrics.nearest_photo import nearest

CERTAIN = 0.9  # the least probability of a value that counts as certain
MOST_PHOTOS = 1000  # with which images are compared


@dataclasses.dataclass(frozen=True)
class AttributeJudge:
    """A classifier of one attribute.

    Attributes:
        name: the attribute's name.
        values: the names of its values, the classes of `judge`.
        judge: the classifier.
        accuracy: its accuracy on photos that it was not trained on, the mean over values.
    """

    name: str
    values: tuple[str, ...]
    judge: Judge
    accuracy: float


class GarmentMetrics:
    """Compares images with photos of the same categories.

    Args:
        judge: gives the features for the two distances.
        own: the classifier of the data set's categories; None: there is only one category.
        photos: uint8 [R, S, S, 3], R at least 2; their categories are as frequent as those of the images to measure.
        categories: int [R], their categories.
        attributes: classifiers of attributes.
    """

    def __init__(
        self,
        judge: Judge,
        own: Judge | None,
        photos: np.ndarray,
        categories: np.ndarray,
        attributes: Sequence[AttributeJudge] = (),
    ) -> None:
        self._judge, self._own, self._attributes = judge, own, attributes
        self._photos, self._categories = photos, categories
        self._features = images_seen_by(judge, photos, progress=False)[0]
        self._statistics = FeatureStatistics.of(self._features)

    def figures(self, images: np.ndarray, categories: np.ndarray, generated: bool) -> dict:
        """Measures the images of one source.

        Args:
            images: uint8 [N, S, S, 3], N at least 2.
            categories: int [N], the categories that were asked for.
            generated: whether G made them; a photo is its own nearest photo.

        Returns:
            ``right_category``, the share of images in which `own` sees the category that was asked for, or None;
            ``frechet_distance`` and ``kernel_distance`` between images and photos, 0 or more, larger is worse;
            ``nearest_photo``, the mean l2 distance to the nearest photo of the category, or None; ``attributes``, for
            each attribute the share of images in which one value is certain, and each value's share of these.
        """
        features, probabilities = images_seen_by(self._judge, images, progress=False)
        right = distance = None
        if self._own is not None:
            seen = probabilities if self._own is self._judge else images_seen_by(self._own, images, progress=False)[1]
            right = float(np.mean(np.argmax(seen, 1) == categories))
        if generated:
            groups = (categories, self._categories)
            found = nearest(images, self._photos, "l2", groups=groups, progress=False)[1][:, 0]
            distance = float(np.nanmean(found)) if np.isfinite(found).any() else None
        return {
            "right_category": right,
            "frechet_distance": frechet_distance(self._statistics, features),
            "kernel_distance": kernel_distance(self._features, features),
            "nearest_photo": distance,
            "attributes": {one.name: _certain(one, images) for one in self._attributes},
        }


def reference_photos(categories: np.ndarray, asked: np.ndarray, seed: int) -> np.ndarray:
    """Draws photos whose categories are about as frequent as those asked for.

    Args:
        categories: int [I], each photo's category.
        asked: int [N], the categories that were asked for.
        seed: seed of the draw.

    Returns:
        Photos' numbers int64 [R], sorted, each once. R is `MOST_PHOTOS`, less what rounding loses and what a category
        has too few of.
    """
    draw, chosen = np.random.default_rng([seed, 3]), []
    for number, count in zip(*np.unique(asked, return_counts=True), strict=True):
        members = np.flatnonzero(categories == number)
        wanted = max(1, round(MOST_PHOTOS * count / len(asked)))
        chosen.append(draw.permutation(members)[:wanted])
    return np.sort(np.concatenate(chosen))


def _certain(attribute: AttributeJudge, images: np.ndarray) -> dict:
    probabilities = images_seen_by(attribute.judge, images, progress=False)[1]
    sure = probabilities.max(1) >= CERTAIN
    counts = np.bincount(np.argmax(probabilities[sure], 1), minlength=len(attribute.values))
    shares = counts / max(1, counts.sum())
    return {
        "certain": float(sure.mean()),
        "values": {value: float(share) for value, share in zip(attribute.values, shares, strict=True)},
    }
