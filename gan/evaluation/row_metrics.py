"""Computes one row of Table IV: preference, quality, diversity and realness of one source's images."""

import dataclasses

import numpy as np

from gan.metrics.diversity import diversity
from gan.metrics.inception_score import classifier_score
from gan.metrics.judge import Judge, images_seen_by

_SPLITS = 10
_FEWEST = 2 * _SPLITS  # images; with fewer, a part is a single image, which always scores 1
_FEW = 1000  # images; with fewer, a classifier score means little


def figures_of(judge: Judge, images: np.ndarray, preference: np.ndarray, realness: np.ndarray, k: int) -> dict:
    """Returns one source's figures, each with ``mean`` and ``spread``; the quality's are None for fewer than 20 images.

    Args:
        judge: the network that measures the quality.
        images: uint8 [N k, S, S, 3], in the order of the trials.
        preference: [N, k].
        realness: [N, k].
        k: images per trial.
    """
    quality = {"mean": None, "spread": None}
    if len(images) >= _FEWEST:
        probabilities = images_seen_by(judge, images, progress=False)[1]
        quality = dataclasses.asdict(classifier_score(probabilities, _SPLITS))
    trials = np.repeat(np.arange(len(images) // k), k)
    alike = diversity(images, trials, pairs=len(images) * k, progress=False)
    return {
        "preference": {"mean": float(preference.mean()), "spread": float(preference.std())},
        "quality": quality,
        "diversity": {"mean": alike.mean, "spread": alike.spread},
        "realness": {"mean": float(realness.mean()), "spread": float(realness.std())},
    }


def warning_of(images: int) -> str | None:
    """Returns a warning about a classifier score of so many images, None if there is nothing to warn about."""
    if images >= _FEW:
        return None
    if images < _FEWEST:
        return (
            f"{images} images: no classifier score of under {_FEWEST}, since some of its {_SPLITS} parts would be a "
            "single image, which scores 1 whatever it shows"
        )
    return f"{images} images: a classifier score of under {_FEW} says little, and only against others of as many"
