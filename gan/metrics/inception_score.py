"""Computes the inception score: whether a classifier is sure of each image and finds many classes among all images."""

import dataclasses

import numpy as np

_SUM_TOLERANCE = 1e-3  # A float32 softmax sums to 1 within 1e-6, a half-precision softmax within 1e-3.


@dataclasses.dataclass(frozen=True)
class Score:
    """A score over the parts that the images were split into.

    Attributes:
        mean: mean of the parts' scores, 1 to C.
        spread: their population standard deviation (divided by the number of parts).
    """

    mean: float
    spread: float


def classifier_score(probabilities: np.ndarray, splits: int = 10) -> Score:
    """Returns ``exp(mean over x of KL(p(y|x) || p(y)))`` over `splits` parts; p(y) is a part's mean of p(y|x).

    It is 1 if the classifier's output is the same for every image, and C if it is certain of each image and all classes
    are equally frequent. It grows with the size of a part: compare only scores of equally many images. Salimans et al.,
    "Improved Techniques for Training GANs", 2016; ten parts as there, and Table IV's ``+-`` is over them.

    Args:
        probabilities: float [N, C], one row p(y|x) per image; zeros are allowed. Computed in float64, each row divided
            by its sum.
        splits: number of parts of consecutive rows; their sizes differ by one if N is not divisible. Shuffle rows that
            are sorted by category, since otherwise a part has only one category.

    Raises:
        ValueError: the shape is not [N, C], there are fewer rows than parts or no parts, a value is negative or not
            finite, or a row does not sum to 1.
    """
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.ndim != 2:
        raise ValueError(f"probabilities must be [N, C], got {probabilities.shape}")
    if not 1 <= splits <= len(probabilities):
        raise ValueError(f"1 to {len(probabilities)} splits of {len(probabilities)} rows expected, got {splits}")
    if not np.isfinite(probabilities).all() or (probabilities < 0).any():
        raise ValueError("probabilities must be finite and not negative")
    sums = probabilities.sum(axis=1, keepdims=True)
    if (worst := np.abs(sums - 1).max()) > _SUM_TOLERANCE:
        raise ValueError(f"each row must sum to 1; row {np.abs(sums - 1).argmax()} is off by {worst:.3g}")
    scores = [_score(part) for part in np.array_split(probabilities / sums, splits)]
    return Score(mean=float(np.mean(scores)), spread=float(np.std(scores)))


def score_name(network: str) -> str:
    """Returns the name of `classifier_score` for an ImageNet network (`imagenet_networks.NETWORKS`).

    The inception score is defined by InceptionV3; other networks' values cannot be compared with published ones.
    """
    return "inception_score" if network == "inception_v3" else "classifier_score"


def _score(probabilities: np.ndarray) -> float:
    marginal = probabilities.mean(axis=0)
    # 0 log 0 = 0. If p > 0, its class's mean is above 0 too, unless it underflowed; then p adds nothing either.
    seen = (probabilities > 0) & (marginal > 0)
    ratio = np.divide(probabilities, marginal, out=np.ones_like(probabilities), where=seen)
    return float(np.exp((probabilities * np.log(ratio)).sum(axis=1).mean()))
