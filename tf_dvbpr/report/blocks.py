"""The building blocks of sections: tables, notes, figures, tiles, tracks."""

import dataclasses
from collections.abc import Collection, Sequence

from tf_dvbpr.report.embedded_picture import Picture
from tf_dvbpr.report.markup import Html, tag


@dataclasses.dataclass(frozen=True)
class Section:
    """One part of the page.

    Attributes:
        anchor: its id, to which the navigation links.
        short: its name in the navigation.
        title: its heading.
        body: its content.
    """

    anchor: str
    short: str
    title: str
    body: Html


def table(
    caption: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Collection[int] = (0,),
    strong: Collection[tuple[int, int]] = (),
) -> Html:
    """Returns a table that scrolls by itself if the page is too narrow; the first cell of each row is its header.

    Args:
        caption: what it shows.
        headers: one per column.
        rows: cells.
        left: columns of text; the others are aligned to the right.
        strong: (row, column) of highlighted cells.
    """

    def cell(row: int, column: int, text: str) -> Html:
        kind = None if column in left else "figure"
        if column == 0:
            return tag("th", text, scope="row", class_=kind)
        return tag("td", tag("strong", text) if (row, column) in strong else text, class_=kind)

    head = [tag("th", name, scope="col", class_=None if i in left else "figure") for i, name in enumerate(headers)]
    body = [
        tag("tr", *(cell(number, column, text) for column, text in enumerate(row))) for number, row in enumerate(rows)
    ]
    inner = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *body), aria_label=caption)
    # Not a <caption>, which would scroll with the table and wrap at its width.
    scrolling = tag("div", inner, class_="scroll", tabindex=0, role="region", aria_label=caption)
    return tag("figure", tag("figcaption", caption), scrolling, class_="table")


def tiles(stats: Sequence[tuple[str, str, str]]) -> Html:
    """Returns key figures in a row; each is (name, value, smaller text beside the value)."""
    return tag(
        "dl",
        *(
            tag("div", tag("dt", name), tag("dd", value, *([" ", tag("small", beside)] if beside else [])))
            for name, value, beside in stats
        ),
        class_="tiles",
    )


def text(*parts: str) -> Html:
    """Returns a paragraph."""
    return tag("p", *parts)


def note(words: str) -> Html:
    """Returns a highlighted paragraph."""
    return tag("p", words, class_="note", role="note")


def folded(summary: str, *children: str) -> Html:
    """Returns content that is hidden until the reader opens it."""
    return tag("details", tag("summary", summary), *children)


def captioned(picture: Picture, alt: str, caption: str) -> Html:
    """Returns a picture of many images, with a line of text below."""
    return tag("figure", picture.img(alt), tag("figcaption", caption), class_="plate")


def plates(figures: Sequence[Html]) -> Html:
    """Returns `captioned` pictures side by side."""
    return tag("div", *figures, class_="plates")


def garment(picture: Picture, alt: str, title: str, lines: Sequence[str], at: float | None = None) -> Html:
    """Returns one garment: its picture, a figure, small lines below.

    Args:
        picture: the garment.
        alt: its description.
        title: the first line below.
        lines: those after it.
        at: position of a dot on a track below the picture, 0 to 1; None: no track.
    """
    track = [tag("span", dot(at), class_="track", aria_hidden="true")] if at is not None else []
    small = [tag("small", line) for line in lines if line]
    caption = tag("figcaption", tag("b", title), *track, *small)
    return tag("figure", tag("div", picture.img(alt), class_="paper"), caption, class_="garment")


def dot(at: float, kind: str | None = None) -> Html:
    """Returns a dot on a track."""
    return tag("i", style=f"left:{100 * min(1.0, max(0.0, at)):.1f}%", class_=kind)


def on_scale(values: Sequence[float]) -> list[float]:
    """Returns each value's position between the smallest and the largest, 0 to 1."""
    least, most = min(values), max(values)
    return [(value - least) / (most - least) if most > least else 0.5 for value in values]
