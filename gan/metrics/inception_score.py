"""The inception score: whether a classifier is sure of each image and sees many classes among all of them."""

import dataclasses

import numpy as np

_SUM_TOLERANCE = 1e-3  # A float32 softmax sums to 1 within 1e-6, a half-precision one within 1e-3.


@dataclasses.dataclass(frozen=True)
class Score:
    """A score over the parts that the images were split into.

    Attributes:
        mean: of the parts' scores, 1 to C.
        spread: their standard deviation, that of a population (divided by the number of parts).
    """

    mean: float
    spread: float


def classifier_score(probabilities: np.ndarray, splits: int = 10) -> Score:
    """``exp(mean over x of KL(p(y|x) || p(y)))`` in each of `splits` parts, p(y) being the part's mean of p(y|x).

    1 where the classifier says the same of every image, C where it is certain of each and all classes are equally
    frequent. It grows with the size of a part: compare only scores of equally many images. Salimans et al., "Improved
    Techniques for Training GANs", 2016; its authors' ten parts, and Table IV's ``+-`` over them.

    Args:
        probabilities: float [N, C], p(y|x) of one image a row; zeros are allowed. Computed in float64, each row divided
            by its sum.
        splits: parts, of consecutive rows; their sizes differ by one where N is not divisible. The order is the
            caller's: rows sorted by category would make parts of one category, so shuffle those.

    Raises:
        ValueError: not [N, C], fewer rows than parts, no parts, a value that is negative or not finite, or a row that
            does not sum to 1.
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
    """What `classifier_score` is called with the probabilities of an ImageNet network (`imagenet_networks.NETWORKS`).

    The inception score is defined by InceptionV3: no other network's values can be compared with published ones.
    """
    return "inception_score" if network == "inception_v3" else "classifier_score"


def _score(probabilities: np.ndarray) -> float:
    marginal = probabilities.mean(axis=0)
    # 0 log 0 = 0. Where p > 0 its class's mean is over 0 too, unless it underflowed: then p adds nothing either.
    seen = (probabilities > 0) & (marginal > 0)
    ratio = np.divide(probabilities, marginal, out=np.ones_like(probabilities), where=seen)
    return float(np.exp((probabilities * np.log(ratio)).sum(axis=1).mean()))
