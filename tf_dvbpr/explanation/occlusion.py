"""Computes occlusion: how much a score falls if a part of the photo is covered (Zeiler and Fergus 2014)."""

import numpy as np
import tensorflow as tf

from tf_dvbpr.explanation.integrated_gradients import WHITE, Style

PATCHES = 8  # the photo's side divided by the covered square's side
_BATCH = 32


def occlusion(style: Style, image: np.ndarray, tastes: np.ndarray) -> np.ndarray:
    """Computes the mean of ``s(X) - s(X with the square white)`` over all squares that cover a pixel, per pixel.

    The squares have a side of S/8 and lie S/16 apart. Each difference is divided by the number of the square's pixels,
    so if a score is a sum over pixels, each pixel gets the mean over its squares.

    Args:
        style: Phi, as for `integrated_gradients`.
        image: X, float32 [S, S, 3] in [-1, 1].
        tastes: t, float32 [T, K].

    Returns:
        float32 [T, S, S].
    """
    side = image.shape[0]
    size = max(1, side // PATCHES)
    starts = np.unique([*range(0, side - size, max(1, size // 2)), side - size])
    corners = [(top, left) for top in starts for left in starts]
    whole = tastes @ np.asarray(style(tf.constant(image[None])))[0]
    lost, covered = np.zeros([len(tastes), side, side]), np.zeros([side, side])
    for first in range(0, len(corners), _BATCH):
        some = corners[first : first + _BATCH]
        # All batches have the same size, so that Phi is compiled only once.
        images = np.repeat(image[None], _BATCH, 0)
        for number, (top, left) in enumerate(some):
            images[number, top : top + size, left : left + size] = WHITE
        scores = np.asarray(style(tf.constant(images))) @ tastes.T
        for row, (top, left) in zip(scores, some, strict=False):
            square = np.s_[top : top + size, left : left + size]
            lost[:, square[0], square[1]] += (whole - row)[:, None, None] / size**2
            covered[square] += 1
    return (lost / covered).astype(np.float32)
