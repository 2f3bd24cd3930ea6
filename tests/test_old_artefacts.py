"""What an earlier commit wrote, tests/support/artefacts/artefacts.zip, opens and gives the numbers it gave there.

`tests/support/make_artefacts.py` made it at commit e62b5c2, with TensorFlow 2.21 and Keras 3.
"""

import json
import shutil
import zipfile

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

import gan
import tf_dvbpr
from tests.support import make_artefacts
from tests.support.repository import repository
from tfrecords.dataset import Dataset
from tools import sample_gan

pytestmark = pytest.mark.stack
ROUNDING = {"rtol": 1e-4, "atol": 1e-6}  # Between machines and between the stacks.


@pytest.fixture(scope="module")
def old(make_folder):
    folder = make_folder("old")
    with zipfile.ZipFile(repository() / "tests/support/artefacts/artefacts.zip") as archive:
        archive.extractall(folder)
    for config in folder.glob("*/config.json"):
        config.write_text(config.read_text().replace("ROOT", str(folder)))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def expected(old):
    with np.load(old / "expected.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def photo_scores(expected):
    """Item number to the old commit's score of its photo for u3."""
    scores = json.loads(expected["photo_scores"].tobytes())["photos"]
    return {int(one["file"].removesuffix(".jpg")): one["users"][0]["score"] for one in scores}


def test_the_data_set_opens(old):
    dataset = Dataset.open(old / "dataset")
    dataset.verify()
    assert (dataset.num_users, dataset.num_items, dataset.category_names) == (12, 24, ("hats", "shoes", "tops"))


def test_dvbpr_scores_the_photos_as_it_did(old, photo_scores):
    recommender = tf_dvbpr.Recommender.open(old / "dvbpr")
    photos = recommender.dataset.encoded_photos(range(24))
    by_key = dict(zip(recommender.items, photos, strict=True))
    found = recommender.score("u3", [by_key[f"i{item}"] for item in photo_scores])
    assert np.ptp(found) > 0
    np.testing.assert_allclose(found, list(photo_scores.values()), **ROUNDING)
    stored = recommender.score("u3", [f"i{item}" for item in photo_scores])
    np.testing.assert_allclose(stored, list(photo_scores.values()), **ROUNDING)


def test_the_saved_model_serves_what_it_did(old, photo_scores):
    signatures = tf.saved_model.load(str(old / "export")).signatures
    recommender = tf_dvbpr.Recommender.open(old / "dvbpr")
    items = tf.constant([f"i{item}" for item in photo_scores])
    scores = signatures["score"](user_keys=tf.constant(["u3"]), item_keys=items)["scores"]
    np.testing.assert_allclose(scores, list(photo_scores.values()), **ROUNDING)
    served = signatures["recommend"](user_keys=tf.constant(["u3"]), k=tf.constant(4), category=tf.constant(""))
    best = recommender.recommend("u3", k=4)
    assert [key.decode() for key in served["item_keys"].numpy()[0]] == [one.item for one in best]


def test_the_gan_draws_what_it_drew(old, expected, tmp_path):
    flags = ["--count=2", "--seed=3", "--neighbours=0", "--interpolations=0"]
    sample_gan.cli(["tool", f"--workdir={old / 'gan'}", f"--output={tmp_path / 'samples'}", *flags])
    for category in make_artefacts.CATEGORIES:
        drawn = np.asarray(Image.open(tmp_path / f"samples/{category}.png").convert("RGB")).astype(int)
        assert np.abs(drawn - expected[f"sampled_{category}"]).max() <= 1
    images = gan.Generator.open(old / "gan").sample("tops", 2, seed=3)
    assert images.shape == (2, 32, 32, 3)


@pytest.mark.slow
def test_the_trainings_resume_and_end_where_they_did(old, expected):
    make_artefacts.train(old, make_artefacts.STEPS + 2)
    for name in ("dvbpr", "gan", "bpr_mf"):
        last = make_artefacts.last_metrics(old / name)
        assert last["step"] == expected[f"resumed_{name}_step"]
        assert last["score"] == pytest.approx(float(expected[f"resumed_{name}_score"]), rel=1e-3)
    for name in ("dvbpr", "bpr_mf"):
        factors = np.load(old / name / "factors.npz")
        for kind in ("user_factors", "item_factors"):
            known = expected[f"resumed_{name}_{kind}"]
            np.testing.assert_allclose(factors[kind], known, rtol=1e-2, atol=1e-3 * np.abs(known).max())
