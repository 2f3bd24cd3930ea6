"""The page around the sections: one file that loads nothing."""

from collections.abc import Sequence

from tf_dvbpr.report.blocks import Section, tiles
from tf_dvbpr.report.markup import Html, join, tag
from tf_dvbpr.report.style import CSS

# The browser is told to load nothing, so that no content of a data set can make it.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, lead: str, stats: Sequence[tuple[str, str, str]], sections: Sequence[Section], foot: str) -> str:
    """The whole HTML document.

    Args:
        title: of the page.
        lead: one sentence below it.
        stats: the tiles (`tiles`).
        sections: in their order; the navigation leads to each.
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
