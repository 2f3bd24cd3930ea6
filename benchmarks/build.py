"""Compares tools.build_dataset with reading and decoding the same files on all cores."""

import os
import statistics
import time
from pathlib import Path

from PIL import Image

from benchmarks import shop
from tfrecords.files.parallel_map import ordered_map

ITEMS, USERS = 1000, 250
ROUNDS = 7


def measure() -> list[dict]:
    """Measures one ratio of times."""
    with shop.new_shop(ITEMS, USERS) as folder:
        files = shop.photo_files(folder)
        ours, theirs = [], []
        for _ in range(ROUNDS + 1):
            started = time.perf_counter()
            shop.build(folder)
            middle = time.perf_counter()
            _decode(files)
            ours.append(middle - started)
            theirs.append(time.perf_counter() - middle)
    # The first round warms up. Each build is compared with the decoding that follows it.
    ratio = statistics.median(one / other for one, other in zip(ours[1:], theirs[1:], strict=True))
    return [
        {
            "what": f"build_dataset of {ITEMS} photos, time",
            "against": f"reading and decoding the same files in {os.cpu_count()} threads, one a core",
            "ratio": ratio,
            "aim": "<= 1.3",
            "photos_per_second": ITEMS / min(ours[1:]),
            "against_photos_per_second": ITEMS / min(theirs[1:]),
        }
    ]


def _decode(files: list[Path]) -> None:
    def load(path: Path) -> None:
        with Image.open(path) as image:
            image.load()

    for _ in ordered_map(load, files):
        pass
