"""Makes the intact inputs, tiny and only once: a shop, its data set, factors and a run."""

import csv
import dataclasses
import functools
import hashlib
import io
import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from . import plain, tested

ITEMS = [f"i{item}" for item in range(12)]
CATEGORIES = ["tops"] * 5 + ["shoes"] * 4 + ["bags"] * 2 + [""]
SIDE = 16


def purchases() -> list[tuple[str, str]]:
    """Returns pairs of user and item: six users with 5 to 7 items, one with 4."""
    draw = np.random.default_rng(5)
    pairs = []
    for user, count in enumerate((5, 6, 7, 5, 6, 7, 4)):
        pairs += [(f"u{user}", ITEMS[item]) for item in draw.choice(len(ITEMS), count, replace=False)]
    return pairs


def photo(seed: int) -> bytes:
    """Returns a PNG of a smooth picture."""
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    pixels = np.stack([across * 12 + 3 * seed, down * 12 + seed, (across + down) * 6], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def table(rows: list) -> bytes:
    """Writes rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


@dataclasses.dataclass
class World:
    """The intact inputs under `root`; each is made on first use."""

    root: Path

    @functools.cached_property
    def shop(self) -> Path:
        """Returns a folder with items.csv, interactions.csv and images/."""
        folder = self.root / "shop"
        (folder / "images").mkdir(parents=True)
        rows = [["item_id", "image", "category", "title"]]
        for number, (item, category) in enumerate(zip(ITEMS, CATEGORIES, strict=True)):
            (folder / f"images/{number}.png").write_bytes(photo(number))
            rows.append([item, f"images/{number}.png", category, 'a 5" title, "quoted"' if number % 3 else "plain"])
        (folder / "items.csv").write_bytes(table(rows))
        pairs = [[user, item, 1500000000 + number] for number, (user, item) in enumerate(purchases())]
        (folder / "interactions.csv").write_bytes(table([["user_id", "item_id", "timestamp"], *pairs]))
        return folder

    @functools.cached_property
    def dataset(self) -> Path:
        """Returns the shop's data set, with two shards of items."""
        folder = self.root / "dataset"
        tested.tool("build_dataset", "--source=csv", f"--input={self.shop}", f"--output={folder}", "--shards=2")
        return folder

    @functools.cached_property
    def users(self) -> dict[str, tuple]:
        """Returns (training items, validation, test) by user key, from the oracle's own split."""
        return plain.users_of(purchases(), 5)

    @functools.cached_property
    def factors(self) -> dict[str, np.ndarray]:
        """Returns the arrays of a factors file of random numbers."""
        draw = np.random.default_rng(8)
        return {
            "step": np.int64(0),
            "user_factors": draw.normal(size=(len(self.users), 3)).astype(np.float32),
            "item_factors": draw.normal(size=(len(ITEMS), 3)).astype(np.float32),
            "user_keys": np.array(list(self.users)),
            "item_keys": np.array(ITEMS),
        }

    @functools.cached_property
    def run(self) -> Path:
        """Returns the workdir of a finished and evaluated training of BPR-MF."""
        folder = self.root / "run"
        train(self.dataset, folder, 4)
        tested.tool("evaluate_auc", f"--workdir={folder}")
        return folder

    @functools.cached_property
    def bought(self) -> list[list[int]]:
        """Returns the numbers of the items that each user owns, in the order of `users`."""
        return [[ITEMS.index(item) for item in (*train, *held)] for train, *held in self.users.values()]

    def targets(self, split: str) -> list[int]:
        """Returns the number of each user's held-out item."""
        return [ITEMS.index(user[1 + (split == "test")]) for user in self.users.values()]


def train(dataset: Path, workdir: Path, epochs: int) -> None:
    """Trains a tiny BPR-MF with a validation after every epoch."""
    tested.tool(
        "train_baseline",
        f"--dataset={dataset}",
        f"--workdir={workdir}",
        "--model=bpr_mf",
        "--dim=3",
        "--batch_size=8",
        f"--epochs={epochs}",
        "--eval_every=1",
        "--patience=0",
    )


def contents(folder: Path) -> dict:
    """Reads a data set with every reader, into plain values.

    The keys are name, fit, resize_filter, category_names, items (key, category, height, width, photo), users (key to
    training items, validation, test), and "one by one": the photos again, by the reader of single items.
    """
    with tested.refusals():
        dataset = tested.open_dataset(folder)
        keys = [str(key) for key in dataset.item_keys]
        photos = {int(item): encoded.numpy() for item, encoded in _photos(dataset)}
        names = dataset.category_names
        items = [
            (key, names[category] if category >= 0 else "", int(height), int(width), photos[item])
            for item, (key, category, (height, width)) in enumerate(
                zip(keys, dataset.item_categories.tolist(), dataset.photo_sizes, strict=True)
            )
        ]
        users = {
            str(key): (
                tuple(sorted(keys[item] for item in dataset.train_of(user))),
                *(keys[items[user]] if items[user] >= 0 else None for items in (dataset.validation, dataset.test)),
            )
            for user, key in enumerate(dataset.user_keys)
        }
        tested.decode(items[0][-1], 8, dataset.resize_filter, dataset.fit)
        return {
            "name": dataset.name,
            "fit": dataset.fit,
            "resize_filter": dataset.resize_filter,
            "category_names": tuple(names),
            "items": items,
            "users": users,
            "one by one": dataset.encoded_photos(range(dataset.num_items)),
        }


def _photos(dataset):
    with dataset.damage_named():
        yield from dataset.photos()


def signed(meta: dict) -> dict:
    """Returns dataset.json with its own checksum corrected, if it has one."""
    content = {name: value for name, value in meta.items() if name != "sha256"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return {**content, **({"sha256": digest} if "sha256" in meta else {})}


def copy(folder: Path, to: Path) -> Path:
    """Makes a copy that may be damaged."""
    return Path(shutil.copytree(folder, to))


def read_json(path: Path) -> object:
    """Reads a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))
