"""Makes the artefacts that tests/test_old_artefacts.py opens, with the tools of the checkout in which it runs.

    PYTHONPATH=OLD_CHECKOUT python tests/support/make_artefacts.py tests/support/artefacts/artefacts.zip

They are a data set, workdirs of DVBPR, BPR-MF and the GAN, a SavedModel, and ``expected.npz``: what that checkout
computes with them, namely recommendations, style vectors, images, and each training resumed for one more step. CNN-F
starts with only a few units that are not zero. The others stay zero, so its 17 million weights compress to a few
kilobytes.
"""

import csv
import json
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from PIL import Image

ITEMS, USERS, CATEGORIES = 24, 12, ("shoes", "tops", "hats")
LIVE = 4  # units per layer that are not zero
DVBPR = {"preset": "fast", "init": "glorot", "average": 0, "dim": 4, "image_size": 32, "batch_size": 8}
DVBPR |= {"shared_negatives": 4, "epochs": 100, "eval_every": 2, "learning_rate": 0.01}
GAN = {"preset": "fast", "image_size": 32, "latent_dim": 4, "generator_width": 4, "discriminator_width": 1}
GAN |= {
    "eyes": "none",
    "generator": "deconvolution",
    "discriminator_norm": "batch",
    "batch_size": 8,
    "measure_samples": 0,
    "eval_every": 2,
}
MF = {"model": "bpr_mf", "dim": 4, "batch_size": 16, "eval_every": 2}
STEPS, PHOTOS_A_STEP = 4, {"dvbpr": 12, "gan": 8}


class FewUnits(keras.initializers.Initializer):
    """An initialiser: Glorot-uniform for the first `LIVE` inputs and outputs of a layer, zero for the others."""

    def __init__(self, seed=0):
        self.seed = seed

    def __call__(self, shape, dtype=None, **_):
        shape = tuple(shape)
        inputs = shape[-2] if shape[-2] == 3 else min(LIVE, shape[-2])
        outputs = min(LIVE, shape[-1])
        some = (*shape[:-2], inputs, outputs)
        limit = (6 / (np.prod(some[:-1]) + np.prod(some[:-2]) * outputs)) ** 0.5
        values = np.zeros(shape, np.float32)
        values[..., :inputs, :outputs] = np.random.default_rng(self.seed).uniform(-limit, limit, some)
        return keras.ops.convert_to_tensor(values, dtype or "float32")


def tool(name, **flags):
    module = __import__(f"tools.{name}", fromlist=["cli"])
    module.cli([name, *(f"--{flag}={value}" for flag, value in flags.items())])


def write_shop(folder):
    draw = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    items, purchases = [["item_id", "image", "category"]], [["user_id", "item_id"]]
    for item in range(ITEMS):
        pixels = np.clip(draw.integers(0, 256, 3) + draw.normal(0, 6, [16, 16, 3]), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"images/{item}.jpg", quality=80)
        items.append([f"i{item}", f"images/{item}.jpg", CATEGORIES[item % 3]])
    for user in range(USERS):
        purchases += [[f"u{user}", f"i{(user * 2 + step * 3) % ITEMS}"] for step in range(7)]
    for name, rows in (("items", items), ("interactions", purchases)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            csv.writer(file).writerows(rows)


def train(root, steps):
    tool("train_dvbpr", dataset=root / "dataset", workdir=root / "dvbpr", max_photos=12 * steps, **DVBPR)
    tool("train_gan", dataset=root / "dataset", workdir=root / "gan", max_photos=8 * steps, **GAN)
    tool("train_baseline", dataset=root / "dataset", workdir=root / "bpr_mf", epochs=steps, **MF)


def last_metrics(workdir):
    return json.loads((workdir / "metrics.jsonl").read_text().splitlines()[-1])


def is_older(path):
    """Returns whether a file is part of a checkpoint before the newest."""
    steps = [int(other.stem.removeprefix("step-")) for other in path.parent.glob("step-*.index")]
    return path.name.startswith("step-") and f"step-{max(steps)}" != path.name.partition(".")[0]


def make(output):
    root = Path(tempfile.mkdtemp()).resolve()
    write_shop(root / "shop")
    tool("build_dataset", source="csv", input=root / "shop", output=root / "dataset", shards=2)
    glorot, keras.initializers.GlorotUniform = keras.initializers.GlorotUniform, FewUnits
    train(root, STEPS)
    keras.initializers.GlorotUniform = glorot
    tool("export_saved_model", workdir=root / "dvbpr", output=root / "export")
    expected = {}
    tool("sample_gan", workdir=root / "gan", output=root / "samples", count=2, seed=3, neighbours=0, interpolations=0)
    for category in CATEGORIES:
        grid = np.asarray(Image.open(root / f"samples/{category}.png").convert("RGB"))
        expected[f"sampled_{category}"] = grid
    shutil.copytree(root / "shop/images", root / "new")
    tool("score_photos", workdir=root / "dvbpr", photos=root / "new", output=root / "scores", user="u3", clusters=0)
    expected["photo_scores"] = np.frombuffer((root / "scores/scores.json").read_bytes(), np.uint8)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_LZMA) as archive:
        for name in ("dataset", "dvbpr", "gan", "bpr_mf", "export"):
            config = root / name / "config.json"
            if config.is_file():  # The data set's path differs where the artefacts are unpacked.
                config.write_text(config.read_text().replace(str(root), "ROOT"))
            for path in sorted((root / name).rglob("*")):
                needless = {"tensorboard"} & {*path.parts} or path.suffix in (".png", ".lock") or is_older(path)
                if path.is_file() and not needless:
                    archive.write(path, path.relative_to(root))
            if config.is_file():
                config.write_text(config.read_text().replace("ROOT", str(root)))
        train(root, STEPS + 2)
        for name in ("dvbpr", "gan", "bpr_mf"):
            last = last_metrics(root / name)
            expected |= {
                f"resumed_{name}_{key}": value for key, value in last.items() if isinstance(value, int | float)
            }
        for name in ("dvbpr", "bpr_mf"):
            factors = np.load(root / name / "factors.npz")
            expected |= {f"resumed_{name}_{key}": factors[key] for key in ("user_factors", "item_factors")}
        with archive.open("expected.npz", "w") as file:
            np.savez(file, **expected)
    shutil.rmtree(root)


if __name__ == "__main__":
    make(Path(sys.argv[1]).absolute())
