"""Measures diversity: how different the images of a group are, by their structural similarity."""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
from skimage.metrics import structural_similarity

from tfrecords.files.parallel_map import ordered_map
from tfrecords.photos.decode import normalise
from tfrecords.progress_bar import progress_bar

_WINDOW = 7  # The default of scikit-image.


@dataclasses.dataclass(frozen=True)
class Diversity:
    """The result of `diversity`.

    Attributes:
        mean: mean of ``1 - SSIM`` over pairs, 0 (all alike) to 2; about 1 for images with nothing in common.
        spread: its population standard deviation over pairs (divided by the number of pairs).
        pairs: the number of compared pairs.
    """

    mean: float
    spread: float
    pairs: int


def diversity(
    images: np.ndarray, groups: np.ndarray | None = None, pairs: int = 3000, seed: int = 0, progress: bool = True
) -> Diversity:
    """Returns ``1 - mean SSIM`` over pairs of images of the same group, as in the paper's Table IV.

    SSIM is scikit-image's, with its default window of 7 x 7 pixels, a data range of 2, averaged over pixels and
    channels. Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", 2004.

    Args:
        images: float [N, S, S, 3] in [-1, 1], S at least 7; or uint8, converted one pair at a time, which takes a
            quarter of the memory.
        groups: [N], a label of each image's group, for example its category or query; None: one group.
        pairs: number of pairs, drawn without replacement: equally many of each group, or all of a group that has
            fewer; all pairs if there are no more. The paper has 3000: 1000 queries with three images each.
        seed: seed of the draw.
        progress: whether to show a progress bar.

    Raises:
        ValueError: images of another shape, type or range, not one group per image, no group with two images, or
            `pairs` below 1.
    """
    _check(images, pairs)
    groups = np.zeros(len(images)) if groups is None else np.asarray(groups)
    if groups.shape != (len(images),):
        raise ValueError(f"one group for each of {len(images)} images expected, got {groups.shape}")
    chosen = list(_choose(groups, pairs, np.random.default_rng(seed)))
    if not chosen:
        raise ValueError("at least two images in one group expected")

    def unlike(pair: tuple[int, int]) -> float:
        both = images[list(pair)]
        first, second = normalise(both).numpy() if both.dtype == np.uint8 else both
        return 1 - float(structural_similarity(first, second, data_range=2, channel_axis=-1))

    bar = progress_bar(
        ordered_map(unlike, chosen), total=len(chosen), desc="diversity", unit="pair", disable=not progress
    )
    values = np.fromiter(bar, np.float64, len(chosen))
    return Diversity(mean=float(values.mean()), spread=float(values.std()), pairs=len(values))


def _check(images: np.ndarray, pairs: int) -> None:
    pixels = images.dtype == np.uint8
    if images.ndim != 4 or images.shape[3] != 3 or not (pixels or np.issubdtype(images.dtype, np.floating)):
        raise ValueError(f"images must be float or uint8 [N, S, S, 3], got {images.dtype} {images.shape}")
    if min(images.shape[1:3]) < _WINDOW:
        raise ValueError(f"images of at least {_WINDOW} x {_WINDOW} pixels expected, got {images.shape}")
    if images.size and not pixels and not (images.min() >= -1 and images.max() <= 1):  # a NaN fails too
        raise ValueError(f"images in [-1, 1] expected, got {images.min():.3g} to {images.max():.3g}")
    if pairs < 1:
        raise ValueError(f"pairs must be at least 1, got {pairs}")


def _choose(groups: np.ndarray, pairs: int, draw: np.random.Generator) -> Iterator[tuple[int, int]]:
    """Returns pairs of rows of the same group."""
    _, group_of, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    members = [np.flatnonzero(group_of == group) for group in range(len(sizes))]
    available = sizes.astype(np.int64) * (sizes - 1) // 2
    quotas = available if available.sum() <= pairs else _quotas(available, pairs, draw)
    for rows, total, quota in zip(members, available.tolist(), quotas.tolist(), strict=True):
        whole = quota == total
        for number in range(total) if whole else draw.choice(total, quota, replace=False, shuffle=False).tolist():
            # Pair number 0 is (0, 1), then come (0, 2), (1, 2), (0, 3) and so on.
            second = (1 + math.isqrt(1 + 8 * number)) // 2
            yield int(rows[number - second * (second - 1) // 2]), int(rows[second])


def _quotas(available: np.ndarray, pairs: int, draw: np.random.Generator) -> np.ndarray:
    """Distributes `pairs` evenly to groups that have at most `available` int64 [G] each, whose sum is larger."""
    quotas = np.zeros_like(available)
    while left := pairs - int(quotas.sum()):
        hungry = np.flatnonzero(quotas < available)
        if left < len(hungry):
            quotas[draw.choice(hungry, left, replace=False)] += 1
        else:
            quotas[hungry] += np.minimum(available - quotas, left // len(hungry))[hungry]
    return quotas
