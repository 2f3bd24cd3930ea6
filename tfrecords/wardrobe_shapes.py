"""Outlines of the wardrobe's six categories, in a square of 100 x 100 with y downwards."""

import dataclasses
import math
from collections.abc import Callable, Sequence

Point = tuple[float, float]
Colour = tuple[float, float]  # OKLCH lightness and chroma; the hue is the garment's


@dataclasses.dataclass(frozen=True)
class Part:
    """A filled outline, cloth where `colour` is None; `tone` darkens it (1 as it is, 0 black), `width` is its edge's."""

    points: Sequence[Point]
    tone: float = 1.0
    colour: Colour | None = None
    width: float = 0.6


@dataclasses.dataclass(frozen=True)
class Line:
    """A seam, lace or edge, `width` in hundredths of the side; the garment's dark tone where `colour` is None."""

    points: Sequence[Point]
    width: float = 0.6
    colour: Colour | None = None


_WHITE: Colour = (0.97, 0.005)
_SOLE: Colour = (0.93, 0.01)
_DARK: Colour = (0.32, 0.04)
_LINING = 0.62


def curve(*points: Point, steps: int = 14) -> list[Point]:
    """A Bezier curve of any degree through its first and last control point."""
    degree = len(points) - 1
    weights = [math.comb(degree, k) for k in range(degree + 1)]
    path = []
    for step in range(steps + 1):
        t = step / steps
        terms = [weights[k] * (1 - t) ** (degree - k) * t**k for k in range(degree + 1)]
        path.append((sum(w * p[0] for w, p in zip(terms, points, strict=True)),
                     sum(w * p[1] for w, p in zip(terms, points, strict=True))))
    return path


def mirror(points: Sequence[Point]) -> list[Point]:
    """The other half of a shape that is the same on both sides of x = 50, in reverse order."""
    return [(100 - x, y) for x, y in reversed(points)]


def women_tops(length: float, neckline: str) -> list[Part | Line]:
    """A fitted top; `length` is that of its sleeves."""
    half = [
        (61, 13), (71, 17),
        *curve((71, 17), (69, 26), (70.5, 34)),
        *curve((70.5, 34), (68, 46), (65.5, 54)),
        *curve((65.5, 54), (66, 66), (71.5, 84)),
    ]
    return _top(half, (71, 17), (70.5, 35), length, neckline, flare=0.9, spread=24)


def men_tops(length: float, neckline: str) -> list[Part | Line]:
    """A boxy top; `length` is that of its sleeves."""
    half = [
        (60, 12), (77, 18),
        *curve((77, 18), (73, 28), (74, 37)),
        *curve((74, 37), (73.5, 60), (74, 86)),
    ]
    return _top(half, (77, 18), (74, 38), length, neckline, flare=1.0, spread=17)


def _top(half, shoulder, armpit, length, neckline, flare, spread) -> list[Part | Line]:
    hem = curve(half[-1], (50, half[-1][1] + 5), (100 - half[-1][0], half[-1][1]))
    neck = half[0]
    depth = {"round": 12, "v": 22, "wide": 7}[neckline]
    if neckline == "wide":
        neck = (neck[0] + 5, neck[1] + 1.6)
        half = [neck, *half[1:]]
    left = (100 - neck[0], neck[1])
    front = [left, (50, neck[1] + depth * 0.85), neck] if neckline == "v" else curve(
        left, (left[0] + 3, neck[1] + depth), (neck[0] - 3, neck[1] + depth), neck)
    back = curve(left, (50, neck[1] + 4.5), neck)
    # The sleeve hangs from the shoulder; short ones stand off more.
    angle = math.radians(spread + 26 * (1 - length))
    reach = 13 + 52 * length
    across, down = math.sin(angle), math.cos(angle)
    wrist = 5.2 + 3.6 * (1 - length) * flare
    tip = ((shoulder[0] + armpit[0]) / 2 + reach * across, (shoulder[1] + armpit[1]) / 2 - 4 + reach * down)
    outer = (tip[0] + wrist * down, tip[1] - wrist * across)
    inner = (tip[0] - wrist * down, tip[1] + wrist * across)
    bulge = (shoulder[0] + 7 * flare, shoulder[1] + 3)
    sleeve = [
        *curve((shoulder[0] - 4, shoulder[1] - 1), bulge, ((bulge[0] + outer[0]) / 2 + 1.5, (bulge[1] + outer[1]) / 2), outer),
        inner, *curve(inner, ((inner[0] + armpit[0]) / 2, (inner[1] + armpit[1]) / 2 + 1), armpit), (armpit[0] - 5, armpit[1] - 6),
    ]
    cuff = [_between(outer, bulge, 0.09), _between(inner, armpit, 0.09 if length > 0.15 else 0.2)]
    body = [*half, *hem, *mirror(half), *front[1:-1]]
    lining = [*back, *reversed(front)]
    above = [(x, y - 3) for x, y in hem]
    return [
        Part(lining, tone=_LINING),
        Part(sleeve, tone=0.9), Line(cuff),
        Part(mirror(sleeve), tone=0.94), Line(mirror(cuff)),
        Part(body),
        Line([(x, y + 1.8) for x, y in front[1:-1]] if neckline != "v" else [(left[0] + 1.6, left[1] + 0.4), (50, front[1][1] + 2.6), (neck[0] - 1.6, neck[1] + 0.4)], 0.5),
        Line(above, 0.5),
    ]


def women_bottoms(length: float, neckline: str) -> list[Part | Line]:
    """A flared skirt; `length` reaches from above the knee to the ankle."""
    bottom = 42 + 50 * length
    reach = 17 + 17 * (bottom - 16) / 76
    half = [(61.5, 15), *curve((61.5, 15), (66, 24), (50 + reach, bottom))]
    hem = curve(half[-1], (50, bottom + 6), (100 - half[-1][0], bottom))
    pleats = []
    for x in (-0.55, -0.2, 0.2, 0.55):
        foot = (50 + x * reach, bottom + 3 * (1 - x * x) - 0.6)
        pleats.append(Line(curve((50 + x * 13, 22), (50 + x * 17, (22 + bottom) / 2), foot), 0.5))
    band = [(39, 9), *curve((39, 9), (50, 11), (61, 9)), (62, 15), *curve((62, 15), (50, 17.5), (38, 15))]
    return [Part([*half, *hem, *mirror(half)]), *pleats, Part(band, tone=0.82)]


def men_bottoms(length: float, neckline: str) -> list[Part | Line]:
    """Trousers; `length` reaches from shorts to the ankle."""
    bottom = 44 + 50 * length
    crotch = 36
    share = (bottom - crotch) / (94 - crotch)
    outer = 71.5 - 2.5 * share
    inner = 51.2 + 5.5 * share
    leg = [
        (65, 13),
        *curve((65, 13), (70, 24), (70.5, 34)),
        *curve((70.5, 34), (71, 40), (outer, bottom)),
        *curve((outer, bottom), ((outer + inner) / 2, bottom + 1.6), (inner, bottom)),
        *curve((inner, bottom), (51.5, 46), (50, crotch)),
        (50, 13),
    ]
    band = [(34.5, 7), *curve((34.5, 7), (50, 9), (65.5, 7)), (65.8, 13), *curve((65.8, 13), (50, 15), (34.2, 13))]
    pocket = curve((59.5, 14), (61, 21), (68, 23))
    cuff = [(inner - 0.25, bottom - 3), (outer + 0.1, bottom - 3)]
    fly = curve((50, 14), (50.5, 24), (50, crotch - 4))
    edge = curve((54, 14), (54.5, 27), (50, 31))
    loops = [Line([(x, 8.3), (x, 13.6)], 1.2) for x in (41, 59)]
    return [
        Part(leg), Part(mirror(leg), tone=0.96), Line(cuff, 0.5), Line(mirror(cuff), 0.5),
        Line(pocket), Line(mirror(pocket)), Line(fly), Line(edge, 0.5), Part(band, tone=0.84), *loops,
    ]


def women_shoes(length: float, neckline: str) -> list[Part | Line]:
    """A heeled shoe from the side, from pump to knee boot with `length`."""
    top = 56 - 46 * length
    shaft = min(1.0, length / 0.25)
    throat = (52 - 10 * (1 - shaft) * 0.2, 62 + 6 * (1 - shaft))
    back_top = (21 - 1.5 * length, top)
    front_top = (46 + 2 * length, top + 1 - 1.2 * length)
    upper = [
        back_top,
        *curve(back_top, (24.5, (top + 66) / 2), (22, 70)),
        *curve((22, 70), (22, 77), (27, 79)),
        *curve((27, 79), (44, 79), (56, 89)),
        *curve((56, 89), (62, 92.5), (72, 92.5)),
        *curve((72, 92.5), (88, 93), (90, 90)),
        *curve((90, 90), (88, 83), (72, 79)),
        *curve((72, 79), (58, 75), throat),
        *curve(throat, (44, (top + 58) / 2 if length > 0.25 else throat[1] - 2), front_top),
    ]
    opening = curve(back_top, (33, top + 3.2), front_top)
    heel = [(22, 74), *curve((22, 74), (22.5, 84), (24.5, 94)), (28.5, 94), *curve((28.5, 94), (29, 84), (36, 80.2)), (26, 78.5)]
    sole = [*curve((27, 79), (44, 79), (56, 89)), *curve((56, 89), (62, 92.5), (72, 92.5)), *curve((72, 92.5), (88, 93), (90, 90)),
            (90.5, 92), *curve((90, 94), (74, 95), (61, 94)), *curve((61, 94), (54, 92), (43, 83.5)), (27, 81)]
    seam = Line(curve((36, 78.6), (47, 74), throat), 0.5)
    return [Part(heel, tone=0.7, colour=_DARK), Part(upper), Part(sole, colour=_DARK),
            Part([*opening, *curve(front_top, (33, top - 2.2), back_top)], tone=_LINING), seam]


def men_shoes(length: float, neckline: str) -> list[Part | Line]:
    """A laced sneaker from the side, from low to boot with `length`."""
    top = 58 - 44 * length
    back_top = (13, top)
    front_top = (42, top + 1)
    tongue = (54, 63)
    upper = [
        back_top,
        *curve(back_top, (15.5, (top + 72) / 2), (12, 80)),
        (12, 86), (92, 86),
        *curve((92, 86), (93, 75), (76, 71.5)),
        *curve((76, 71.5), (62, 68), tongue),
        *curve(tongue, (45, (top + 62) / 2), front_top),
    ]
    opening = curve(back_top, (27, top + 4), front_top)
    sole = [(10.5, 84), *curve((10.5, 84), (40, 86), (93, 84)), *curve((93, 84), (95, 90), (90, 93)), (14, 93), *curve((14, 93), (9, 92), (10.5, 84))]
    cap = curve((77, 72), (71, 78), (74, 85))
    heel = curve((12.7, 66), (22, 70), (23, 85))
    laces = []
    rows = 3 + round(5 * length)
    for row in range(rows):
        t = row / max(1, rows - 1)
        along = curve((69, 70.5), (60, 67), tongue, (45, (top + 62) / 2), (front_top[0] + 0.3, front_top[1] + 3), steps=40)
        x, y = along[round(t * 40)]
        laces.append(Line([(x + 0.5, y + 0.2), (x - 7, y + 3.4 - 2.6 * t)], 1.5, _WHITE))
    stitch = Line([(10.9, 88.3), (93.8, 88.3)], 0.5)
    return [
        Part(upper), Part([*opening, *curve(front_top, (27, top - 2.5), back_top)], tone=_LINING),
        Line(cap), Line(heel), *laces, Part(sole, colour=_SOLE), stitch,
    ]


SHAPES: dict[str, Callable[[float, str], list[Part | Line]]] = {
    "men_bottoms": men_bottoms,
    "men_shoes": men_shoes,
    "men_tops": men_tops,
    "women_bottoms": women_bottoms,
    "women_shoes": women_shoes,
    "women_tops": women_tops,
}


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
