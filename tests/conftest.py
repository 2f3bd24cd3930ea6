"""Defines fixtures for several test files; the processes of a run share what the fixtures of the session train."""

import csv
import gc
import os
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from PIL import Image

from tests.support.photo_server import serve
from tests.support.shared_folder import shared_folder
from tests.support.shop import write_shop, write_table
from tfrecords.build import build_dataset
from tfrecords.build_config import BuildConfig
from tfrecords.dataset import Dataset
from tfrecords.download import http

COLOURS = {"red": (200, 30, 30), "green": (30, 170, 60), "blue": (40, 60, 210)}


def write_planted(folder, users=60, items=90, purchases=8, seed=0):
    """Writes a shop of plain squares in three colours; each user buys only one colour."""
    draw = np.random.default_rng(seed)
    (folder / "images").mkdir(parents=True)
    names = list(COLOURS)
    with (folder / "items.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "image", "category"])
        for item in range(items):
            colour = np.array(COLOURS[names[item % 3]])
            pixels = np.clip(colour + draw.normal(0, 12, [32, 32, 3]), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"images/{item}.jpg", quality=95)
            rows.writerow([f"i{item}", f"images/{item}.jpg", "tops" if item % 2 else "shoes"])
    with (folder / "interactions.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["user_id", "item_id"])
        for user in range(users):
            for item in draw.choice(np.arange(user % 3, items, 3), purchases, replace=False):
                rows.writerow([f"u{user}", f"i{item}"])
    return folder


@pytest.fixture(scope="module")
def make_folder(tmp_path_factory):
    """Yields a function, name -> new folder, for files that a module's tests share; deletes the folders afterwards.

    Otherwise the checkpoints of full-sized networks would fill the disk.
    """
    made = []

    def make(name):
        made.append(tmp_path_factory.mktemp(name))
        return made[-1]

    yield make
    for folder in made:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", autouse=True)
def forget_graphs():
    """Frees the graphs that a module's tests compiled: some GB in a suite that trains full-sized networks."""
    from tf_dvbpr.training import gradient_registry

    with gradient_registry.forget_custom_gradients():
        yield
    gc.collect()


@pytest.fixture(scope="session")
def planted_folder(tmp_path_factory):
    """Returns the dataset folder of `write_planted`: 60 users, 90 items, 32-pixel photos."""

    def fill(root):
        write_planted(root / "source")
        build_dataset(BuildConfig(source="csv", input=root / "source", output=root / "dataset"), progress=False)

    return shared_folder(tmp_path_factory, "planted", fill) / "dataset"


@pytest.fixture(scope="session")
def planted(planted_folder):
    """Opens the data set of `write_planted`."""
    return Dataset.open(planted_folder)


@pytest.fixture
def shop(tmp_path):
    """Returns the folder of `write_shop`: twelve items, six users."""
    return write_shop(tmp_path / "shop")


@pytest.fixture
def dataset(shop, tmp_path):
    """Builds and opens the data set of `shop`."""
    return build_dataset(BuildConfig(source="csv", input=shop, output=tmp_path / "data"), progress=False)


@pytest.fixture(scope="session")
def six(tmp_path_factory):
    """Builds a data set of twelve items in six categories and six users."""
    root = tmp_path_factory.mktemp("six")
    shop = write_shop(root / "shop")
    rows = [[f"i{item}", f"images/{item}.jpg", f"c{item % 6}"] for item in range(12)]
    write_table(shop / "items.csv", ["item_id", "image", "category"], rows)
    return build_dataset(BuildConfig(source="csv", input=shop, output=root / "data"), progress=False)


@pytest.fixture
def no_proxy(monkeypatch):
    """Disables the machine's proxy, which would handle the tests' requests to their server."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    http._opener.cache_clear()


@pytest.fixture
def server(no_proxy):
    """Runs a `photo_server`."""
    with serve() as running:
        yield running


@pytest.fixture(scope="session")
def fast_gan(planted_folder, tmp_path_factory):
    """Trains a tiny GAN with the preset fast: 24 steps with metrics, and a judge that is hardly trained."""
    from gan.metrics import category_classifier, training_metrics
    from gan.training.train import train
    from tests.support.tiny_gan import PAIRS, tiny_config

    def fill(root):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(category_classifier, "_STEPS", 5)
            patch.setattr(training_metrics, "_PAIRS", PAIRS)
            train(tiny_config(planted_folder, root / "fast", measure_samples=100), show_progress=False)

    return shared_folder(tmp_path_factory, "fast_gan", fill) / "fast"


@pytest.fixture
def gan(fast_gan, tmp_path):
    """Copies `fast_gan`, so that a test may damage it."""
    return shutil.copytree(fast_gan, tmp_path / "gan")


@pytest.fixture
def few_pairs(monkeypatch):
    """Makes trainings measure the diversity of few images."""
    from gan.metrics import training_metrics
    from tests.support.tiny_gan import PAIRS

    monkeypatch.setattr(training_metrics, "_PAIRS", PAIRS)


@pytest.fixture(scope="session")
def release_gan(planted_folder, tmp_path_factory):
    """Trains a tiny GAN with the preset release, without metrics."""
    from gan.training.train import train
    from tests.support.tiny_gan import tiny_config

    def fill(root):
        train(tiny_config(planted_folder, root / "release", "release", measure_samples=0), show_progress=False)

    return shared_folder(tmp_path_factory, "release_gan", fill) / "release"


@pytest.fixture(scope="session")
def lively_gan(release_gan, tmp_path_factory):
    """Copies `release_gan` and gives its generator weights that draw very different images for different latents."""
    from tests.support.tiny_gan import lively_copy

    def fill(root):
        lively_copy(release_gan, root / "lively")

    return shared_folder(tmp_path_factory, "lively_gan", fill) / "lively"


@pytest.fixture(scope="session")
def small_recommender(planted_folder, tmp_path_factory):
    """Trains DVBPR a little on the planted data set."""
    from tests.support.small_training import config_for, train_quietly

    def fill(root):
        train_quietly(config_for(planted_folder, root / "run", epochs=0.2))

    return shared_folder(tmp_path_factory, "small_recommender", fill) / "run"


@pytest.fixture(scope="session")
def example_folder(planted_folder, small_recommender, lively_gan, tmp_path_factory):
    """Makes the folder that the examples of docstrings run in; see `tests.support.example_folder`."""
    from tests.support import example_folder

    return example_folder.make(tmp_path_factory.mktemp("examples"), planted_folder, small_recommender, lively_gan)


@pytest.fixture(scope="session")
def studio(small_recommender, lively_gan):
    """Opens `small_recommender` and `lively_gan`."""
    from gan.design.model_pair import Studio

    return Studio.open(str(small_recommender), str(lively_gan), "float32")


@pytest.fixture
def opened(studio, monkeypatch):
    """Makes the tools that design use `studio`, whatever folders their flags name."""
    from gan.design.model_pair import Studio

    monkeypatch.setattr(Studio, "open", lambda *_, **__: studio)


@pytest.fixture(scope="session")
def judged_runs(small_recommender, lively_gan, tmp_path_factory):
    """Returns both workdirs; the GAN's is a copy, since an evaluation writes its judge there."""
    return small_recommender, shutil.copytree(lively_gan, tmp_path_factory.mktemp("gan") / "judged")


@pytest.fixture
def hasty_judge(monkeypatch):
    """Makes own judges train only a little."""
    from gan.metrics import category_classifier

    monkeypatch.setattr(category_classifier, "_STEPS", 5)


@pytest.fixture(scope="module")
def own_planted(planted_folder, make_folder):
    """Opens a copy of the planted data set, into which a test may write activations and features."""
    return Dataset.open(shutil.copytree(planted_folder, make_folder("own") / "dataset"))


@pytest.fixture
def tiny_weights(tmp_path, monkeypatch):
    """Replaces MobileNet by `tiny_network`; returns its weights file."""
    import keras

    from tests.support.tiny_network import build_tiny, write_weights

    monkeypatch.setattr(keras.applications, "MobileNet", build_tiny)
    return str(write_weights(tmp_path / "tiny.weights.h5"))
