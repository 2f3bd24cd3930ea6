"""HTML as text that cannot be mistaken for plain text: what is not `Html` is escaped."""

import html


class Html(str):
    """A piece of markup, put into other markup as it is."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | None) -> Html:
    """An element: plain strings among `children` and all attributes are escaped.

    A trailing underscore of an attribute's name goes, another one becomes a hyphen (``class_``, ``aria_label``). An
    attribute that is None is left out. Without children the element has no end tag where HTML knows none for it.
    """
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items() if value is not None}
    start = "".join(f' {key}="{html.escape(str(value))}"' for key, value in named.items())
    if name in ("img", "meta", "br"):
        return Html(f"<{name}{start}>")
    return Html(f"<{name}{start}>{join(*children)}</{name}>")


def join(*children: str) -> Html:
    """The children one after the other, plain strings escaped."""
    return Html("".join(child if isinstance(child, Html) else html.escape(child, quote=False) for child in children))
