"""Chooses which of a query's optimised images to show (paper, eq. 11)."""

import numpy as np


def choose(
    objectives: np.ndarray, k: int, choice: str = "top_k", draw: np.random.Generator | None = None
) -> np.ndarray:
    """Picks k of m images by their objective, without replacement.

    ``top_k`` takes the k highest. ``softmax`` draws the first image n with probability ``exp(o_n) / sum exp(o)``, the
    next among the remaining images in the same way, and so on (eq. 11). The k highest of ``o_n + g_n`` with Gumbel
    noise g have exactly this distribution (Yellott 1977).

    Args:
        objectives: float [m]; a value that is not finite belongs to a dropped start and is never chosen.
        k: number of images, at least 1.
        choice: ``top_k`` or ``softmax``.
        draw: source of randomness for ``softmax``.

    Returns:
        int [min(k, number of finite objectives)], in the order of the choice.
    """
    objectives = np.asarray(objectives, np.float64)
    left = np.flatnonzero(np.isfinite(objectives))
    keys = objectives[left]
    if choice == "softmax":
        keys = keys + draw.gumbel(size=len(left))
    return left[np.argsort(-keys, kind="stable")[:k]]
