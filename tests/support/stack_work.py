"""Writes files on one stack and reads them on the other.

python -m tests.support.stack_work make FOLDER
python -m tests.support.stack_work read FOLDER OUTPUT
"""

import os
import shutil
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow as tf

from gan.metrics import category_classifier
from gan.serving.export import export_gan
from gan.trained import TrainedGan, discriminate, generate
from gan.training import train
from tests.support.shop import write_shop
from tests.support.small_training import config_for, train_quietly
from tests.support.tiny_gan import tiny_config
from tf_dvbpr.baselines import config as baseline_config
from tf_dvbpr.baselines import train as baselines
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.serving.config import ExportConfig
from tf_dvbpr.serving.export import export
from tf_dvbpr.workdir import Workdir
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.photo_store.table import load_photo_table

ITEMS = 24
STEPS = 4  # steps of a training
MORE = 2  # further steps after it resumes; after more, rounding changes the sign at a ReLU, and the results differ


def train_all(dataset, folder, steps):
    """Runs the three kinds of training up to `steps`; existing workdirs are resumed."""
    # One photo per positive and one per shared negative.
    train_quietly(config_for(dataset, folder / "run", decay="none", max_photos=24 * steps, epochs=100.0))
    train.train(tiny_config(dataset, folder / "gan", max_photos=8 * steps, measure_samples=100), show_progress=False)
    baseline = {"epochs": steps, "eval_every": 2}
    baselines.train(baseline_config.resolve(dataset, str(folder / "mf"), "bpr_mf", baseline), show_progress=False)


def make(folder):
    """Makes a data set, the workdirs of three trainings, and two SavedModels."""
    shop = write_shop(folder / "shop", ITEMS)
    build_dataset(BuildConfig(source="csv", input=shop, output=folder / "dataset", image_size=32), progress=False)
    train_all(str(folder / "dataset"), folder, STEPS)
    export(ExportConfig(str(folder / "run"), str(folder / "run_export")))
    export_gan(ExportConfig(str(folder / "gan"), str(folder / "gan_export")))


def read(folder, output):
    """Loads everything, writes what it computes to ``seen.npz`` in `output`, and resumes the trainings there."""
    output.mkdir()
    np.savez(output / "seen.npz", **_library(folder), **_served(folder))
    for name in ("run", "gan", "mf"):
        shutil.copytree(folder / name, output / name)
    train_all(str(folder / "dataset"), output, STEPS + MORE)


def _library(folder):
    photos = load_photo_table(Dataset.open(folder / "dataset"), 32, progress=False)
    gan = TrainedGan.open(folder / "gan")
    draw = np.random.default_rng(0)
    latents = tf.constant(draw.normal(size=(6, gan.config.latent_dim)), tf.float32)
    labels = gan.labels(np.arange(6) % 3)
    images = generate(gan.generator, latents, labels)
    return {
        "photos": photos,
        "style_vectors": open_embedder(Workdir.open(folder / "run"))(tf.constant(photos)),
        "images": images,
        "image_scores": discriminate(gan.discriminator, images, labels),
        "mf": Workdir.open(folder / "mf").factors().item_factors,
    }


def _served(folder):
    run, gan = (tf.saved_model.load(str(folder / f"{name}_export")).signatures for name in ("run", "gan"))
    photo = tf.constant([(folder / "shop/images/3.jpg").read_bytes(), b"no photo"])
    users = tf.constant(["u0", "nobody", "u5"])
    drawn = gan["serving_default"](categories=tf.constant(["c0", "c2"]), latents=tf.zeros([0, 8]), seed=tf.constant(7))
    answers = {
        "recommend": run["recommend"](user_keys=users, k=tf.constant(5), category=tf.constant("c1")),
        "score": run["score"](user_keys=users, item_keys=tf.constant(["i3"])),
        "embed": run["embed_image"](image_bytes=photo),
        "score_image": run["score_image"](user_keys=users[:1], image_bytes=photo),
        "drawn": {name: drawn[name] for name in ("images", "latents")},
        "judged": gan["discriminate"](image_bytes=drawn["png_bytes"], categories=tf.constant(["c0", "c2"])),
    }
    return {
        f"served_{signature}_{name}": value.numpy().astype(str) if value.dtype == tf.string else value.numpy()
        for signature, answer in answers.items()
        for name, value in answer.items()
    }


if __name__ == "__main__":
    category_classifier._STEPS = 5  # the quality of the GAN's judge does not matter here
    {"make": make, "read": read}[sys.argv[1]](*map(Path, sys.argv[2:]))
