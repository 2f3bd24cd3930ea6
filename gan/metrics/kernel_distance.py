"""Computes the kernel distance between the features of two sets of images, which is unbiased for any number of them."""

import numpy as np


def kernel_distance(photos: np.ndarray, images: np.ndarray) -> float:
    """Returns the squared maximum mean discrepancy of two sets of features under a cubic kernel, unbiased.

        ``mean k(x, x') + mean k(y, y') - 2 mean k(x, y)``, with ``k(x, y) = (x . y / F + 1)^3``

    The first two means leave out the pairs of a row with itself. Unlike the Fréchet distance, its expectation does not
    depend on the number of images: for two sets from one distribution it is 0, so it may be a little below 0.

    Bińkowski et al., "Demystifying MMD GANs", 2018. Its name, kernel inception distance, is only for the features of
    InceptionV3.

    Args:
        photos: float [N, F], N at least 2.
        images: float [M, F], M at least 2.

    Raises:
        ValueError: fewer than two rows, features of other length than the photos', or a value that is not finite.
    """
    for name, features in (("photos", photos), ("images", images)):
        if features.ndim != 2 or len(features) < 2:
            raise ValueError(f"{name}: features [N, F] with N at least 2 expected, got {features.shape}")
        if not np.isfinite(features).all():
            raise ValueError(f"{name}: features must be finite")
    if photos.shape[1] != images.shape[1]:
        raise ValueError(f"features [N, {photos.shape[1]}] expected, got {images.shape}")
    x, y = photos.astype(np.float64), images.astype(np.float64)
    return _within(x) + _within(y) - 2 * float(np.mean(_kernel(x, y)))


def _kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x @ y.T / x.shape[1] + 1) ** 3


def _within(x: np.ndarray) -> float:
    """Returns the mean kernel of the pairs of different rows."""
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))
