"""The figures of a generator: good ones for one that knows the photos, bad ones for noise; what judge/ keeps."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf

from gan.metrics import category_classifier
from gan.metrics.category_classifier import CategoryClassifier, trained_classifier
from gan.metrics.judge_folder import judge_folder
from gan.metrics.training_metrics import Measures
from tests.support.tiny_gan import metrics_without_clock, tiny_config, values_of
from tf_dvbpr.workdir import Workdir
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photos.decode import normalise

pytestmark = pytest.mark.stack

COLOURS = np.arange(90, dtype=np.int32) % 3  # What `planted` colours its items by.


@pytest.fixture(scope="module")
def photos(planted):
    return PhotoStore(planted, 32, "host", progress=False)


@pytest.fixture(scope="module")
def folder(make_folder, photos):
    """A folder with a classifier of the three colours."""
    folder = make_folder("judge")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(category_classifier, "_STEPS", 40)
        trained_classifier(folder, photos.image_size, lambda: photos, COLOURS, 3, progress=False)
    return folder


@pytest.fixture(scope="module")
def measures(folder, photos):
    return Measures(tiny_config("data", "run", measure_samples=100), photos, COLOURS, 3, folder, progress=False)


class Drawing:
    """In a generator's place: latents and one-hot categories to images, as `draw` of their numbers has it."""

    def __init__(self, draw):
        self.image_size, self.inference = 32, lambda latents, labels: draw(np.argmax(labels, 1))


def copied(photos, own_category=True):
    """Photos of the category, or of the next one, in turn."""

    def draw(categories):
        items = 3 * (np.arange(len(categories)) % 30) + (categories + (not own_category)) % 3
        return normalise(photos.gather(tf.constant(items, tf.int64)))

    return Drawing(draw)


@pytest.mark.slow
def test_copies_score_better_than_noise_and_are_found_out(measures, photos):
    copies = measures.figures(copied(photos))
    noise = measures.figures(
        Drawing(lambda of: np.random.default_rng(0).uniform(-1, 1, (len(of), 32, 32, 3)).astype(np.float32))
    )
    distance = "frechet_distance/own"
    assert 0 <= copies[distance] < 0.2 * noise[distance]
    assert [figures["score"] for figures in (copies, noise)] == [-copies[distance], -noise[distance]]
    kernel = "kernel_distance/own"
    assert abs(copies[kernel]) < 0.1 * noise[kernel]
    assert copies["nearest_photo/images"] == 0 < noise["nearest_photo/images"]
    assert copies["right_category/images"] == copies["right_category/photos"] == 1
    # Three classes, each certain; equally frequent they would make exactly 3.
    assert 2 < copies["classifier_score/own"] <= 3
    assert copies["diversity/images"] == pytest.approx(copies["diversity/photos"], abs=0.05)
    # Two photos of one colour: normal(0, 12) each in a byte, which is 12 sqrt(2) / 127.5; JPEG smooths it.
    assert 0 < copies["nearest_photo/photos"] < 12 * 2**0.5 / 127.5
    assert copies == measures.figures(copied(photos))


def test_images_of_another_category_are_noticed(measures, photos):
    assert measures.figures(copied(photos, own_category=False))["right_category/images"] == 0
    one = measures.figures(Drawing(lambda of: tf.zeros([len(of), 32, 32, 3])))
    assert one["diversity/images"] == pytest.approx(0, abs=1e-6)
    assert one["classifier_score/own"] == pytest.approx(1)


def test_a_judge_kept_without_features_of_photos_computes_them(measures, folder, photos, tmp_path):
    shutil.copytree(folder, tmp_path / "judge")
    kept = tmp_path / "judge" / "features-own.npz"
    kept.unlink()
    again = Measures(tiny_config("data", "run", measure_samples=100), photos, COLOURS, 3, kept.parent, progress=False)
    with np.load(kept) as written, np.load(folder / kept.name) as first:
        np.testing.assert_allclose(written["features"], first["features"], rtol=1e-4, atol=1e-5)
    one, other = measures.figures(copied(photos)), again.figures(copied(photos))
    assert one["kernel_distance/own"] == pytest.approx(other["kernel_distance/own"], rel=1e-3, abs=1e-6)


def test_the_classifier_is_kept_and_restored_bitwise(folder, photos, monkeypatch):
    fresh = CategoryClassifier(32, 3, seed=5)
    monkeypatch.setattr(CategoryClassifier, "train", None)
    kept, again = (
        trained_classifier(folder, photos.image_size, lambda: photos, COLOURS, 3, seed, progress=False)
        for seed in (0, 5)
    )
    assert kept.accuracy == again.accuracy == 1
    one, other, untrained = (values_of(classifier.variables()) for classifier in (kept, again, fresh))
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)
        assert (value != untrained[name]).any()


def test_training_the_classifier_is_seeded(photos, monkeypatch):
    monkeypatch.setattr(category_classifier, "_STEPS", 2)
    one, same = CategoryClassifier(32, 3, seed=1), CategoryClassifier(32, 3, seed=1)
    for classifier in (one, same):
        classifier.train(photos, COLOURS, progress=False)
    for name, value in values_of(one.variables()).items():
        np.testing.assert_array_equal(value, same.variables()[name], err_msg=name)
    assert one.accuracy == same.accuracy


def test_photos_that_are_alone_in_their_category_have_no_diversity(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(category_classifier, "_STEPS", 1)
    categories = np.full(90, -1, np.int32)
    categories[:3] = [0, 1, 2]
    config = tiny_config("data", tmp_path, measure_samples=100)
    figures = Measures(config, photos, categories, 3, tmp_path, progress=False).figures(copied(photos))
    assert "diversity/images" in figures
    assert not {"diversity/photos", "nearest_photo/photos"} & set(figures)
    assert all(np.isfinite(value) for value in figures.values())


def test_the_best_weights_are_those_nearest_to_the_photos(fast_gan):
    lines = metrics_without_clock(fast_gan)
    best = max(lines, key=lambda line: -line["frechet_distance/own"])
    assert tf.train.latest_checkpoint(str(fast_gan / "best")).endswith(f"step-{best['step']}")
    assert [line["score"] for line in lines] == [-line["frechet_distance/own"] for line in lines]


def test_judge_is_made_anew_for_other_settings_and_kept_for_the_same(fast_gan, tmp_path):
    config = json.loads((fast_gan / "config.json").read_text())

    def judge(**given):
        train = {**config["train"], **given.pop("train", {})}
        return judge_folder(Workdir(tmp_path, {**config, "train": train, **given}))

    (judge() / "statistics-own.npz").touch()
    assert (judge() / "statistics-own.npz").exists()
    assert (judge(train={"batch_size": 9}) / "statistics-own.npz").exists()
    assert not (judge(train={"seed": 9}) / "statistics-own.npz").exists()
    (judge() / "statistics-own.npz").touch()
    assert not (judge(dataset_fingerprint="another") / "statistics-own.npz").exists()
    (judge() / "made_for.json").write_bytes(b"\xff")
    (tmp_path / "judge/statistics-own.npz").touch()
    assert not (judge() / "statistics-own.npz").exists()
