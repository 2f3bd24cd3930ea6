"""Computes the Fréchet distance between the features of two sets of images; the first set's statistics can be kept."""

import dataclasses
import os
import zipfile
from pathlib import Path

import numpy as np

from tfrecords.errors import InputError
from tfrecords.files.atomic_file import whole_file

_BLOCK = 4096  # Rows converted to float64 at a time; the features may be a memory map larger than memory.


@dataclasses.dataclass(frozen=True)
class FeatureStatistics:
    """Mean and covariance of a set of features.

    Attributes:
        mean: float64 [F].
        root: float64 [F, F], the symmetric square root of the covariance (divided by ``count - 1``).
        count: number of rows, at least 2.
    """

    mean: np.ndarray
    root: np.ndarray
    count: int

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.root.shape != 2 * self.mean.shape or self.count < 2:
            raise ValueError(
                f"a mean [F], a root [F, F] and a count of at least 2 expected; got {self.mean.shape}, "
                f"{self.root.shape} and {self.count}"
            )
        if not np.isfinite(self.mean).all() or not np.isfinite(self.root).all():
            raise ValueError("the mean and the root must be finite")

    @classmethod
    def of(cls, features: np.ndarray) -> "FeatureStatistics":
        """Returns the statistics of float [N, F], N at least 2; negative eigenvalues, caused by rounding, count as 0.

        Raises:
            ValueError: the shape is wrong, or a value is not finite.
        """
        mean = _mean(features)
        covariance = np.zeros(2 * mean.shape)
        for start in range(0, len(features), _BLOCK):
            centred = features[start : start + _BLOCK].astype(np.float64) - mean
            covariance += centred.T @ centred
        values, vectors = np.linalg.eigh(covariance / (len(features) - 1))
        root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
        return cls(mean=mean, root=root, count=len(features))

    def save(self, path: str | os.PathLike) -> None:
        """Writes an ``.npz`` atomically; it loads with allow_pickle=False."""
        with whole_file(path) as temporary, temporary.open("wb") as file:
            np.savez(file, mean=self.mean, root=self.root, count=np.int64(self.count))

    @classmethod
    def load(cls, path: str | os.PathLike) -> "FeatureStatistics":
        """Reads a file that `save` wrote. Raises InputError if it is missing, cut short or of another kind."""
        path = Path(path)
        if not path.is_file():
            raise InputError(f"{path}: no feature statistics here; name the file that they were saved to")
        try:
            if not zipfile.is_zipfile(path):
                raise ValueError("no whole .npz")
            with np.load(path, allow_pickle=False) as arrays:
                if arrays["mean"].dtype != np.float64 or arrays["root"].dtype != np.float64:
                    raise ValueError("mean and root in float64 expected")
                return cls(mean=arrays["mean"], root=arrays["root"], count=int(arrays["count"]))
        except PermissionError:
            raise  # says nothing about the content
        except Exception as error:  # NumPy and zipfile raise almost any exception on damaged files
            reason = " ".join(str(error).split())[:200]
            raise InputError(
                f"{path}: not whole feature statistics ({reason}). Compute them again and save them, which replaces it"
            ) from error


def frechet_distance(statistics: FeatureStatistics, features: np.ndarray) -> float:
    """Returns the Fréchet distance between two normal distributions, one fitted to each set of features.

        ``||m1 - m2||^2 + tr C1 + tr C2 - 2 tr (C1^.5 C2 C1^.5)^.5``

    The last trace is the sum of the singular values of ``C1^.5 X^T / sqrt(N - 1)``, X being the centred features. They
    are the square roots of the eigenvalues of its smaller Gram matrix: C2 itself is not decomposed, so few images with
    many features cost little. The distance of equal sets is 0; the rounding error is about 1e-8 of the traces. The
    distance is biased upwards by about 1 / N: compare only distances of equally many images.

    Heusel et al., "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", 2017. Its name,
    Fréchet inception distance, is only for the features of InceptionV3.

    Args:
        statistics: statistics of the first set.
        features: float [N, F], features of the second set, N at least 2.

    Returns:
        A number of at least 0, in the square of the features' unit.

    Raises:
        ValueError: the shape does not fit the statistics, or a value is not finite.
    """
    mean = _mean(features)
    if mean.shape != statistics.mean.shape:
        raise ValueError(f"features [N, {len(statistics.mean)}] expected, got {features.shape}")
    centred = (features.astype(np.float64) - mean) / np.sqrt(len(features) - 1)
    product = centred @ statistics.root
    gram = product @ product.T if len(product) < len(mean) else product.T @ product
    common = np.sqrt(np.maximum(np.linalg.eigvalsh(gram), 0)).sum()
    distance = np.square(statistics.mean - mean).sum()
    distance += np.square(statistics.root).sum() + np.square(centred).sum() - 2 * common
    return max(0.0, float(distance))


def _mean(features: np.ndarray) -> np.ndarray:
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(f"features must be [N, F] with N at least 2, got {features.shape}")
    mean = features.mean(axis=0, dtype=np.float64)
    if not np.isfinite(mean).all():
        raise ValueError("features must be finite")
    return mean
