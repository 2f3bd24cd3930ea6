"""Draws line charts as inline SVG; their colours come from the page's style, so they follow its theme."""

import dataclasses
import math
from collections.abc import Sequence

from tf_dvbpr.report.formats import short
from tf_dvbpr.report.markup import Html, join, tag

_WIDTH, _HEIGHT = 360, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 30, 38
_LETTER = 5.8  # pixels; width of a letter
_TICKS = 5  # about this many ticks per axis


@dataclasses.dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        name: in the legend.
        points: (x, y), x ascending; points whose y is not finite are left out.
    """

    name: str
    points: Sequence[tuple[float, float | None]]

    def finite(self) -> list[tuple[float, float]]:
        """Returns the points that can be drawn."""
        return [(x, y) for x, y in self.points if y is not None and math.isfinite(y)]


@dataclasses.dataclass(frozen=True)
class Chart:
    """Curves over a common x axis.

    Attributes:
        title: above it.
        x_label: below the x axis.
        y_label: above the y axis.
        lines: one to three.
        best: (x, text) of the step to mark; None: no mark.
    """

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    best: tuple[float, str] | None = None


def draw(chart: Chart) -> Html:
    """Returns the chart as a <figure>; "" if no line has a point."""
    lines = [line for line in chart.lines if line.finite()]
    if not lines:
        return Html("")
    points = [point for line in lines for point in line.finite()]
    across, up = (_axis([point[i] for point in points]) for i in (0, 1))
    marks = [mark for i, line in enumerate(lines) for mark in _curve(line.finite(), i, across, up)]
    image = tag(
        "svg",
        tag("title", f"{chart.title}: {_description(lines)}"),
        *_grid(chart, across, up),
        *_best(chart, lines[0], across, up),
        *marks,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
    )
    legend = [tag("span", line.name, class_=f"key line-{i}") for i, line in enumerate(lines)] if len(lines) > 1 else []
    return tag("figure", tag("figcaption", tag("b", chart.title), *legend), image, class_="chart")


def ticks(least: float, most: float) -> tuple[list[float], float]:
    """Returns round values that span `least` to `most`, and their distance, which is 1, 2 or 5 times a power of ten."""
    if most <= least:
        room = abs(least) * 0.05 or 1.0
        least, most = least - room, most + room
    rough = (most - least) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)], step


@dataclasses.dataclass(frozen=True)
class _Axis:
    values: list[float]
    step: float

    def share(self, value: float) -> float:
        return (value - self.values[0]) / (self.values[-1] - self.values[0])


def _axis(values: Sequence[float]) -> _Axis:
    return _Axis(*ticks(min(values), max(values)))


def _x(axis: _Axis, value: float) -> float:
    return round(_LEFT + axis.share(value) * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(axis: _Axis, value: float) -> float:
    return round(_HEIGHT - _BOTTOM - axis.share(value) * (_HEIGHT - _TOP - _BOTTOM), 1)


def _grid(chart: Chart, across: _Axis, up: _Axis) -> list[Html]:
    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = []
    for value in up.values:
        level = _y(up, value)
        parts.append(_line(_LEFT, level, right, level, "grid"))
        parts.append(_text(_LEFT - 6, level + 4, short(value, up.step), "end"))
    for value in across.values:
        place = _x(across, value)
        parts.append(_line(place, bottom, place, bottom + 4, "axis"))
        parts.append(_text(place, bottom + 16, short(value, across.step), "middle"))
    parts.append(_line(_LEFT, bottom, right, bottom, "axis"))
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 5, chart.x_label, "middle"))
    parts.append(_text(2, 12, chart.y_label, "start"))
    return parts


def _best(chart: Chart, line: Line, across: _Axis, up: _Axis) -> list[Html]:
    if chart.best is None:
        return []
    at, words = chart.best
    place = _x(across, at)
    parts = [_line(place, _TOP - 4, place, _HEIGHT - _BOTTOM, "best")]
    parts += [tag("circle", cx=place, cy=_y(up, y), r=4, class_="best") for x, y in line.finite() if x == at]
    # Above the curves, clear of the y axis' label, and inside the picture near either end.
    free = _LETTER * (len(chart.y_label) + len(words)) + 16
    return [*parts, _text(min(max(place + 5, free), _WIDTH - 2), 12, words, "end", "best")]


def _curve(points: Sequence[tuple[float, float]], index: int, across: _Axis, up: _Axis) -> list[Html]:
    placed = [(_x(across, x), _y(up, y)) for x, y in points]
    if len(placed) == 1:
        return [tag("circle", cx=placed[0][0], cy=placed[0][1], r=3, class_=f"dot line-{index}")]
    path = "M" + "L".join(f"{x:g},{y:g}" for x, y in placed)
    return [tag("path", d=path, class_=f"curve line-{index}")]


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Html:
    return tag("line", x1=f"{x1:g}", y1=f"{y1:g}", x2=f"{x2:g}", y2=f"{y2:g}", class_=kind)


def _text(x: float, y: float, words: str, anchor: str, kind: str | None = None) -> Html:
    return tag("text", words, x=f"{x:g}", y=f"{y:g}", text_anchor=anchor, class_=kind)


def _description(lines: Sequence[Line]) -> str:
    def told(line: Line) -> str:
        points = line.finite()
        return f"{line.name} goes from {points[0][1]:.4g} to {points[-1][1]:.4g}"

    return join("; ".join(told(line) for line in lines))
