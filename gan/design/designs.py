"""Designs garments for users and groups, beside their purchases and retrieved items (the paper's Fig. 5)."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np

from gan.design.design_config import NO_GROUP, DesignConfig
from gan.design.design_pictures import draw_designs, draw_trajectory
from gan.design.model_pair import Studio
from gan.design.results import Query, design_entry
from gan.sampling.samples import file_names, save_latents
from gan.search.config import AscentConfig
from gan.search.maximise import Maximiser
from gan.search.queries import Chosen, design
from gan.search.taste import Taste
from tf_dvbpr.pictures import grid
from tf_dvbpr.recommender.keys import split_keys
from tfrecords.errors import InputError, option, prefixed
from tfrecords.files.atomic_folder import FolderKind, check_output, named_in, whole_folder
from tfrecords.files.cached_arrays import Arrays, kept_part
from tfrecords.files.json_file import write_json

DESIGN_FILE = "design.json"
_DESIGNS = FolderKind("designs", DESIGN_FILE, "designing", named_in(DESIGN_FILE))
_PARTS = ".parts"
_SHOWN_STARTS, _SHOWN_STEPS = 16, 6  # in the picture of a trajectory


def design_garments(config: DesignConfig, progress: bool = True, studio: Studio | None = None) -> dict:
    """Fills ``config.output``: design.png, a PNG per garment, design.json, latents.npz and, if asked for, trajectories.

    Args:
        config: the settings.
        progress: show bars.
        studio: the two runs, if they are open already, in ``config.ascent.precision``.

    Returns:
        The content of design.json (docs/guides/design.md).

    Raises:
        InputError: an unknown user or category, runs that do not fit together, an existing output, or a query whose
            starts were all dropped.
    """
    output = Path(config.output).absolute()
    check_output(output, _DESIGNS)
    studio = studio or Studio.open(config.recommender, config.gan, config.ascent.precision, moved_to=config.dataset)
    queries = _queries(config, studio)
    ascent = studio.settled(config.ascent)
    made_for = studio.made_for(config, ascent)
    with whole_folder(output, _DESIGNS, made_for) as folder:
        parts = _search(config, ascent, studio, queries, folder, progress)
        return _write(config, ascent, studio, queries, parts, folder)


def _queries(config: DesignConfig, studio: Studio) -> list[Query]:
    users = [studio.user(key) for key in split_keys(config.users, studio.dataset)]
    with prefixed(option("category")):
        categories = [studio.gan.category(name) for name in studio.gan.chosen(config.categories)]
    if config.weights and len(users) == 1:
        raise InputError(
            f"{option('weights')} has no effect for one user: leave it out, or name several with "
            f"{option('user', 'KEY,KEY')}"
        )
    if config.weights and len(config.weights) != len(users):
        raise InputError(f"{option('weights')}: {len(config.weights)} for {len(users)} users; one each expected")
    alone = [Query((user,), None, category) for user in users for category in categories]
    if len(users) == 1 or config.group == NO_GROUP:
        return alone
    return alone + [Query(tuple(users), config.group, category, config.weights) for category in categories]


def taste_of(studio: Studio, queries: list[Query]) -> Taste:
    """Returns the taste of queries with equally many members and the same kind of group."""
    rows = np.array([query.weights or [1.0] * len(query.members) for query in queries])
    return studio.taste(np.array([query.members for query in queries]), rows, queries[0].group or "mean")


def _search(
    config: DesignConfig, ascent: AscentConfig, studio: Studio, queries: list[Query], folder: Path, progress: bool
) -> list[Arrays]:
    """Yields one part per query; searches for as many queries at a time as fill a batch of the networks."""
    maximiser = Maximiser(studio.networks, ascent)
    at_once = max(1, ascent.batch_size // ascent.starts)
    parts = []
    for kind in (None, config.group):
        some = [query for query in queries if query.group == kind]
        for first in range(0, len(some), at_once):
            part = some[first : first + at_once]

            def compute(part: list[Query] = part) -> Arrays:
                answers = design(
                    maximiser,
                    ascent,
                    taste_of(studio, part),
                    studio.labels(np.array([query.category for query in part])),
                    config.k,
                    keep_way=config.trajectory,
                    progress=progress,
                )
                return _arrays(answers, config.trajectory)

            arrays = kept_part(folder / _PARTS, f"{kind}-{first}", compute)
            parts += [{name: values[row] for name, values in arrays.items()} for row in range(len(part))]
    return parts


def _arrays(answers: list[Chosen], trajectory: bool) -> Arrays:
    if any(not len(answer.chosen) for answer in answers):
        raise InputError("every start of a design gave figures that are not finite: the networks have diverged")

    def filled(values: np.ndarray, chosen: np.ndarray, k: int) -> np.ndarray:
        return np.concatenate([values[chosen], np.full([k - len(chosen), *values.shape[1:]], np.nan, values.dtype)])

    k = max(len(answer.chosen) for answer in answers)
    arrays = {
        "latents": np.stack([filled(one.designs.latents, one.chosen, k) for one in answers]),
        "best": np.stack([filled(one.designs.best, one.chosen, k) for one in answers]),
        "best_step": np.stack([filled(one.designs.best_step.astype(np.float32), one.chosen, k) for one in answers]),
        "dropped": np.array([one.dropped for one in answers]),
    }
    if trajectory:
        last = len(answers[0].designs.records) - 1
        steps = np.unique(np.linspace(0, last, _SHOWN_STEPS).round().astype(int))
        # NaN sorts last: dropped starts are shown only if there is room.
        rows = [np.argsort(-one.designs.best[:, 0], kind="stable")[:_SHOWN_STARTS] for one in answers]
        arrays |= {
            "way": np.stack([one.designs.way[steps][:, some] for one, some in zip(answers, rows, strict=True)]),
            "records": np.stack([one.designs.records[steps][:, some] for one, some in zip(answers, rows, strict=True)]),
            "steps": np.stack([steps] * len(answers)),
        }
    return arrays


def _write(
    config: DesignConfig, ascent: AscentConfig, studio: Studio, queries: list[Query], parts: list[Arrays], folder: Path
) -> dict:
    whose = ["+".join(studio.dataset.user_keys[list(query.members)]) for query in queries]
    # No two texts are equal, and `file_names` keeps them distinct, since a key may contain the separator.
    names = [
        f"{'' if query.group is None else 'together/'}{who}/{studio.gan.category_names[query.category]}"
        for who, query in zip(whose, queries, strict=True)
    ]
    files_of = file_names(names)
    garments, latents = [], []
    for query, part, name in zip(queries, parts, names, strict=True):
        found = part["latents"][np.isfinite(part["best"][:, 0])]
        drawn = studio.draw(found, query.category)
        images = grid.of_images(drawn)
        files = [f"{files_of[name]}-{rank}.png" for rank in range(1, len(images) + 1)]
        for image, file in zip(images, files, strict=True):
            image.save(folder / file)
        taste, styles = taste_of(studio, [query]), studio.networks.style_vectors(drawn).numpy()
        entry = design_entry(studio, query, taste, part, styles, files, config.k)
        garments.append((query, entry, images))
        latents.append(found)
    lengths = [len(found) for found in latents]
    of = [studio.gan.category_names[query.category] for query in queries]
    save_latents(folder, np.concatenate(latents), np.repeat(of, lengths).tolist(), users=np.repeat(whose, lengths))
    files = [draw_designs(studio, garments, folder)]
    if config.trajectory:
        files += [
            draw_trajectory(studio, query, entry, part, folder / f"{files_of[name]}-trajectory.png")
            for (query, entry, _), part, name in zip(garments, parts, names, strict=True)
        ]
    result = {
        **{name: getattr(ascent, name) for name in ("preset", "seed", "eta", "starts", "steps")},
        "settings": dataclasses.asdict(ascent),
        "designs": [entry for _, entry, _ in garments],
        "files": [*files, "latents.npz"],
        "notes": studio.notes,
    }
    shutil.rmtree(folder / _PARTS)
    write_json(folder / DESIGN_FILE, result)
    return result
