"""The authors' checkpoints, written here by TensorFlow 1's Saver: what they compute."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from gan.tf1_checkpoints.config import ImportGanConfig
from gan.tf1_checkpoints.import_gan import import_gan
from gan.trained import TrainedGan, discriminate, generate
from gan.training.train import resolve as resolve_gan
from tests.support import tf1_files
from tests.support.shop import told_in_one_line
from tests.support.tiny_gan import checkpoint_values
from tests.support.tool import run
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.dvbpr.train import train
from tf_dvbpr.recommender.config import EvaluateConfig
from tf_dvbpr.recommender.evaluate import evaluate
from tf_dvbpr.tf1_checkpoints.config import ImportConfig
from tf_dvbpr.tf1_checkpoints.import_recommender import import_checkpoint
from tf_dvbpr.tf1_checkpoints.names import WEIGHTS
from tf_dvbpr.training import loop
from tf_dvbpr.training.metrics_log import MetricsLog
from tf_dvbpr.training.triplets import TripletSampler
from tf_dvbpr.workdir import Workdir
from tools import import_checkpoint as tool

pytestmark = pytest.mark.stack

STEP = 7


@pytest.fixture(scope="module")
def small(planted_folder, make_folder):
    """(weights with slots, their checkpoint, its workdir) of a recommender of 32 pixels, K = 8."""
    root = make_folder("small")
    values = tf1_files.with_slots(tf1_files.recommender_weights(60, dim=8, image_size=32))
    prefix = tf1_files.save(root / f"DVBPR_{STEP}.ckpt", values)
    import_checkpoint(ImportConfig(str(prefix), str(planted_folder), str(root / "run")), show_progress=False)
    yield values, prefix, root / "run"
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def gan(six, make_folder):
    """(weights, workdir) of a GAN of the release's sizes."""
    root = make_folder("gan")
    values = tf1_files.gan_weights()
    prefix = tf1_files.save(root / "DCGAN.model-311502", values)
    config = ImportGanConfig(str(prefix), str(six.path), str(root / "run"), measure_samples=0)
    result = import_gan(config, show_progress=False)
    assert result == {
        "categories": [f"c{number}" for number in range(6)],
        "latent_dim": 256,
        "image_size": 64,
        "step": 311502,
    }
    yield values, root / "run"
    shutil.rmtree(root)


def style_vectors(values, photos):
    """Phi from the description of the released code, on TensorFlow's functions alone."""
    x = (tf.cast(photos, tf.float32) - 127.5) / 127.5
    for number in range(1, 6):
        stride = 4 if number == 1 else 1
        x = tf.nn.conv2d(x, values[f"DVBPR/wc{number}"], stride, "SAME") + values[f"DVBPR/bc{number}"]
        x = tf.nn.relu(x)
        if number in (1, 2, 5):
            x = tf.nn.max_pool2d(x, 2, 2, "SAME")
    x = tf.reshape(x, [len(photos), -1])
    for number in (1, 2):
        x = tf.nn.relu(x @ values[f"DVBPR/wd{number}"] + values[f"DVBPR/bd{number}"])
    return x @ values["DVBPR/wd3"] + values["DVBPR/bd3"]


def normalised(values, name, x):
    """Batch normalisation at inference."""
    beta, gamma, mean, variance = (values[f"{name}/{kind}"] for kind in tf1_files.STATISTICS)
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def images_of(values, latents, labels):
    """G from the description."""
    scope = "GAN/generator/g"
    x = tf.concat([latents, labels], 1) @ values[f"{scope}_h0_lin/Matrix"] + values[f"{scope}_h0_lin/bias"]
    x = tf.reshape(x, [-1, 4, 4, 256])
    for number, stride in enumerate((2, 1, 2, 1, 2, 2, 1), 1):
        x = tf.nn.leaky_relu(normalised(values, f"{scope}_bn{number - 1}", x), 0.2)
        kernel = values[f"{scope}_h{number}/w"]
        shape = [len(latents), x.shape[1] * stride, x.shape[2] * stride, kernel.shape[2]]
        x = tf.nn.conv2d_transpose(x, kernel, shape, stride, "SAME") + values[f"{scope}_h{number}/biases"]
    return tf.tanh(x)


def scores_of(values, images, labels):
    """D from the description."""
    scope, x = "GAN/discriminator/d", images
    for number in range(4):
        planes = labels[:, None, None, :] * tf.ones([1, x.shape[1], x.shape[2], 1])
        x = tf.nn.conv2d(tf.concat([x, planes], 3), values[f"{scope}_h{number}_conv/w"], 2, "SAME")
        x = x + values[f"{scope}_h{number}_conv/biases"]
        x = tf.nn.leaky_relu(normalised(values, f"{scope}_bn{number}", x) if number else x, 0.2)
    return (tf.reshape(x, [len(images), -1]) @ values[f"{scope}_h4_lin/Matrix"] + values[f"{scope}_h4_lin/bias"])[:, 0]


@pytest.mark.slow
def test_the_released_recommender_computes_what_its_description_does(six, tmp_path):
    values = tf1_files.with_slots(tf1_files.recommender_weights(six.num_users))
    prefix = tf1_files.save(tmp_path / "DVBPR_auc_100_39728.ckpt", values)
    config = ImportConfig(str(prefix), str(six.path), str(tmp_path / "run"))
    result = import_checkpoint(config, show_progress=False)
    photos = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    workdir = Workdir.open(tmp_path / "run")
    ours = open_embedder(workdir)(tf.constant(photos)).numpy()
    expected = style_vectors(values, photos).numpy()
    assert np.abs(expected).mean() > 0.1
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(workdir.factors().user_factors, values["DVBPR/Variable"])
    assert workdir.factors().step == result["step"] == 39728
    assert (result["dim"], result["image_size"], result["moments"]) == (100, 224, True)
    assert workdir.config["train"] == vars(resolve(str(six.path), str(tmp_path / "run"), "release", {}))
    shutil.rmtree(tmp_path)


@pytest.mark.slow
def test_the_released_gan_computes_what_its_description_does(gan):
    values, path = gan
    trained = TrainedGan.open(path)
    latents = tf.random.stateless_normal([3, 256], [1, 2])
    labels = tf.one_hot([0, 3, 5], 6)
    expected = images_of(values, latents, labels)
    assert float(tf.math.reduce_std(expected)) > 0.1
    np.testing.assert_allclose(generate(trained.generator, latents, labels), expected, atol=1e-5)
    scores = scores_of(values, expected, labels)
    assert float(tf.reduce_mean(abs(scores))) > 0.1
    np.testing.assert_allclose(discriminate(trained.discriminator, expected, labels), scores, rtol=1e-5, atol=1e-5)
    given = {"measure_samples": 0}
    assert Workdir.open(path).config["train"] == vars(
        resolve_gan(Workdir.open(path).config["train"]["dataset"], str(path), "release", given)
    )


@pytest.mark.slow
def test_the_gans_adams_start_anew(gan):
    values = checkpoint_values(gan[1] / "checkpoints")
    moments = [name for name in values if "_adam/" in name]
    assert moments and not any(values[name].any() for name in moments)


@pytest.mark.slow
def test_all_variables_and_moments_are_in_the_checkpoint(small):
    values, _, path = small
    saved = checkpoint_values(path / "checkpoints")
    for theirs, ours in WEIGHTS.items():
        adam = "user_adam" if theirs == "DVBPR/Variable" else "network_adam"
        np.testing.assert_array_equal(saved[ours], values[theirs])
        np.testing.assert_array_equal(saved[f"{adam}/{ours}/m"], values[f"{theirs}/Adam"])
        np.testing.assert_array_equal(saved[f"{adam}/{ours}/v"], values[f"{theirs}/Adam_1"])
    assert saved["network_adam/iterations"] == saved["user_adam/iterations"] == STEP


def test_the_workdir_holds_what_an_evaluation_leaves(small, planted):
    path = small[2]
    (line,) = MetricsLog(path / "metrics.jsonl").read()
    row = evaluate(EvaluateConfig(workdir=str(path)), progress=False)["rows"][2]
    assert line["step"] == STEP and line["best"] and line["loss"] == {}
    assert line["score"] == line["auc/validation_all"] == row["validation"]["all"]
    assert not list(path.parent.glob(".*"))
    photos = tf.zeros([1, 32, 32, 3], tf.uint8)
    np.testing.assert_allclose(
        open_embedder(Workdir.open(path))(photos), style_vectors(small[0], photos), rtol=1e-5, atol=1e-5
    )


@pytest.mark.slow
def test_training_goes_on_with_the_moments_and_the_step(small, planted, tmp_path):
    """A user that the next batch leaves out moves by Adam's formula alone, at iteration STEP + 1."""
    values = small[0]
    shutil.copytree(small[2], tmp_path / "run")
    given = {"dim": 8, "image_size": 32, "max_photos": (STEP + 1) * 256}
    result = train(resolve(str(planted.path), str(tmp_path / "run"), "release", given), show_progress=False)
    assert result["step"] == STEP + 1
    assert [line["step"] for line in MetricsLog(tmp_path / "run/metrics.jsonl").read()] == [STEP, STEP + 1]
    sampler = TripletSampler(planted.train_indptr, planted.train_items, planted.num_items, 0)
    drawn = sampler.draw_one(tf.constant(STEP, tf.int64), 128).users.numpy()
    idle = np.setdiff1d(np.arange(60), drawn)
    assert len(idle)
    t = STEP + 1
    m, v = 0.9 * values["DVBPR/Variable/Adam"], 0.999 * values["DVBPR/Variable/Adam_1"]
    rate = 1e-4 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    expected = values["DVBPR/Variable"] - rate * m / (np.sqrt(v) + 1e-8)
    after = checkpoint_values(tmp_path / "run/checkpoints")["user_factors"]
    assert np.abs(after - values["DVBPR/Variable"])[idle].max() > 1e-5
    np.testing.assert_allclose(after[idle], expected[idle], rtol=1e-6, atol=1e-7)
    shutil.rmtree(tmp_path / "run")


@pytest.mark.slow
def test_without_moments_adam_starts_anew(planted, tmp_path):
    values = tf1_files.recommender_weights(60, dim=4, image_size=32)
    prefix = tf1_files.save(tmp_path / "weights", values)
    config = ImportConfig(str(prefix), str(planted.path), str(tmp_path / "run"), step=3)
    assert import_checkpoint(config, show_progress=False)["moments"] is False
    saved = checkpoint_values(tmp_path / "run/checkpoints")
    np.testing.assert_array_equal(saved["cnnf/fc7/kernel"], values["DVBPR/wd2"])
    moments = [name for name in saved if "_adam/" in name]
    assert len(moments) == 2 * 17 + 2 and not any(saved[name].any() for name in moments)
    assert Workdir.open(tmp_path / "run").factors().step == 3
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize(
    ("name", "step", "expected"),
    [
        ("DVBPR_auc_100_39728.ckpt", None, 39728),
        ("DCGAN.model-311502", None, 311502),
        ("x-3", 8, 8),
        ("x", 4, 4),
        ("x", None, 0),
        ("DVBPR-3.zip", None, 0),
    ],
)
def test_the_step_is_the_number_in_the_name_or_given(name, step, expected):
    config = ImportConfig(f"folder-1/{name}", "data", "run", step)
    assert config.steps() == expected
    assert config.assumes_step() == (expected == 0)


@pytest.mark.slow
def test_what_breaks_off_leaves_nothing_and_what_a_kill_left_is_no_hindrance(six, tmp_path, monkeypatch):
    prefix = tf1_files.save(tmp_path / "gan-5", tf1_files.gan_weights(latent_dim=4, image_size=32))
    config = ImportGanConfig(str(prefix), str(six.path), str(tmp_path / "run"), measure_samples=0)
    killed = tmp_path / ".run.partial/best"
    killed.mkdir(parents=True)
    (killed / "checkpoint").write_text("half")

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(loop._Loop, "_evaluate", interrupted)
        import_gan(config, show_progress=False)
    assert not (tmp_path / "run").exists() and not killed.parent.exists()
    killed.mkdir(parents=True)
    (tmp_path / "run").mkdir()
    import_gan(config, show_progress=False)
    assert TrainedGan.open(tmp_path / "run").step == 5
    with told_in_one_line("run: is not empty; a checkpoint is imported into a new workdir"):
        import_gan(config, show_progress=False)


def test_the_tool_says_what_it_made(six, tmp_path, capsys):
    prefix = tf1_files.save(tmp_path / "gan-5", tf1_files.gan_weights(latent_dim=4, image_size=32))
    common = (f"--checkpoint={prefix}", f"--dataset={six.path}", f"--workdir={tmp_path / 'run'}")
    status, out, _ = run(capsys, tool.cli, "--kind=gan", "--measure_samples=0", *common)
    assert status == 0
    assert out.splitlines()[-1] == (
        f"{tmp_path / 'run'}: the GAN at step 5, latents of 4, 32 pixels, of c0, c1, c2, c3, c4, c5"
    )
    status, _, err = run(capsys, tool.cli, "--kind=dvbpr", "--measure_samples=0", *common)
    assert status == 1 and err == ["error: --measure_samples=0 is the GAN's: leave it out with --kind=dvbpr"]
