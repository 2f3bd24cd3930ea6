"""Builds the HTML document around the sections: one file that loads nothing."""

from collections.abc import Sequence

from tf_dvbpr.report.blocks import Section, tiles
from tf_dvbpr.report.markup import Html, join, tag
from tf_dvbpr.report.style import CSS

# Forbids the browser to load anything, so that a data set's content cannot make it.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, lead: str, stats: Sequence[tuple[str, str, str]], sections: Sequence[Section], foot: str) -> str:
    """Returns the whole HTML document.

    Args:
        title: the page's title.
        lead: one sentence below the title.
        stats: the tiles (`tiles`).
        sections: in order; the navigation links to each.
        foot: the last line.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("style", Html(CSS)),
    )
    header = tag(
        "header",
        tag("p", "tf_dvbpr · report of a run", class_="eyebrow"),
        tag("h1", title),
        tag("p", lead, class_="lead"),
        tiles(stats),
    )
    links = [tag("li", tag("a", section.short, href=f"#{section.anchor}")) for section in sections]
    main = [tag("section", tag("h2", one.title), one.body, id=one.anchor) for one in sections]
    body = tag(
        "body",
        header,
        tag("nav", tag("ul", *links), aria_label="Sections"),
        tag("main", *main),
        tag("footer", tag("p", foot)),
    )
    return join(Html("<!doctype html>\n"), tag("html", head, body, lang="en"), Html("\n"))
