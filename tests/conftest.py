"""Fixtures that more than one test file uses; the processes of a run share what the sessions' fixtures train."""

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
    """A shop of plain squares in three colours; each user buys one colour only."""
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
    """A function, name -> new folder, for what a module's tests share; gone when these have run.

    Left to the end, the checkpoints of full-sized networks would fill the disk.
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
    """What a module compiled is let go when its tests have run: GBs in a suite that trains full-sized networks."""
    from tf_dvbpr.training import gradient_registry

    with gradient_registry.forget_custom_gradients():
        yield
    gc.collect()


@pytest.fixture(scope="session")
def planted_folder(tmp_path_factory):
    """The data set folder of `write_planted`: 60 users, 90 items, 32-pixel photos."""

    def fill(root):
        write_planted(root / "source")
        build_dataset(BuildConfig(source="csv", input=root / "source", output=root / "dataset"), progress=False)

    return shared_folder(tmp_path_factory, "planted", fill) / "dataset"


@pytest.fixture(scope="session")
def planted(planted_folder):
    """The same, open."""
    return Dataset.open(planted_folder)


@pytest.fixture
def shop(tmp_path):
    """The folder of `write_shop`: twelve items, six users."""
    return write_shop(tmp_path / "shop")


@pytest.fixture
def dataset(shop, tmp_path):
    """The data set of that shop, open."""
    return build_dataset(BuildConfig(source="csv", input=shop, output=tmp_path / "data"), progress=False)


@pytest.fixture(scope="session")
def six(tmp_path_factory):
    """A data set of twelve items in six categories and six users."""
    root = tmp_path_factory.mktemp("six")
    shop = write_shop(root / "shop")
    rows = [[f"i{item}", f"images/{item}.jpg", f"c{item % 6}"] for item in range(12)]
    write_table(shop / "items.csv", ["item_id", "image", "category"], rows)
    return build_dataset(BuildConfig(source="csv", input=shop, output=root / "data"), progress=False)


@pytest.fixture
def no_proxy(monkeypatch):
    """A proxy of this machine would stand between the tests and their server."""
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    http._opener.cache_clear()


@pytest.fixture
def server(no_proxy):
    """A running `photo_server`."""
    with serve() as running:
        yield running


@pytest.fixture(scope="session")
def fast_gan(planted_folder, tmp_path_factory):
    """A workdir of the GAN: preset fast, tiny, 24 steps with figures; its judge learnt little."""
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
    """A copy of that one, which may be damaged."""
    return shutil.copytree(fast_gan, tmp_path / "gan")


@pytest.fixture
def few_pairs(monkeypatch):
    """Trainings measure the diversity of few images."""
    from gan.metrics import training_metrics
    from tests.support.tiny_gan import PAIRS

    monkeypatch.setattr(training_metrics, "_PAIRS", PAIRS)


@pytest.fixture(scope="session")
def release_gan(planted_folder, tmp_path_factory):
    """The same with preset release and without figures."""
    from gan.training.train import train
    from tests.support.tiny_gan import tiny_config

    def fill(root):
        train(tiny_config(planted_folder, root / "release", "release", measure_samples=0), show_progress=False)

    return shared_folder(tmp_path_factory, "release_gan", fill) / "release"


@pytest.fixture(scope="session")
def lively_gan(release_gan, tmp_path_factory):
    """A copy of that one whose generator, untrained, makes very different images of different latents."""
    from tests.support.tiny_gan import lively_copy

    def fill(root):
        lively_copy(release_gan, root / "lively")

    return shared_folder(tmp_path_factory, "lively_gan", fill) / "lively"


@pytest.fixture(scope="session")
def small_recommender(planted_folder, tmp_path_factory):
    """A workdir of DVBPR on the same data set, trained a little."""
    from tests.support.small_training import config_for, train_quietly

    def fill(root):
        train_quietly(config_for(planted_folder, root / "run", epochs=0.2))

    return shared_folder(tmp_path_factory, "small_recommender", fill) / "run"


@pytest.fixture(scope="session")
def example_folder(planted_folder, small_recommender, lively_gan, tmp_path_factory):
    """The folder that the examples of docstrings run in; `tests.support.example_folder` says what lies there."""
    from tests.support import example_folder

    return example_folder.make(tmp_path_factory.mktemp("examples"), planted_folder, small_recommender, lively_gan)


@pytest.fixture(scope="session")
def studio(small_recommender, lively_gan):
    """Those two runs, open."""
    from gan.design.model_pair import Studio

    return Studio.open(str(small_recommender), str(lively_gan), "float32")


@pytest.fixture
def opened(studio, monkeypatch):
    """A tool that designs finds the two runs open already, whatever folders it is given."""
    from gan.design.model_pair import Studio

    monkeypatch.setattr(Studio, "open", lambda *_, **__: studio)


@pytest.fixture(scope="session")
def judged_runs(small_recommender, lively_gan, tmp_path_factory):
    """Those two workdirs, of the GAN a copy, into which an evaluation's judge goes."""
    return small_recommender, shutil.copytree(lively_gan, tmp_path_factory.mktemp("gan") / "judged")


@pytest.fixture
def hasty_judge(monkeypatch):
    """Judges of their own learn little."""
    from gan.metrics import category_classifier

    monkeypatch.setattr(category_classifier, "_STEPS", 5)


@pytest.fixture(scope="module")
def own_planted(planted_folder, make_folder):
    """A copy of that data set, open, into which activations and features may be written."""
    return Dataset.open(shutil.copytree(planted_folder, make_folder("own") / "dataset"))


@pytest.fixture
def tiny_weights(tmp_path, monkeypatch):
    """`tiny_network` stands for MobileNet; its file of weights."""
    import keras

    from tests.support.tiny_network import build_tiny, write_weights

    monkeypatch.setattr(keras.applications, "MobileNet", build_tiny)
    return str(write_weights(tmp_path / "tiny.weights.h5"))
