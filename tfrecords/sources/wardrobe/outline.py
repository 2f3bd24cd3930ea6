"""The parts of which the wardrobe's garments are drawn: outlines and lines in a square of 100 x 100, y downwards."""

import dataclasses
import functools
import math
from collections.abc import Sequence

import numpy as np

Point = tuple[float, float]
Colour = tuple[float, float]  # OKLCH lightness and chroma; the hue is the garment's

LINING = 0.62  # tone of a garment's inside


@dataclasses.dataclass(frozen=True)
class Part:
    """A filled outline, of cloth if `colour` is None; `tone` darkens it (0 is black), `width` is that of its edge."""

    points: Sequence[Point]
    tone: float = 1.0
    colour: Colour | None = None
    width: float = 0.6


@dataclasses.dataclass(frozen=True)
class Line:
    """A seam, lace or edge, `width` in hundredths of the side; in the garment's dark tone if `colour` is None."""

    points: Sequence[Point]
    width: float = 0.6
    colour: Colour | None = None


def curve(*points: Point, steps: int = 14) -> list[Point]:
    """Returns points of a Bezier curve of any degree through its first and last control point."""
    path = _bernstein(len(points) - 1, steps) @ np.asarray(points)
    return [(x, y) for x, y in path.tolist()]


def mirror(points: Sequence[Point]) -> list[Point]:
    """Returns the mirror image of a half shape at x = 50, in reverse order."""
    return [(100 - x, y) for x, y in reversed(points)]


def between(start: Point, end: Point, share: float) -> Point:
    """Returns the point at `share` of the way from `start` to `end`."""
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


@functools.cache
def _bernstein(degree: int, steps: int) -> np.ndarray:
    t = np.linspace(0, 1, steps + 1)
    return np.stack([math.comb(degree, k) * (1 - t) ** (degree - k) * t**k for k in range(degree + 1)], axis=1)
