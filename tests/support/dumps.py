"""Writes small dumps in the formats of Amazon and Tradesy."""

import gzip
import json
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


def photo_urls_2023(item, shape):
    """Returns the field `images` of the dump of 2023: the photo MAIN second; it has a hi_res only for even items."""
    at = f"http://example.invalid/{item}"
    high = None if item % 2 else f"{at}_hi.jpg"
    photos = [
        {"thumb": f"{at}_t.jpg", "large": f"{at}_side.jpg", "variant": "PT01", "hi_res": f"{at}_side_hi.jpg"},
        {"thumb": f"{at}_t.jpg", "large": f"{at}.jpg", "variant": "MAIN", "hi_res": high},
    ]
    return photos if shape is list else {name: [photo[name] for photo in photos] for name in photos[0]}


def metadata_2023(item, shape=list):
    return {
        "main_category": "AMAZON FASHION",
        "title": f"Item {item}",
        "images": photo_urls_2023(item, shape),
        "categories": PATHS[item % 6],
        "parent_asin": asin(item),
    }


def reviews_2023(purchases):
    """Returns the lines of reviews: each of a variant of the item, which has an ASIN of its own."""
    return [
        {"rating": 5.0, "asin": f"V{item}", "parent_asin": asin(item), "user_id": user, "timestamp": 1400000000123}
        for user, bought in purchases.items()
        for item in bought
    ]


def write_amazon_2023(folder, purchases=None, items=12, shape=list, suffix=".jsonl.gz"):
    """Writes a dump of 2023 and the photos, as `write_amazon`."""
    write_photos(folder / "photos", map(asin, range(items)))
    lines = [metadata_2023(item, shape) for item in range(items)]
    write_lines(folder / f"meta_Clothing{suffix}", lines, json.dumps)
    rows = reviews_2023(PURCHASES if purchases is None else purchases)
    write_lines(folder / f"Clothing{suffix}", rows, json.dumps)
    return folder


def metadata_2018(item):
    """Returns a line of the dump of 2018: a path in `category`, empty for every third item, and lists of addresses."""
    url = f"http://example.invalid/{item}.jpg"
    field = ("imageURLHighRes", "imageURL", "image")[item % 3]
    return {"category": PATHS[item % 6] if item % 3 else [], "asin": asin(item), field: [url, url + "?side"]}


def write_amazon_2018(folder, purchases=None, items=12):
    """Writes a dump of 2018, whose file of reviews has the category's name only, and the photos."""
    write_photos(folder / "photos", map(asin, range(items)))
    write_lines(folder / "meta_Clothing.json.gz", map(metadata_2018, range(items)), json.dumps)
    rows = reviews(PURCHASES if purchases is None else purchases)
    write_lines(folder / "Clothing.json.gz", rows, json.dumps)
    return folder
