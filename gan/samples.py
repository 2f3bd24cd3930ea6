"""Pictures of a trained generator: a grid a category, interpolations, images beside the photos nearest to them."""

import collections
import concurrent.futures
import os
import re
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image
from tqdm import tqdm

from gan.latents import draw_latents, interpolate, truncate
from gan.sample_config import SampleConfig
from gan.sampling import TrainedGan, generate
from tf_dvbpr import pictures, stateless
from tf_dvbpr.image_measures.nearest_photo import nearest
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.output_place import check_place
from tfrecords.photo import denormalise
from tfrecords.photo_table import load_photo_table
from tfrecords.whole_file import whole_file

_COLUMNS = 8
_CELL = 64
_FRAME = 2
_BATCH = 64


def draw_samples(config: SampleConfig, progress: bool = True, trained: TrainedGan | None = None) -> dict[str, object]:
    """Draws into ``config.output``: ``CATEGORY.png`` each, ``interpolation.png``, ``nearest.png``, ``latents.npz``.

    The same workdir, seed and category give the same images, whatever else is asked for.

    Args:
        config: what to draw.
        progress: show bars.
        trained: the workdir's networks, where they are open already.

    Returns:
        ``files`` (names), ``images`` (their number) and ``step`` of the weights.

    Raises:
        InputError: no trained GAN, an unknown category, latents that do not fit, a data set that is gone.
    """
    output = Path(config.output)
    check_place(output, folder=True)
    trained = trained or TrainedGan.open(config.workdir)
    latents, categories = _read(config, trained) if config.latents else _draw(config, trained)
    photos = _photos(config, progress) if config.neighbours else None
    images = _images(trained, latents, categories, progress)
    output.mkdir(parents=True, exist_ok=True)
    files = [_save_latents(output, latents, [trained.category_names[number] for number in categories])]
    side, numbers = trained.config.image_size, list(dict.fromkeys(categories.tolist()))
    names = [trained.category_names[number] for number in numbers]

    def write_grid(number: int, name: str, file: str) -> str:
        return _write(output, file, [pictures.Row(name, _shown(images[categories == number]))], _COLUMNS, side)

    # In threads: compressing them one after the other would take up to a fifth of the time of drawing.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        files += pool.map(write_grid, numbers, names, _file_names(names))
    strips = [row for number in numbers for row in _strips(config, trained, latents[categories == number], number)]
    if strips:
        files.append(_write(output, "interpolation.png", strips, config.steps, side))
    if photos is not None:
        some = np.concatenate([np.flatnonzero(categories == number)[: config.neighbours] for number in numbers])
        rows = _beside_nearest(trained, images[some], categories[some], *photos)
        files.append(_write(output, "nearest.png", rows, config.neighbours, side))
    return {"files": files, "images": len(images), "step": trained.step}


def _draw(config: SampleConfig, trained: TrainedGan) -> tuple[tf.Tensor, np.ndarray]:
    numbers = [trained.category(name) for name in config.categories or trained.present]
    settings = trained.config
    drawn = [
        # A category's images do not depend on which others are asked for.
        draw_latents(
            stateless.seed_of(config.seed, stateless.LATENTS, number),
            config.count,
            settings.latent_dim,
            settings.latent_distribution,
        )
        for number in numbers
    ]
    return truncate(tf.concat(drawn, 0), config.truncation), np.repeat(numbers, config.count)


def _read(config: SampleConfig, trained: TrainedGan) -> tuple[tf.Tensor, np.ndarray]:
    path = Path(config.latents)
    try:
        with np.load(path, allow_pickle=False) as file:
            latents, names = file["latents"], file["categories"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"--latents={path}: not a latents.npz of tools.sample_gan ({reason})") from error
    expected = trained.config.latent_dim
    if latents.ndim != 2 or latents.shape[1] != expected or not len(latents) or latents.dtype.kind != "f":
        raise InputError(
            f"--latents={path}: holds {latents.dtype} {list(latents.shape)}, this GAN's latents are float32 "
            f"[N, {expected}]; take a file drawn with a workdir of the same --latent_dim"
        )
    if names.shape != latents.shape[:1] or not np.isfinite(latents).all():
        raise InputError(f"--latents={path}: expected a category for each latent, and finite numbers")
    return tf.constant(latents, tf.float32), np.array([trained.category(str(name)) for name in names])


def _photos(config: SampleConfig, progress: bool) -> tuple[np.ndarray, np.ndarray]:
    """The photos at the generator's size and the categories of the data set that the GAN was trained on."""
    workdir = Workdir.open(config.workdir)
    dataset = workdir.dataset()
    categories = dataset.item_categories if dataset.category_names else np.zeros(dataset.num_items, np.int32)
    return load_photo_table(dataset, workdir.config["train"]["image_size"], progress), categories


def _images(trained: TrainedGan, latents: tf.Tensor, categories: np.ndarray, progress: bool) -> np.ndarray:
    side = trained.config.image_size
    images = np.empty([len(latents), side, side, 3], np.uint8)
    with tqdm(total=len(latents), desc="drawing", unit="image", disable=not progress) as bar:
        for start in range(0, len(latents), _BATCH):
            part = slice(start, start + _BATCH)
            images[part] = denormalise(generate(trained.generator, latents[part], trained.labels(categories[part])))
            bar.update(len(latents[part]))
    return images


def _strips(config: SampleConfig, trained: TrainedGan, latents: tf.Tensor, number: int) -> list[pictures.Row]:
    """From image 1 to image 2 of the category, from 3 to 4, and so on: a line each."""
    count = min(config.interpolations, len(latents) // 2)
    if not count:
        return []
    ways = [
        interpolate(latents[2 * strip], latents[2 * strip + 1], config.steps, trained.config.latent_distribution)
        for strip in range(count)
    ]
    images = generate(trained.generator, tf.concat(ways, 0), trained.labels(np.full(count * config.steps, number)))
    return [pictures.Row(trained.category_names[number], _shown(denormalise(images).numpy()))]


def _beside_nearest(
    trained: TrainedGan, images: np.ndarray, categories: np.ndarray, photos: np.ndarray, of: np.ndarray
) -> list[pictures.Row]:
    """Figure 4 of the paper: images, and below each the photo of its category nearest to it in l1 and in l2."""
    rows = []
    for number in dict.fromkeys(categories.tolist()):
        some = images[categories == number]
        rows.append(pictures.Row(f"{trained.category_names[number]}: drawn", _shown(some)))
        own = photos[of == number]
        for metric in ("l1", "l2"):
            items, distances = nearest(some, own, metric, progress=False)
            captions = [f"{distance:.3f}" for distance in distances[:, 0]]
            rows.append(pictures.Row(f"nearest photos in {metric}", _shown(own[items[:, 0]]), captions))
    return rows


def _shown(images: np.ndarray) -> list[Image.Image]:
    return [Image.fromarray(image) for image in images]


def _file_names(names: list[str]) -> list[str]:
    """A file for each category; where two would be one, also but for their case, a number tells them apart."""
    stems = [re.sub(r"[^\w.-]+", "_", name) for name in names]
    taken = collections.Counter([stem.lower() for stem in stems] + ["interpolation", "nearest"])
    return [
        f"{stem}-{number}.png" if taken[stem.lower()] > 1 else f"{stem}.png" for number, stem in enumerate(stems, 1)
    ]


def _write(output: Path, file: str, rows: list[pictures.Row], columns: int, side: int) -> str:
    pictures.save(pictures.draw(rows, columns, max(_CELL, side) + _FRAME), output / file)
    return file


def _save_latents(output: Path, latents: tf.Tensor, names: list[str]) -> str:
    with whole_file(output / "latents.npz") as temporary, temporary.open("wb") as file:
        np.savez(file, latents=latents.numpy(), categories=np.array(names, np.str_))
    return "latents.npz"
