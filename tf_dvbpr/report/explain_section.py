"""Why a garment is liked or not: heat maps, the items beside it, attributes, segments."""

from pathlib import Path

from tf_dvbpr.report.blocks import Section, garment, table, text
from tf_dvbpr.report.embedded_picture import embed_file
from tf_dvbpr.report.formats import number, percent, whole, with_error, words
from tf_dvbpr.report.item_photos import ItemPhotos
from tf_dvbpr.report.json_input import as_written_by, file_beside, read_json
from tf_dvbpr.report.markup import Html, join, tag
from tfrecords.errors import InputError

_FILE, _TOOL = "explain.json", "tools.explain"
_LISTS = {"bought_alike": "bought, most alike", "bought_unlike": "bought, least alike", "preferred": "would prefer"}
_CHANGES = 6  # shown, the best and the worst half of them


def explain_section(folder: Path, photos: ItemPhotos, shown: int) -> Section:
    """The first `shown` users or groups. Raises InputError where the file or a picture is missing or damaged."""
    content = read_json(folder, _FILE, _TOOL)
    file = folder / _FILE
    with as_written_by(_TOOL, file):
        explanations = content["explanations"]
        if not explanations:
            raise InputError(f"{file}: nothing explained in it; run {_TOOL} again")
        name = content["item"] or content["photo"]
        told = text(
            f"The garment {name}. Red parts of a photo raise the score s(X), blue parts lower it; integrated gradients "
            "add up to what the score is above that of a white photo."
        )
        articles = [_explained(one, folder, file, photos) for one in explanations[:shown]]
        changes = _minds(content["changes"], folder, file) if "changes" in content else Html("")
        segments = _segments(content["segments"])
    left = len(explanations) - shown
    more = [text(f"{left} more are in {file}.")] if left > 0 else []
    body = join(told, *articles, *more, changes, segments)
    return Section("explanation", "Explanation", "Why it is liked or not", body)


def _explained(one: dict, folder: Path, file: Path, photos: ItemPhotos) -> Html:
    name, difference = one["name"], one["score"] - one["white_score"]
    asked = name if whole(one["users"]) == "1" else f"{name}, {whole(one['users'])} users"
    said = text(
        f"Score {number(one['score'])}, above {percent(one['percentile'])} of the catalogue. A white photo scores "
        f"{number(one['white_score'])}; of the difference, {number(difference)}, {number(difference + one['gap'])} is "
        "attributed to the parts."
    )
    maps = []
    for method, map_file in one["heat_maps"].items():
        picture = embed_file(file_beside(folder, map_file, file))
        maps.append(garment(picture, f"Heat map for {name}: {words(method)}", words(method), []))
    items = [
        garment(
            photos.of_key(item["item"], str(file)),
            f"item {item['item']}, {kind} for {name}",
            number(item["score"], 2),
            [kind, item["item"], f"alike {number(item['cosine'], 2)}"],
        )
        for list_name, kind in _LISTS.items()
        for item in one[list_name]
    ]
    strips = [
        tag("div", *figures, class_="strip", tabindex=0, role="region", aria_label=f"{label} for {name}")
        for label, figures in (("Heat maps", maps), ("Items", items))
        if figures
    ]
    return tag("article", tag("h3", asked), said, *strips, _attributes(one["attributes"], name))


def _attributes(changes: list[dict], name: str) -> Html:
    if not changes:
        return Html("")
    chosen = changes
    if len(changes) > _CHANGES:
        chosen = [*changes[: _CHANGES // 2], *changes[-_CHANGES // 2 :]]
    rows = [
        [
            change["attribute"],
            change["value"] or "others",
            change["other"],
            with_error(change["change"], change["error"]),
            percent(change["helped"]),
            whole(change["items"]),
        ]
        for change in chosen
    ]
    headers = ["attribute", "from", "to", "the score changes by", "helps", "items"]
    return table(f"Items alike in all other attributes, for {name}", headers, rows, left=(0, 1, 2))


def _minds(changes: dict, folder: Path, file: Path) -> Html:
    """What would change the users' minds."""
    figures = []
    for one in changes["users"]:
        user = one["user"]
        for when in ("before", "after"):
            side = one[when]
            lines = [f"{user}, {when}", f"above {percent(side['percentile'])}"]
            if when == "after":
                lines.append(f"drift {number(one['drift'])}")
            picture = embed_file(file_beside(folder, side["file"], file))
            figures.append(garment(picture, f"{when} the change for {user}", number(side["score"], 2), lines))
    told = text(
        f"The smallest change that was found to bring the score above {percent(changes['reach'])} of the catalogue, as "
        "the GAN draws it."
    )
    strip = tag("div", *figures, class_="strip", tabindex=0, role="region", aria_label="The smallest changes")
    return join(tag("h3", "What would change their minds"), told, strip)


def _segments(segments: list[dict]) -> Html:
    if not segments:
        return Html("")
    rows = []
    for one in segments:
        shares = percent(one["percentile"]), percent(one["disliked_by"])
        rows.append([one["name"], whole(one["users"]), *shares, one["leaning"] or "–"])
    headers = ["segment", "users", "mean percentile", "dislike it", "leans to"]
    return table("Who dislikes it", headers, rows, left=(0, 4))
