"""The section on garments altered step by step for users: the strips of the paper's Fig. 6."""

from pathlib import Path

from tf_dvbpr.report.blocks import Section, garment, on_scale, text
from tf_dvbpr.report.embedded_picture import Picture, embed_file
from tf_dvbpr.report.formats import number, whole
from tf_dvbpr.report.json_input import as_written_by, file_beside, read_json
from tf_dvbpr.report.markup import Html, join, tag
from tfrecords.errors import InputError

_FILE, _TOOL = "tailor.json", "tools.tailor"


def tailor_section(folder: Path, shown: int) -> Section:
    """Returns the first `shown` strips. Raises InputError if the file or a picture is missing or damaged."""
    content = read_json(folder, _FILE, _TOOL)
    file = folder / _FILE
    with as_written_by(_TOOL, file):
        tailored = content["tailored"]
        if not tailored:
            raise InputError(f"{file}: nothing tailored in it; run {_TOOL} again")
        prototype = embed_file(file_beside(folder, content["prototype"]["file"], file))
        name = content["prototype"]["item"] or content["prototype"]["photo"] or content["prototype"]["file"]
        told = text(
            f"A prototype of {content['category']}, {name}, is drawn by the generator as well as it can (mean "
            f"error {number(content['reconstruction_error'])}), then improved for a person. Below each picture stands "
            "the score x(u, ·), the dot marks it on the strip's scale; drift is how far the latent went."
        )
        strips = [_strip(one, prototype, folder, file) for one in tailored[:shown]]
    left = len(tailored) - shown
    more = [text(f"{left} more are in {file}.")] if left > 0 else []
    return Section("tailoring", "Tailoring", "Tailored to people", join(told, *strips, *more))


def _strip(one: dict, prototype: Picture, folder: Path, file: Path) -> Html:
    user, steps = one["user"], one["steps"]
    first, *places = on_scale([one["prototype_score"], *(step["score"] for step in steps)])
    figures = [
        garment(prototype, "The prototype", number(one["prototype_score"], 2), ["prototype"], first),
        *(
            garment(
                embed_file(file_beside(folder, step["file"], file)),
                f"For {user} after {whole(step['step'])} steps, score {number(step['score'], 2)}",
                number(step["score"], 2),
                [f"step {whole(step['step'])}", f"drift {number(step['drift'])}"],
                place,
            )
            for step, place in zip(steps, places, strict=True)
        ),
    ]
    strip = tag("div", *figures, class_="strip", tabindex=0, role="region", aria_label=f"Tailored for {user}")
    return tag("article", tag("h3", user), strip)
