"""Writes a small shop as CSV files and photos, for tests that build data sets."""

import contextlib
import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from tfrecords.errors import InputError


def encode(colour=(200, 30, 30), size=(24, 32), form="JPEG", mode="RGB", **options):
    """Returns the bytes of a photo in one colour, of `size` (width, height)."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).convert(mode).save(buffer, form, **options)
    return buffer.getvalue()


def noise(seed, size=(40, 30), form="JPEG", **options):
    """Returns the bytes of a photo of random pixels."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, form, **options)
    return buffer.getvalue()


def write_table(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(header)
        table.writerows(rows)


def write_shop(folder, items=12, purchases=None):
    """Writes items.csv, interactions.csv and photos; item k is ``i<k>`` in category ``c<k % 3>``.

    `purchases` maps user keys to item numbers; by default six users buy six items each.
    """
    if purchases is None:
        purchases = {f"u{user}": [(user + step) % items for step in range(6)] for user in range(6)}
    (folder / "images").mkdir(parents=True)
    for item in range(items):
        (folder / f"images/{item}.jpg").write_bytes(noise(item))
    rows = [[f"i{item}", f"images/{item}.jpg", f"c{item % 3}", "a title, with a comma"] for item in range(items)]
    write_table(folder / "items.csv", ["item_id", "image", "category", "title"], rows)
    pairs = [[user, f"i{item}", 1500000000] for user, bought in purchases.items() for item in bought]
    write_table(folder / "interactions.csv", ["user_id", "item_id", "timestamp"], pairs)
    return folder


def edit_metadata(folder, keep_checksum=False, **fields):
    """Changes fields of dataset.json, and removes its checksum unless `keep_checksum`."""
    path = folder / "dataset.json"
    meta = json.loads(path.read_text(encoding="utf-8")) | fields
    if not keep_checksum:
        meta.pop("sha256", None)
    path.write_text(json.dumps(meta), encoding="utf-8")
    return folder


@contextlib.contextmanager
def told_in_one_line(message):
    """Checks that the block raises an InputError, whose message is one line, matches, and quotes no other error."""
    with pytest.raises(InputError, match=message) as caught:
        yield
    assert "\n" not in str(caught.value) and "InputError(" not in str(caught.value)


def held_out(items, users):
    """Returns the keys of the held-out items, (validation, test), by user key."""
    return {user.key: (items[user.validation[0]].key, items[user.test[0]].key) for user in users}
