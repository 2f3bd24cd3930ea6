"""Alters a garment step by step towards a user's taste (paper, eq. 12, then 10; Fig. 6)."""

import dataclasses
import hashlib
import shutil
from pathlib import Path

import numpy as np
import tensorflow as tf

from gan.design.model_pair import Studio
from gan.design.tailor_config import TailorConfig
from gan.design.tailor_pictures import draw_tailored, write_gif
from gan.sampling.samples import file_names, save_latents
from gan.search.config import AscentConfig
from gan.search.drift import drift
from gan.search.invert import Inverter
from gan.search.maximise import RECORD, Maximiser
from tf_dvbpr.pictures import grid
from tf_dvbpr.recommender.keys import find_item, split_keys
from tfrecords.errors import InputError, option, prefixed
from tfrecords.files.atomic_folder import FolderKind, check_output, named_in, whole_folder
from tfrecords.files.cached_arrays import Arrays, kept_part
from tfrecords.files.json_file import write_json
from tfrecords.photos.check import BadPhoto, check_photos
from tfrecords.photos.decode import decode_photo, normalise
from tfrecords.progress_bar import progress_bar

TAILOR_FILE = "tailor.json"
_TAILORED = FolderKind("a tailored garment", TAILOR_FILE, "tailoring", named_in(TAILOR_FILE))


@dataclasses.dataclass(frozen=True)
class _Tailoring:
    """The photo to alter, the users, and the two runs.

    Attributes:
        config: the settings.
        ascent: its search, with the latent form resolved.
        studio: the two runs.
        users: the users' numbers.
        encoded: the photo's bytes.
        category: the category's number.
    """

    config: TailorConfig
    ascent: AscentConfig
    studio: Studio
    users: list[int]
    encoded: bytes
    category: int

    def photo(self, size: int) -> tf.Tensor:
        """Returns the photo, made square as in the data set, float32 [1, S, S, 3] in [-1, 1]."""
        dataset = self.studio.dataset
        return normalise(decode_photo(tf.constant(self.encoded), size, dataset.resize_filter, dataset.fit))[None]


def tailor(config: TailorConfig, progress: bool = True, studio: Studio | None = None) -> dict:
    """Fills ``config.output``: tailor.png, a PNG per shown step, tailor.json, latents.npz and, if asked for, GIFs.

    First it finds the garment's latent, once (eq. 12); from there it raises each user's objective (eq. 10).

    Args:
        config: what to alter, for whom and how.
        progress: show bars.
        studio: the two runs, if they are open already, in ``config.ascent.precision``.

    Returns:
        The content of tailor.json (docs/guides/design.md).

    Raises:
        InputError: an unknown user, item or category, a photo that cannot be read, runs that do not fit together, an
            existing output, or figures that are not finite.
    """
    output = Path(config.output).absolute()
    check_output(output, _TAILORED)
    studio = studio or Studio.open(config.recommender, config.gan, config.ascent.precision, moved_to=config.dataset)
    users = [studio.user(key) for key in split_keys(config.users, studio.dataset)]
    encoded, category = _prototype(config, studio)
    ascent = studio.settled(config.ascent)
    made_for = {**studio.made_for(config, ascent), "photo": hashlib.sha256(encoded).hexdigest()}
    with whole_folder(output, _TAILORED, made_for) as folder:
        parts, asked = folder / ".parts", _Tailoring(config, ascent, studio, users, encoded, category)
        found = kept_part(parts, "inversion", lambda: _invert(asked, progress))
        way = kept_part(parts, "way", lambda: _improve(asked, found, progress))
        result = _write(asked, found, way, folder)
        shutil.rmtree(parts)
        return result


def _prototype(config: TailorConfig, studio: Studio) -> tuple[bytes, int]:
    """Returns the photo's bytes and its category's number."""
    if config.item is not None:
        item = find_item(config.item, studio.dataset)
        encoded, own = studio.dataset.encoded_photos([item])[0], int(studio.categories[item])
        if config.category is None and own < 0:
            raise InputError(
                f"{option('item', config.item)}: an item without a category; give one by {option('category')}"
            )
    else:
        checked = next(iter(check_photos([Path(config.photo)])))
        if isinstance(checked, BadPhoto):
            raise InputError(f"{option('photo', config.photo)}: {checked}; give another photo, as a JPEG or PNG file")
        encoded, own = checked.encoded, -1
    with prefixed(option("category")):
        return encoded, studio.gan.category(config.category or studio.gan.category_names[own])


def _invert(asked: _Tailoring, progress: bool) -> Arrays:
    studio, ascent = asked.studio, asked.ascent
    form = ascent.latent_form, ascent.start_deviation
    inverter = Inverter(studio.networks, asked.config.inversion, *form, ascent.batch_size, ascent.seed)
    photo = asked.photo(studio.networks.image_size)
    found = inverter(photo, studio.labels(np.array([asked.category])), progress)
    if not np.isfinite(found.errors).all():
        raise InputError("the inversion gave figures that are not finite: the GAN has diverged; train it again")
    return {"latents": found.latents, "errors": found.errors}


def _improve(asked: _Tailoring, found: Arrays, progress: bool) -> Arrays:
    """Returns the latents and figures of the shown steps: [shown, users, ...]."""
    config, ascent, studio, users = asked.config, asked.ascent, asked.studio, asked.users
    starts = tf.repeat(tf.constant(found["latents"]), len(users), 0)
    labels, taste = studio.labels(np.full(len(users), asked.category)), studio.taste(np.array(users)[:, None])
    rows = -(-len(users) // ascent.batch_size) * min(ascent.batch_size, len(users))
    with progress_bar(total=rows * ascent.steps, desc="tailoring", unit="step", disable=not progress) as bar:
        maximiser = Maximiser(studio.networks, ascent)
        designs = maximiser(starts, labels, taste, max_drift=config.max_drift, keep_way=True, bar=bar)
    if not np.isfinite(designs.best).all():
        raise InputError(f"the tailoring gave figures that are not finite: lower {option('learning_rate')}")
    shown = np.unique([*range(0, ascent.steps + 1, config.every), ascent.steps])
    return {"steps": shown, "way": designs.way[shown], "records": designs.records[shown]}


def _write(asked: _Tailoring, found: Arrays, way: Arrays, folder: Path) -> dict:
    config, ascent, studio = asked.config, asked.ascent, asked.studio
    keys, steps = studio.dataset.user_keys[asked.users].tolist(), way["steps"].tolist()
    names, error = file_names(keys), float(found["errors"][0])
    grid.of_images(asked.photo(studio.networks.image_size))[0].save(folder / "prototype.png")
    style = studio.networks.embed(asked.photo(studio.networks.photo_size)).numpy()[0]
    tailored, files = [], []
    for number, key in enumerate(keys):
        drawn = studio.draw(way["way"][:, number], asked.category)
        images, drifts = grid.of_images(drawn), drift(drawn, drawn[:1]).numpy().tolist()
        shown = []
        for step, image, record, far in zip(steps, images, way["records"][:, number].tolist(), drifts, strict=True):
            file = f"{names[key]}-{step:0{len(str(steps[-1]))}d}.png"
            image.save(folder / file)
            figures = dict(zip(RECORD, record, strict=True))
            score = {"score": figures.pop("preference"), **figures}
            shown.append({"step": step, **score, "drift": far, "file": file})
        tailored.append(
            {
                "user": key,
                "prototype_score": float(studio.user_factors[asked.users[number]] @ style),
                "steps": shown,
                "best_step": max(shown, key=lambda one: one["objective"])["step"],
            }
        )
        if config.gif:
            files.append(write_gif(images, folder / f"{names[key]}.gif"))
    files.insert(0, draw_tailored(asked.encoded, tailored, error, folder))
    category = studio.gan.category_names[asked.category]
    flat = way["way"].transpose(1, 0, 2).reshape(-1, way["way"].shape[2])
    whose = {"users": np.repeat(keys, len(steps)), "steps": np.tile(steps, len(keys))}
    files.append(save_latents(folder, flat, [category] * len(flat), **whose))
    result = {
        **{name: getattr(ascent, name) for name in ("preset", "seed", "eta")},
        "settings": {**dataclasses.asdict(ascent), **dataclasses.asdict(config.inversion)},
        "max_drift": config.max_drift,
        "category": category,
        "prototype": {
            "item": config.item,
            "photo": Path(config.photo).name if config.photo else None,
            "file": "prototype.png",
        },
        "reconstruction_error": error,
        "tailored": tailored,
        "files": files,
        "notes": studio.notes,
    }
    write_json(folder / TAILOR_FILE, result)
    return result
