"""Builds HTML; every string that is not `Html` is escaped."""

import html


class Html(str):
    """A piece of HTML, inserted into other HTML unchanged."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | None) -> Html:
    """Returns an element; plain strings among `children` and all attributes are escaped.

    In an attribute's name a trailing underscore is removed, other underscores become hyphens (``class_``,
    ``aria_label``). An attribute that is None is left out. An element that HTML defines without end tag gets none.
    """
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    start = "".join(f' {key}="{html.escape(str(value))}"' for key, value in named.items())
    if name in ("img", "meta", "br"):
        return Html(f"<{name}{start}>")
    return Html(f"<{name}{start}>{join(*children)}</{name}>")


def join(*children: str) -> Html:
    """Returns the children one after the other, with plain strings escaped."""
    return Html("".join(child if isinstance(child, Html) else html.escape(child, quote=False) for child in children))
