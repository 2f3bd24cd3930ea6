"""Writes small dumps in the formats of Amazon and Tradesy."""

import gzip
import struct

from tests.support.shop import noise

ROOT = "Clothing, Shoes & Jewelry"
# The category paths of twelve items, two for each category of the paper's Amazon Fashion.
PATHS = [
    [ROOT, "Women", "Clothing", "Tops & Tees", "Blouses & Button-Down Shirts"],
    [ROOT, "Women", "Clothing", "Jeans"],
    [ROOT, "Women", "Shoes", "Boots"],
    [ROOT, "Men", "Clothing", "Shirts", "Polos"],
    [ROOT, "Men", "Clothing", "Pants"],
    [ROOT, "Men", "Shoes", "Sandals"],
]
PURCHASES = {f"A{user}": [(user + step) % 12 for step in range(6)] for user in range(6)}


def asin(item):
    return f"B{item:09d}" if item else "0000000000"


def metadata(item):
    """Returns an item's line of metadata as a dict; the ASIN of item 0 is all zeros."""
    title = f'Item {item}\'s "title"'
    url = f"http://example.invalid/{item}.jpg"
    return {"asin": asin(item), "title": title, "imUrl": url, "categories": [PATHS[item % 6]]}


def reviews(purchases):
    """Returns the lines of reviews as dicts."""
    return [
        {"reviewerID": user, "asin": asin(item), "overall": 5.0, "unixReviewTime": 1400000000}
        for user, bought in purchases.items()
        for item in bought
    ]


def write_lines(path, rows, form=repr):
    """Writes one row per line: by `repr` as in the dumps of 2014, by `json.dumps` as in later ones; text unchanged."""
    text = "".join(f"{row if isinstance(row, str) else form(row)}\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def write_photos(folder, keys):
    folder.mkdir(parents=True, exist_ok=True)
    for number, key in enumerate(keys):
        (folder / f"{key}.jpg").write_bytes(noise(number))
    return folder


def write_amazon(folder, purchases=None, items=12, form=repr, suffix=".json.gz"):
    """Writes both files into a folder, and photos of all items into its folder photos."""
    write_photos(folder / "photos", map(asin, range(items)))
    write_lines(folder / f"meta_Clothing{suffix}", map(metadata, range(items)), form)
    write_lines(folder / f"reviews_Clothing{suffix}", reviews(PURCHASES if purchases is None else purchases), form)
    return folder


def write_features(path, keys, dim=4096):
    """Writes a .b file in which every value of a record is the record's number."""
    with path.open("wb") as file:
        for number, key in enumerate(keys):
            file.write(key.ljust(10).encode() + struct.pack(f"<{dim}f", *[number] * dim))
    return path
