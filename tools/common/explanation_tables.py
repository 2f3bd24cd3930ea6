"""Formats tables about an explanation."""

from tf_dvbpr.explanation.results import AttributeChange, Explanations, ItemBeside

from . import table

_CHANGES = 5  # changes shown per user or group; attributes.csv has all of them
_ITEMS = 3
_SCORED = (("score", ".4g"), ("percentile", ".1%"))


def heading(result: Explanations) -> str:
    """Returns a line on the garment and its attributes."""
    named = f"item {result.item}" if result.item is not None else f"photo {result.photo}"
    about = [result.category, *(f"{name} {value}" for name, value in result.values.items())]
    of = f" ({', '.join(one for one in about if one)})" if any(about) else ""
    return f"{named}{of}; data set {result.data_set}, DVBPR at step {result.step}"


def scores(result: Explanations) -> str:
    """Returns one line per user or group: score, percentile, and how far the attributions are from adding up."""
    rows = [
        (
            one.name,
            one.users,
            f"{one.score:.4g}",
            f"{one.percentile:.1%}",
            f"{one.white_score:.4g}",
            f"{one.score - one.white_score:+.4g}",
            f"{one.score - one.white_score + one.gap:+.4g}",
            f"{one.gap_share:.2%}",
        )
        for one in result.explanations
    ]
    headers = ["asked", "users", "score", "percentile", "of white", "difference", "attributed", "error"]
    told = "attributed: the sum of the integrated gradients; error: what it misses, of the scores' deviation"
    return f"{table.render(headers, rows)}\n{told}"


def compared(result: Explanations) -> str:
    """Returns the first items of each list; "" if there are only groups."""
    rows = []
    for one in result.explanations:
        for kind, items in (
            ("bought, most alike", one.bought_alike),
            ("bought, least alike", one.bought_unlike),
            ("would prefer", one.preferred),
        ):
            rows += [(one.name, kind, *_item(item)) for item in items[:_ITEMS]]
    headers = ["asked", "", "item", "category", "cosine", "score", "percentile"]
    return table.render(headers, rows, left=(0, 1, 2, 3)) if rows else ""


def attributes(result: Explanations) -> str:
    """Returns the best and the worst changes for each user or group; "" if there are no attributes."""
    rows = []
    for one in result.explanations:
        shown = one.attributes
        if len(shown) > 2 * _CHANGES:
            shown = [*shown[:_CHANGES], *shown[-_CHANGES:]]
        rows += [(one.name, *_change(change, one.users)) for change in shown]
    if not rows:
        return ""
    headers = ["asked", "attribute", "from", "to", "score", "becomes", "change", "+-", "helps", "items"]
    told = "scores are means of items alike in all other attributes; +-: standard error; helps: share of those asked"
    left_out = [f"no attribute: {name}, {reason}" for name, reason in result.attributes_left_out.items()]
    return "\n".join([table.render(headers, rows, left=(0, 1, 2, 3)), told, *left_out])


def segments(result: Explanations) -> str:
    """Returns one line per segment, those that like the garment least first; "" if users are named."""
    rows = [
        (one.name, one.users, f"{one.percentile:.1%}", f"{one.disliked_by:.1%}", one.leaning or "-")
        for one in result.segments
    ]
    headers = ["segment", "users", "mean percentile", "dislike it", "leans to"]
    return table.render(headers, rows, left=(0, 4)) if rows else ""


def changes(added: dict) -> str:
    """Returns one line per user on the smallest change that the user would like; "" without a GAN."""
    if not added:
        return ""
    found = added["changes"]
    rows = [
        (
            one["user"],
            *(f"{one[when][name]:{form}}" for when in ("before", "after") for name, form in _SCORED),
            f"{one['drift']:.3f}",
            "yes" if one["reached"] else "no",
        )
        for one in found["users"]
    ]
    headers = ["user", "drawn by the GAN", "above", "altered", "above", "change a pixel", "reached"]
    told = f"the smallest change that reaches {found['reach']:.0%} of the catalogue; {found['file']} shows it"
    return "\n".join([table.render(headers, rows), told, *(f"note: {note}" for note in added["change_notes"])])


def _item(item: ItemBeside) -> tuple[str, ...]:
    return (item.item, item.category, f"{item.cosine:.3f}", f"{item.score:.4g}", f"{item.percentile:.1%}")


def _change(change: AttributeChange, users: int) -> tuple[str, ...]:
    error = "-" if change.error is None else f"{change.error:.2g}"
    figures = (f"{change.score_own:.4g}", f"{change.score_other:.4g}", f"{change.change:+.4g}", error)
    helps = f"{change.helped:.0%}" if users > 1 else "-", str(change.items)
    return (change.attribute, change.value or "others", change.other, *figures, *helps)
