"""Outlines of the wardrobe's tops, women's and men's."""

import dataclasses
import math
from collections.abc import Sequence

from tfrecords.sources.wardrobe.outline import LINING, Line, Part, Point, between, curve, mirror


@dataclasses.dataclass(frozen=True)
class _Torso:
    """The right half of a top from neck to hem, where its arm joins, and how its short sleeves hang."""

    half: Sequence[Point]
    shoulder: Point
    armpit: Point
    spread: float  # degrees between a long sleeve and the side
    flare: float  # 1: wide sleeves


def women_tops(length: float, neckline: str) -> list[Part | Line]:
    """Returns a fitted top; `length` is the length of its sleeves."""
    half = [
        (61, 13),
        (71, 17),
        *curve((71, 17), (69, 26), (70.5, 34)),
        *curve((70.5, 34), (68, 46), (65.5, 54)),
        *curve((65.5, 54), (66, 66), (71.5, 84)),
    ]
    return _top(_Torso(half, (71, 17), (70.5, 35), spread=24, flare=0.9), length, neckline)


def men_tops(length: float, neckline: str) -> list[Part | Line]:
    """Returns a boxy top; `length` is the length of its sleeves."""
    half = [
        (60, 12),
        (77, 18),
        *curve((77, 18), (73, 28), (74, 37)),
        *curve((74, 37), (73.5, 60), (74, 86)),
    ]
    return _top(_Torso(half, (77, 18), (74, 38), spread=17, flare=1.0), length, neckline)


def _top(torso: _Torso, length: float, neckline: str) -> list[Part | Line]:
    neck = torso.half[0]
    if neckline == "wide":
        neck = (neck[0] + 5, neck[1] + 1.6)
    half = [neck, *torso.half[1:]]
    hem_x, hem_y = half[-1]
    hem = curve((hem_x, hem_y), (50, hem_y + 5), (100 - hem_x, hem_y))
    front, collar = _neckline(neck, neckline)
    back = curve((100 - neck[0], neck[1]), (50, neck[1] + 4.5), neck)
    sleeve, cuff = _sleeve(torso, length)
    return [
        Part([*back, *reversed(front)], tone=LINING),
        Part(sleeve, tone=0.9),
        cuff,
        Part(mirror(sleeve), tone=0.94),
        Line(mirror(cuff.points)),
        Part([*half, *hem, *mirror(half), *front[1:-1]]),
        collar,
        Line([(x, y - 3) for x, y in hem], 0.5),
    ]


def _neckline(neck: Point, kind: str) -> tuple[list[Point], Line]:
    """Returns the front's upper edge from left to right, and the seam under it."""
    left = (100 - neck[0], neck[1])
    if kind == "v":
        tip = neck[1] + 18.7
        seam = [(left[0] + 1.6, left[1] + 0.4), (50, tip + 2.6), (neck[0] - 1.6, neck[1] + 0.4)]
        return [left, (50, tip), neck], Line(seam, 0.5)
    depth = {"round": 12, "wide": 7}[kind]
    edge = curve(left, (left[0] + 3, neck[1] + depth), (neck[0] - 3, neck[1] + depth), neck)
    return edge, Line([(x, y + 1.8) for x, y in edge[1:-1]], 0.5)


def _sleeve(torso: _Torso, length: float) -> tuple[list[Point], Line]:
    """Returns the right sleeve and its cuff's seam; a short sleeve is wider and stands off more."""
    (shoulder_x, shoulder_y), armpit = torso.shoulder, torso.armpit
    angle = math.radians(torso.spread + 26 * (1 - length))
    across, down = math.sin(angle), math.cos(angle)
    reach, half_width = 13 + 52 * length, 5.2 + 3.6 * (1 - length) * torso.flare
    middle = (shoulder_x + armpit[0]) / 2 + reach * across, (shoulder_y + armpit[1]) / 2 - 4 + reach * down
    outer = (middle[0] + half_width * down, middle[1] - half_width * across)
    inner = (middle[0] - half_width * down, middle[1] + half_width * across)
    bulge = (shoulder_x + 7 * torso.flare, shoulder_y + 3)
    elbow = between(bulge, outer, 0.5)
    underarm = between(inner, armpit, 0.5)
    outline = [
        *curve((shoulder_x - 4, shoulder_y - 1), bulge, (elbow[0] + 1.5, elbow[1]), outer),
        *curve(inner, (underarm[0], underarm[1] + 1), armpit),
        (armpit[0] - 5, armpit[1] - 6),
    ]
    seam = [between(outer, bulge, 0.09), between(inner, armpit, 0.09 if length > 0.15 else 0.2)]
    return outline, Line(seam)
