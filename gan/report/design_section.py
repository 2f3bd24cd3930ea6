"""The section on garments designed for users, beside what they bought and what was retrieved for them."""

from collections.abc import Sequence
from pathlib import Path

from tf_dvbpr.report.blocks import Section, garment, on_scale, text
from tf_dvbpr.report.embedded_picture import embed_file
from tf_dvbpr.report.formats import number, percent, whole
from tf_dvbpr.report.item_photos import ItemPhotos
from tf_dvbpr.report.json_input import as_written_by, file_beside, read_json
from tf_dvbpr.report.markup import Html, join, tag
from tfrecords.errors import InputError

_FILE, _TOOL = "design.json", "tools.design"
_MOST = 6  # garments of each kind per user
_KINDS = {"bought": "Bought", "retrieved": "Retrieved", "designed": "Designed"}


def design_section(folder: Path, photos: ItemPhotos, shown: int) -> Section:
    """Returns the first `shown` designs. Raises InputError if the file or a picture is missing or damaged."""
    content = read_json(folder, _FILE, _TOOL)
    with as_written_by(_TOOL, folder / _FILE):
        designs = content["designs"]
        if not designs:
            raise InputError(f"{folder / _FILE}: no designs in it; run {_TOOL} again")
        starts, steps, eta = whole(content["starts"]), whole(content["steps"]), number(content["eta"], 2)
        told = text(
            f"Garments drawn for a person: from {starts} random latents, {steps} steps up the person's score, η = "
            f"{eta} times the loss of realness held against it. Below each "
            "picture stands the score x(u, ·); the dot marks it on one scale from the least to the greatest of the "
            "person's pictures here. A design stands above the share of the category's items that score less."
        )
        parts = [_design(one, folder, photos) for one in designs[:shown]]
    left = len(designs) - shown
    more = [text(f"{left} more are in {folder / _FILE}.")] if left > 0 else []
    return Section("designs", "Designs", "Designed for people", join(told, *parts, *more))


def _design(design: dict, folder: Path, photos: ItemPhotos) -> Html:
    users = design["users"]
    kinds = {kind: design[kind][:_MOST] for kind in _KINDS}
    scores = [entry["score"] for entries in kinds.values() for entry in entries]
    places = iter(on_scale(scores) if scores else [])
    columns = [
        _column(title, [_garment(kind, entry, next(places), design, folder, photos) for entry in kinds[kind]])
        for kind, title in _KINDS.items()
    ]
    group = f", {design['group']} of their scores" if design["group"] else ""
    heading = tag("h3", " + ".join(users), tag("small", f" {design['category']}{group}"))
    return tag("article", heading, tag("div", *columns, class_="trio"))


def _column(title: str, garments: Sequence[Html]) -> Html:
    inner = tag("div", *garments, class_="garments") if garments else tag("p", "none", class_="fine")
    return tag("div", tag("h4", title), inner)


def _garment(kind: str, entry: dict, at: float, design: dict, folder: Path, photos: ItemPhotos) -> Html:
    people, file = " and ".join(design["users"]), folder / _FILE
    lines = [_members(entry, design["users"])]
    if kind == "designed":
        picture = embed_file(file_beside(folder, entry["file"], file))
        alt = f"{design['category']} designed for {people}, score {number(entry['score'], 2)}"
        better, real = entry.get("better_than"), entry.get("realness")
        lines.append(_above(better) if better is not None else "")
        lines.append(f"realness {number(real, 2)}" if real is not None else "")
    else:
        picture = photos.of_key(entry["item"], str(file))
        alt = f"item {entry['item']}, {kind} {'by' if kind == 'bought' else 'for'} {entry.get('user', people)}"
        category = entry.get("category", design["category"])
        lines.append(category if category and category != design["category"] else "")
        lines.append(f"by {entry['user']}" if entry.get("user") else "")
        lines.append(entry["item"])
    return garment(picture, alt, number(entry["score"], 2), lines, at)


def _members(entry: dict, users: Sequence[str]) -> str:
    if "scores" not in entry:
        return ""
    return ", ".join(f"{user} {number(score, 2)}" for user, score in zip(users, entry["scores"], strict=True))


def _above(share: float) -> str:
    share_told = percent(share)
    return "above all" if share >= 1.0 else f"above {share_told}"
