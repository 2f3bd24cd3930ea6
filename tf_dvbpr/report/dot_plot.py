"""Draws figures of several rows on one scale, as dots with whiskers, in plain HTML as wide as the screen."""

import dataclasses
from collections.abc import Sequence

from tf_dvbpr.report.blocks import dot
from tf_dvbpr.report.curves import ticks
from tf_dvbpr.report.formats import number, short
from tf_dvbpr.report.markup import Html, tag


@dataclasses.dataclass(frozen=True)
class Row:
    """One row.

    Attributes:
        name: at its left.
        values: one per group; None: no value.
        errors: half the length of each whisker; None: no whisker.
    """

    name: str
    values: Sequence[float | None]
    errors: Sequence[float | None]


def dot_plot(title: str, groups: Sequence[str], rows: Sequence[Row]) -> Html:
    """Returns the rows, one dot per group. A table beside it must have the same figures: screen readers skip it."""
    known = [value for row in rows for value in row.values if value is not None]
    if not known:
        return Html("")
    scale, step = ticks(min(known), max(known))

    def at(value: float) -> float:
        return (value - scale[0]) / (scale[-1] - scale[0])

    def marks(row: Row) -> list[Html]:
        parts = []
        for group, (value, error) in enumerate(zip(row.values, row.errors, strict=True)):
            if value is None:
                continue
            if error is not None:
                left, right = max(0.0, at(value - error)), min(1.0, at(value + error))
                style = f"left:{100 * left:.1f}%;width:{100 * (right - left):.1f}%"
                parts.append(tag("s", class_=f"line-{group}", style=style))
            parts.append(dot(at(value), f"line-{group}"))
        return parts

    lines = [
        tag("div", tag("span", row.name), tag("span", *marks(row), class_="track"), tag("span", number(row.values[0])))
        for row in rows
    ]
    labels = [tag("em", short(value, step), style=f"left:{100 * at(value):.1f}%") for value in scale]
    axis = tag("div", tag("span"), tag("span", *labels, class_="axis"), tag("span"))
    legend = [tag("span", group, class_=f"key line-{i}") for i, group in enumerate(groups)]
    caption = tag("figcaption", tag("b", title), *legend)
    return tag("figure", caption, tag("div", *lines, axis, class_="rows", aria_hidden="true"), class_="dots")
