"""Outlines of the wardrobe's six categories."""

from collections.abc import Callable

from tfrecords.sources.wardrobe.outline import LINING, Colour, Line, Part, curve, mirror
from tfrecords.sources.wardrobe.tops import men_tops, women_tops

_WHITE: Colour = (0.97, 0.005)
_SOLE: Colour = (0.93, 0.01)
_DARK: Colour = (0.32, 0.04)


def women_bottoms(length: float, neckline: str) -> list[Part | Line]:
    """Returns a flared skirt; `length` goes from above the knee to the ankle."""
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
    """Returns trousers; `length` goes from shorts to the ankle."""
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
        Part(leg),
        Part(mirror(leg), tone=0.96),
        Line(cuff, 0.5),
        Line(mirror(cuff), 0.5),
        Line(pocket),
        Line(mirror(pocket)),
        Line(fly),
        Line(edge, 0.5),
        Part(band, tone=0.84),
        *loops,
    ]


def women_shoes(length: float, neckline: str) -> list[Part | Line]:
    """Returns a heeled shoe from the side; `length` goes from the ankle to a knee boot."""
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
    heel = [
        (22, 74),
        *curve((22, 74), (22.5, 84), (24.5, 94)),
        (28.5, 94),
        *curve((28.5, 94), (29, 84), (36, 80.2)),
        (26, 78.5),
    ]
    sole = [
        *curve((27, 79), (44, 79), (56, 89)),
        *curve((56, 89), (62, 92.5), (72, 92.5)),
        *curve((72, 92.5), (88, 93), (90, 90)),
        (90.5, 92),
        *curve((90, 94), (74, 95), (61, 94)),
        *curve((61, 94), (54, 92), (43, 83.5)),
        (27, 81),
    ]
    seam = Line(curve((36, 78.6), (47, 74), throat), 0.5)
    return [
        Part(heel, tone=0.7, colour=_DARK),
        Part(upper),
        Part(sole, colour=_DARK),
        Part([*opening, *curve(front_top, (33, top - 2.2), back_top)], tone=LINING),
        seam,
    ]


def men_shoes(length: float, neckline: str) -> list[Part | Line]:
    """Returns a laced sneaker from the side; `length` goes from low to boot."""
    top = 58 - 44 * length
    back_top = (13, top)
    front_top = (42, top + 1)
    tongue = (54, 63)
    upper = [
        back_top,
        *curve(back_top, (15.5, (top + 72) / 2), (12, 80)),
        (12, 86),
        (92, 86),
        *curve((92, 86), (93, 75), (76, 71.5)),
        *curve((76, 71.5), (62, 68), tongue),
        *curve(tongue, (45, (top + 62) / 2), front_top),
    ]
    opening = curve(back_top, (27, top + 4), front_top)
    sole = [
        (10.5, 84),
        *curve((10.5, 84), (40, 86), (93, 84)),
        *curve((93, 84), (95, 90), (90, 93)),
        (14, 93),
        *curve((14, 93), (9, 92), (10.5, 84)),
    ]
    cap = curve((77, 72), (71, 78), (74, 85))
    heel = curve((12.7, 66), (22, 70), (23, 85))
    laces = []
    rows = 3 + round(5 * length)
    for row in range(rows):
        t = row / max(1, rows - 1)
        along = curve(
            (69, 70.5), (60, 67), tongue, (45, (top + 62) / 2), (front_top[0] + 0.3, front_top[1] + 3), steps=40
        )
        x, y = along[round(t * 40)]
        laces.append(Line([(x + 0.5, y + 0.2), (x - 7, y + 3.4 - 2.6 * t)], 1.5, _WHITE))
    stitch = Line([(10.9, 88.3), (93.8, 88.3)], 0.5)
    return [
        Part(upper),
        Part([*opening, *curve(front_top, (27, top - 2.5), back_top)], tone=LINING),
        Line(cap),
        Line(heel),
        *laces,
        Part(sole, colour=_SOLE),
        stitch,
    ]


SHAPES: dict[str, Callable[[float, str], list[Part | Line]]] = {
    "men_bottoms": men_bottoms,
    "men_shoes": men_shoes,
    "men_tops": men_tops,
    "women_bottoms": women_bottoms,
    "women_shoes": women_shoes,
    "women_tops": women_tops,
}
