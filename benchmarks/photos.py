"""Compares filling training batches from the table of decoded photos with decoding and resizing photos each time."""

import concurrent.futures
import io
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from benchmarks import shop
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.dvbpr.training import DvbprTraining
from tf_dvbpr.workdir import Workdir
from tfrecords.photo_store.store import PhotoStore

ITEMS, USERS, SIZE = 512, 128, 224
ROUNDS = 5
# The authors' code runs four threads; the default filter of its imaging library was nearest, the fastest.
THREADS = 4
STEPS, DECODED = 60, 1024


def measure() -> list[dict]:
    """Measures one ratio of photos per second."""
    with shop.new_shop(ITEMS, USERS) as folder:
        encoded = [path.read_bytes() for path in shop.photo_files(folder)]
        dataset = shop.build(folder, resize_filter="nearest")
        config = resolve(str(dataset.path), str(folder.parent / "run"), "paper", {"image_size": SIZE, "dim": 8})
        store = PhotoStore(dataset, SIZE, "host", progress=False)
        trainable = DvbprTraining(config, dataset, store, Workdir(Path(config.workdir), {"train": {}}))
        table, decode = [], []
        for number in range(ROUNDS + 1):
            table.append(_from_table(trainable, number))
            decode.append(_decode(encoded, number))
    # The first round warms up. The best round of each side counts, since other load only slows it down.
    ours, theirs = max(table[1:]), max(decode[1:])
    return [
        {
            "what": f"photos/s from the decoded table into a training batch, {SIZE} pixels",
            "against": f"decode + resize with Pillow in {THREADS} threads",
            "ratio": ours / theirs,
            "aim": ">= 10",
            "photos_per_second": ours,
            "against_photos_per_second": theirs,
        }
    ]


def _from_table(trainable: DvbprTraining, number: int) -> float:
    """Reads training's own pipeline: it draws triplets, gathers photos and prefetches batches."""
    batches = trainable.batches(tf.distribute.InputContext(), number * STEPS, (number + 1) * STEPS)
    started = time.perf_counter()
    photos = sum(len(batch["photos"]) for batch in batches)
    return photos / (time.perf_counter() - started)


def _decode(encoded: list[bytes], number: int) -> float:
    items = np.random.default_rng(number).integers(0, len(encoded), DECODED)
    batch = np.empty([DECODED, SIZE, SIZE, 3], np.uint8)

    def load(thread: int) -> None:
        for row in range(thread, DECODED, THREADS):
            with Image.open(io.BytesIO(encoded[items[row]])) as image:
                batch[row] = image.convert("RGB").resize((SIZE, SIZE), Image.Resampling.NEAREST)

    started = time.perf_counter()
    with concurrent.futures.ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(load, range(THREADS)))
    return DECODED / (time.perf_counter() - started)
