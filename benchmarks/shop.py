"""Makes a shop for benchmarks: JPEG photos of about 300 x 400 pixels and the two tables of a csv source."""

import contextlib
import csv
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.files.parallel_map import ordered_map

_PURCHASES = 8


@contextlib.contextmanager
def new_shop(items: int, users: int) -> Iterator[Path]:
    """Yields a temporary folder with interactions.csv, items.csv and images/, and deletes it afterwards."""
    with tempfile.TemporaryDirectory(prefix="dvbpr-benchmark-") as name:
        folder = Path(name) / "shop"
        (folder / "images").mkdir(parents=True)
        for item, photo in enumerate(ordered_map(_draw, range(items))):
            photo.save(folder / f"images/{item}.jpg", quality=90)
        _write(folder / "items.csv", ["item_id", "image"], ([item, f"images/{item}.jpg"] for item in range(items)))
        rng = np.random.default_rng(0)
        bought = ((user, item) for user in range(users) for item in rng.choice(items, _PURCHASES, replace=False))
        _write(folder / "interactions.csv", ["user_id", "item_id"], bought)
        yield folder


def photo_files(shop: Path) -> list[Path]:
    """Returns the paths of the photos in the order of the items."""
    return [shop / "images" / f"{item}.jpg" for item in range(len(list((shop / "images").iterdir())))]


def build(shop: Path, **options: object) -> Dataset:
    """Builds the shop's data set in a folder beside the shop."""
    config = BuildConfig(source="csv", input=shop, output=shop.parent / "dataset", overwrite=True, **options)
    return build_dataset(config, progress=False)


def _draw(item: int) -> Image.Image:
    """Draws large shapes with some grain on white, so that a JPEG file has about the size of a photo's."""
    rng = np.random.default_rng(item)
    height, width = rng.integers(380, 421), rng.integers(285, 316)
    coarse = Image.fromarray(rng.integers(0, 256, (8, 6, 3), np.uint8)).resize(
        (width, height), Image.Resampling.BICUBIC
    )
    pixels = np.asarray(coarse, np.float32) + rng.normal(0, 8, (height, width, 1))
    pixels[:, : width // 6] = pixels[:, -width // 6 :] = 255
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _write(path: Path, header: list[str], rows: Iterator) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
