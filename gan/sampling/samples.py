"""Draws pictures with a trained generator: a grid per category, interpolations, images beside the nearest photos."""

import concurrent.futures
import itertools
import os
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from gan.categories import labelled
from gan.latents import interpolate, truncate
from gan.metrics.nearest_photo import nearest
from gan.sampling.config import SampleConfig
from gan.trained import TrainedGan, draw_pixels
from tf_dvbpr.pictures.grid import Row, draw, save
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError, option, prefixed
from tfrecords.files.atomic_file import whole_file
from tfrecords.files.atomic_folder import FolderKind, check_output, whole_folder
from tfrecords.photo_store.table import load_photo_table
from tfrecords.progress_bar import progress_bar

_COLUMNS = 8
_CELL = 64
_FRAME = 2
_LONGEST = 50  # largest number of a category's characters in a file name
LATENTS = "latents.npz"
_INTERPOLATION, _NEAREST = "interpolation", "nearest"


def draw_samples(config: SampleConfig, progress: bool = True, trained: TrainedGan | None = None) -> dict[str, object]:
    """Draws into ``config.output``: ``CATEGORY.png`` each, ``interpolation.png``, ``nearest.png``, ``latents.npz``.

    The same workdir, seed and category give the same images, whatever other categories are drawn.

    Args:
        config: what to draw.
        progress: show bars.
        trained: the workdir's networks, if they are open already.

    Returns:
        ``files`` (their names), ``images`` (their number) and ``step`` of the weights.

    Raises:
        InputError: no trained GAN, an unknown category, latents that do not fit, a data set that is gone, or an output
            with other content.
    """
    output = Path(config.output).absolute()
    check_output(output, SAMPLES)
    trained = trained or TrainedGan.open(config.workdir)
    latents, categories = _read(config, trained) if config.latents else _draw(config, trained)
    photos = _photos(config, progress) if config.neighbours else None
    images = _images(trained, latents, categories, progress)
    side, numbers = trained.config.image_size, list(dict.fromkeys(categories.tolist()))
    names, files_of = [trained.category_names[number] for number in numbers], file_names(trained.present)

    strips = _strips(config, trained, latents, categories, progress)
    # Atomically: pictures of an earlier run beside new latents would be mistaken for theirs.
    with whole_folder(output, SAMPLES) as folder:
        files = [save_latents(folder, latents.numpy(), [trained.category_names[number] for number in categories])]

        def write_grid(number: int, name: str) -> str:
            grid = Row(name, _pictures(images[categories == number]))
            return _write(folder, f"{files_of[name]}.png", [grid], _COLUMNS, side)

        # In threads: compressing them one after the other would take up to a fifth of the drawing time.
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            files += pool.map(write_grid, numbers, names)
        if strips:
            files.append(_write(folder, f"{_INTERPOLATION}.png", strips, config.steps, side))
        if photos is not None:
            some = np.concatenate([np.flatnonzero(categories == number)[: config.neighbours] for number in numbers])
            rows = _beside_nearest(trained, images[some], categories[some], *photos)
            files.append(_write(folder, f"{_NEAREST}.png", rows, config.neighbours, side))
    return {"files": files, "images": len(images), "step": trained.step}


def _drawn_before(folder: Path) -> set[str]:
    """Returns the files of a folder of samples without a list: pictures of the categories that its latents name."""
    try:
        with np.load(folder / LATENTS, allow_pickle=False) as file:
            plain = {_file_name_letters(str(name)).casefold() for name in np.unique(file["categories"])}
    except Exception:  # NumPy and zipfile raise almost any exception on damaged files.
        plain = set()
    ours = {f"{_INTERPOLATION}.png", f"{_NEAREST}.png"}
    for path in folder.glob("*.png"):
        stem = path.stem.casefold()
        if stem in plain or re.sub(r"-\d+$", "", stem) in plain:  # Equal names are distinguished by a number.
            ours.add(path.name)
    return {LATENTS, *ours}


SAMPLES = FolderKind("samples of the GAN", LATENTS, "drawing", _drawn_before)


def _draw(config: SampleConfig, trained: TrainedGan) -> tuple[tf.Tensor, np.ndarray]:
    with prefixed(option("category")):
        numbers = [trained.category(name) for name in trained.chosen(config.categories)]
    drawn = [trained.latents(number, config.count, config.seed) for number in numbers]
    return truncate(tf.concat(drawn, 0), config.truncation), np.repeat(numbers, config.count)


def _read(config: SampleConfig, trained: TrainedGan) -> tuple[tf.Tensor, np.ndarray]:
    path = Path(config.latents)
    try:
        with np.load(path, allow_pickle=False) as file:
            latents, names = file["latents"], file["categories"]
    except MemoryError:
        raise
    except Exception as error:  # NumPy and zipfile raise almost any exception on other files.
        raise InputError(
            f"{option('latents', path)}: {_fault(path)}; expected a latents.npz of tools.sample_gan"
        ) from error
    expected = trained.config.latent_dim
    if latents.ndim != 2 or latents.shape[1] != expected or not len(latents) or latents.dtype.kind != "f":
        raise InputError(
            f"{option('latents', path)}: holds {latents.dtype} {list(latents.shape)}, this GAN's latents are float32 "
            f"[N, {expected}]; take a file drawn with a workdir of the same {option('latent_dim')}"
        )
    with np.errstate(over="ignore"):
        latents = latents.astype(np.float32)
    if names.shape != latents.shape[:1] or not np.isfinite(latents).all():
        raise InputError(f"{option('latents', path)}: expected a category for each latent, and finite numbers")
    with prefixed(option("latents", path)):
        return tf.constant(latents), np.array([trained.category(str(name)) for name in names])


def _fault(path: Path) -> str:
    if not path.exists():
        return "no such file"
    return "a folder, not a file" if path.is_dir() else "cannot be read as one, another kind of file or cut short"


def _photos(config: SampleConfig, progress: bool) -> tuple[np.ndarray, np.ndarray]:
    """Returns the photos at the generator's size, and their categories, of the GAN's data set."""
    workdir = Workdir.open(config.workdir, config.dataset)
    try:
        dataset = workdir.dataset()
    except InputError as error:
        raise InputError(f"{error.marked}; {option('neighbours', 0)} draws without it") from error
    return load_photo_table(dataset, workdir.config["train"]["image_size"], progress), labelled(dataset)[0]


def _images(trained: TrainedGan, latents: tf.Tensor, categories: np.ndarray, progress: bool) -> np.ndarray:
    with progress_bar(total=len(latents), desc="drawing", unit="image", disable=not progress) as bar:
        return draw_pixels(trained.generator, latents, trained.labels(categories), bar)


def _strips(
    config: SampleConfig, trained: TrainedGan, latents: tf.Tensor, categories: np.ndarray, progress: bool
) -> list[Row]:
    """Returns a line for each strip: from image 1 to image 2 of each category, from 3 to 4, and so on."""
    ways, of = [], []
    for number in dict.fromkeys(categories.tolist()):
        own = latents[categories == number]
        for strip in range(min(config.interpolations, len(own) // 2)):
            ends = own[2 * strip], own[2 * strip + 1]
            ways.append(interpolate(*ends, config.steps, trained.config.latent_distribution))
            of += [number] * config.steps
    if not ways:
        return []
    images, of = _images(trained, tf.concat(ways, 0), np.array(of), progress), np.array(of)
    return [
        Row(trained.category_names[number], _pictures(images[of == number])) for number in dict.fromkeys(of.tolist())
    ]


def _beside_nearest(
    trained: TrainedGan, images: np.ndarray, categories: np.ndarray, photos: np.ndarray, of: np.ndarray
) -> list[Row]:
    """Returns the paper's Figure 4: images, and below each the photo of its category nearest in l1, and in l2."""
    rows = []
    for number in dict.fromkeys(categories.tolist()):
        some = images[categories == number]
        rows.append(Row(f"{trained.category_names[number]}: drawn", _pictures(some)))
        own = photos[of == number]
        for metric in ("l1", "l2"):
            items, distances = nearest(some, own, metric, progress=False)
            captions = [f"{distance:.3f}" for distance in distances[:, 0]]
            rows.append(Row(f"nearest photos in {metric}", _pictures(own[items[:, 0]]), captions))
    return rows


def _pictures(images: np.ndarray) -> list[Image.Image]:
    return [Image.fromarray(image) for image in images]


def file_names(categories: Sequence[str]) -> dict[str, str]:
    """Returns a file name without ending for each category, of letters, digits, ``_.-``; equal ones get a number."""
    taken, names = {_INTERPOLATION, _NEAREST}, {}
    for category in categories:
        plain = _file_name_letters(category)
        tries = (plain if number == 1 else f"{plain}-{number}" for number in itertools.count(1))
        # Some file systems do not distinguish capitals from small letters.
        names[category] = next(name for name in tries if name.casefold() not in taken)
        taken.add(names[category].casefold())
    return names


def _file_name_letters(category: str) -> str:
    return re.sub(r"[^\w.-]+", "_", category)[:_LONGEST]


def _write(output: Path, file: str, rows: list[Row], columns: int, side: int) -> str:
    save(draw(rows, columns, max(_CELL, side) + _FRAME), output / file)
    return file


def save_latents(output: Path, latents: np.ndarray, names: list[str], **others: np.ndarray) -> str:
    """Writes ``latents.npz``, which the setting ``latents`` takes: z [N, Z], N category names, and others."""
    with whole_file(output / LATENTS) as temporary, temporary.open("wb") as file:
        np.savez(file, latents=latents, categories=np.array(names, np.str_), **others)
    return LATENTS
