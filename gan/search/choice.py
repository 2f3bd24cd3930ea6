"""Which of a query's optimised images to show (paper, eq. 11)."""

import numpy as np


def choose(
    objectives: np.ndarray, k: int, choice: str = "top_k", draw: np.random.Generator | None = None
) -> np.ndarray:
    """Picks k of m images by their objective, without replacement.

    ``top_k`` takes the k highest. ``softmax`` draws image n first with probability ``exp(o_n) / sum exp(o)``, the next
    among those left in the same way, and so on (eq. 11): the k highest of ``o_n + g_n`` with Gumbel noise g have just
    this distribution (Yellott 1977).

    Args:
        objectives: float [m]; one that is not finite belongs to a dropped start and is never chosen.
        k: at least 1.
        choice: ``top_k`` or ``softmax``.
        draw: for ``softmax``.

    Returns:
        int [min(k, those left)], in the order of the choice.
    """
    objectives = np.asarray(objectives, np.float64)
    left = np.flatnonzero(np.isfinite(objectives))
    keys = objectives[left]
    if choice == "softmax":
        keys = keys + draw.gumbel(size=len(left))
    return left[np.argsort(-keys, kind="stable")[:k]]
