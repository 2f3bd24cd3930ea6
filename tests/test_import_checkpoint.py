"""The authors' checkpoints, written here by TensorFlow 1's Saver: what they compute, and what is refused."""

import shutil

import numpy as np
import pytest
import tensorflow as tf
import tf1_files
from shop import told_in_one_line, write_shop, write_table
from tiny_gan import checkpoint_values
from tool import run

from gan.import_checkpoint import ImportGanConfig, import_gan
from gan.import_checkpoint import _settings as gan_settings
from gan.sampling import TrainedGan, discriminate, generate
from gan.train import resolve as resolve_gan
from tf_dvbpr import training
from tf_dvbpr.checkpoint_names import WEIGHTS
from tf_dvbpr.evaluation import EvaluateConfig, evaluate
from tf_dvbpr.import_checkpoint import ImportConfig, import_checkpoint
from tf_dvbpr.import_checkpoint import _settings as recommender_settings
from tf_dvbpr.metrics_log import MetricsLog
from tf_dvbpr.tf1_checkpoint import Tf1Checkpoint
from tf_dvbpr.train import resolve, train
from tf_dvbpr.triplets import TripletSampler
from tf_dvbpr.workdir import Workdir
from tfrecords.build import BuildConfig, build_dataset
from tools import import_checkpoint as tool

pytestmark = pytest.mark.stack

STEP = 7


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    """A data set of twelve items in six categories and six users."""
    root = tmp_path_factory.mktemp("six")
    shop = write_shop(root / "shop")
    rows = [[f"i{item}", f"images/{item}.jpg", f"c{item % 6}"] for item in range(12)]
    write_table(shop / "items.csv", ["item_id", "image", "category"], rows)
    return build_dataset(BuildConfig(source="csv", input=shop, output=root / "data"), progress=False)


@pytest.fixture(scope="module")
def small(planted_folder, tmp_path_factory):
    """(weights with slots, their checkpoint, its workdir) of a recommender of 32 pixels, K = 8."""
    root = tmp_path_factory.mktemp("small")
    values = tf1_files.with_slots(tf1_files.recommender_weights(60, dim=8, image_size=32))
    prefix = tf1_files.save(root / f"DVBPR_{STEP}.ckpt", values)
    import_checkpoint(ImportConfig(str(prefix), str(planted_folder), str(root / "run")), show_progress=False)
    yield values, prefix, root / "run"
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def gan(six, tmp_path_factory):
    """(weights, workdir) of a GAN of the release's sizes."""
    root = tmp_path_factory.mktemp("gan")
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


def test_the_released_recommender_computes_what_its_description_does(six, tmp_path):
    values = tf1_files.with_slots(tf1_files.recommender_weights(six.num_users))
    prefix = tf1_files.save(tmp_path / "DVBPR_auc_100_39728.ckpt", values)
    config = ImportConfig(str(prefix), str(six.path), str(tmp_path / "run"))
    result = import_checkpoint(config, show_progress=False)
    photos = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    workdir = Workdir.open(tmp_path / "run")
    ours = workdir.embedder()(tf.constant(photos)).numpy()
    expected = style_vectors(values, photos).numpy()
    assert np.abs(expected).mean() > 0.1
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(workdir.factors().user_factors, values["DVBPR/Variable"])
    assert workdir.factors().step == result["step"] == 39728
    assert (result["dim"], result["image_size"], result["moments"]) == (100, 224, True)
    assert workdir.config["train"] == vars(resolve(str(six.path), str(tmp_path / "run"), "release", {}))
    shutil.rmtree(tmp_path)


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


def test_the_gans_adams_start_anew(gan):
    values = checkpoint_values(gan[1] / "checkpoints")
    moments = [name for name in values if "_adam/" in name]
    assert moments and not any(values[name].any() for name in moments)


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
        Workdir.open(path).embedder()(photos), style_vectors(small[0], photos), rtol=1e-5, atol=1e-5
    )


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


def stub(users=60, dim=8, side=1):
    """The recommender's names; what K, the users and the photos' size are read from has its shape, all else none."""
    values = dict.fromkeys(WEIGHTS, np.zeros(1, np.float32))
    return {
        **values,
        "DVBPR/wd1": np.zeros((side * side * 256, 4096), np.float32),
        "DVBPR/wd3": np.zeros((4096, dim), np.float32),
        "DVBPR/Variable": np.zeros((users, dim), np.float32),
    }


def refused(values, dataset, tmp_path, message, kind="dvbpr"):
    prefix = tf1_files.save(tmp_path / "file-5", values)
    arguments = (str(prefix), str(dataset), str(tmp_path / "run"))
    with told_in_one_line(message):
        if kind == "gan":
            import_gan(ImportGanConfig(*arguments), show_progress=False)
        else:
            import_checkpoint(ImportConfig(*arguments), show_progress=False)
    assert not (tmp_path / "run").exists() and not (tmp_path / ".run.partial").exists()


def test_a_missing_variable_is_named(planted_folder, tmp_path):
    values = stub()
    del values["DVBPR/bc4"]
    refused(values, planted_folder, tmp_path, "1 of the 17 variables of the recommender's checkpoint .*: DVBPR/bc4$")


def test_a_missing_moment_is_named(planted_folder, tmp_path):
    values = tf1_files.with_slots(stub(dim=2))
    del values["DVBPR/wd1/Adam_1"]
    refused(values, planted_folder, tmp_path, "1 of the 51 variables .* with Adam's moments .*: DVBPR/wd1/Adam_1$")


@pytest.mark.parametrize("name", ["DVBPR/wc6", "DVBPR/beta1_power", "GAN/generator/g_h1/w"])
def test_a_surplus_variable_is_named(planted_folder, tmp_path, name):
    values = {**stub(dim=2), name: np.zeros(1, np.float32)}
    refused(values, planted_folder, tmp_path, f"not of the recommender's checkpoint: {name}$")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param(stub(), r"DVBPR/wc1 is float32 \[1\], expected float32 \[11, 11, 3, 64\]", id="shape"),
        pytest.param(stub(users=59), "59 rows, one a user, and .* has 60 users", id="users"),
        pytest.param(
            {**stub(), "DVBPR/wd1": np.zeros((300, 9), np.float32)}, r"\[300, 9\], expected \[12544, 4096\]", id="size"
        ),
    ],
)
def test_another_shape_is_named(planted_folder, tmp_path, values, message):
    refused(values, planted_folder, tmp_path, message)


def test_every_shape_of_the_recommender_is_checked(small, planted):
    values, prefix, _ = small
    config = ImportConfig(str(prefix), str(planted.path), "run")
    for name, value in values.items():
        checkpoint = Tf1Checkpoint(prefix)
        recommender_settings(config, checkpoint, planted, moments=True)
        checkpoint.shapes[name] = (*value.shape[:-1], value.shape[-1] + 1)
        # K is what wd3 says: the bias beside it is the first that does not fit.
        named = "DVBPR/bd3" if name == "DVBPR/wd3" else name
        with told_in_one_line(f"{named} is float32"):
            recommender_settings(config, checkpoint, planted, moments=True)


def test_every_shape_of_the_gan_is_checked(six, tmp_path):
    values = tf1_files.gan_weights(latent_dim=4, image_size=32)
    prefix = tf1_files.save(tmp_path / "gan-5", values)
    config = ImportGanConfig(str(prefix), str(six.path), "run")
    for name, value in values.items():
        checkpoint = Tf1Checkpoint(prefix)
        gan_settings(config, checkpoint, six, 6)
        checkpoint.shapes[name] = (*value.shape[:-1], value.shape[-1] + 1)
        with told_in_one_line(f"{name} is "):
            gan_settings(config, checkpoint, six, 6)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("GAN/generator/g_h5/w", lambda w: np.swapaxes(w, 2, 3), r"g_h5/w is .*256, 128\], expected .*128, 256\]"),
        ("GAN/generator/g_bn0/gamma", lambda w: w[:9], r"g_bn0/gamma is float32 \[9\], expected float32 \[256\]"),
        ("GAN/discriminator/d_h4_lin/bias", lambda w: w.astype(np.float64), "d_h4_lin/bias is float64"),
        ("GAN/discriminator/d_h0_conv/w", lambda w: w[:, :, :5], "of 2 categories, and .* has 6"),
        ("GAN/generator/g_h0_lin/Matrix", lambda w: w[:, :90], r"expected \[262, 4096\]"),
        ("GAN/discriminator/d_bn2/beta", lambda w: w + np.nan, "d_bn2/beta holds numbers that are not finite"),
        ("GAN/discriminator/d_bn3/moving_mean", None, "1 of the 66 variables .*: GAN/discriminator/d_bn3/moving_mean"),
        ("GAN/generator/g_h1/w/Adam", np.zeros(1, np.float32), "not of the GAN's checkpoint: GAN/generator/g_h1/w/Ad"),
    ],
)
def test_a_gans_variable_that_does_not_fit_is_named(six, tmp_path, name, change, message):
    values = tf1_files.gan_weights(latent_dim=4, image_size=32)
    if change is None:
        del values[name]
    else:
        values[name] = change(values[name]) if callable(change) else change
    refused(values, six.path, tmp_path, message, "gan")


def test_the_other_networks_file_is_named(six, tmp_path):
    refused({"GAN/generator/g_h1/w": np.zeros(1, np.float32)}, six.path, tmp_path, "holds the GAN .*give --kind=gan$")
    refused({"DVBPR/wc1": np.zeros(1, np.float32)}, six.path, tmp_path, "recommender .*give --kind=dvbpr$", "gan")


def test_files_that_are_missing_or_damaged_are_named(planted_folder, six, tmp_path):
    prefix = tf1_files.save(tmp_path / "gan-5", tf1_files.gan_weights(latent_dim=4, image_size=32))
    data, index = (tmp_path / f"gan-5.{ending}" for ending in ("data-00000-of-00001", "index"))

    def config(name):
        return ImportGanConfig(str(tmp_path / name), str(six.path), str(tmp_path / "run"))

    with told_in_one_line("nothing-5: no checkpoint here"):
        import_gan(config("nothing-5"))
    with told_in_one_line(f"give the files' common name, --checkpoint={prefix}$"):
        import_gan(config("gan-5.index"))
    whole = data.read_bytes()
    data.write_bytes(whole[: len(whole) // 2])
    with told_in_one_line("gan-5: GAN/.* cannot be read"):
        import_gan(config("gan-5"))
    data.unlink()
    with told_in_one_line("gan-5: GAN/.* cannot be read"):
        import_gan(config("gan-5"))
    index.write_bytes(index.read_bytes()[:100])
    with told_in_one_line("gan-5: cannot be read"):
        import_gan(config("gan-5"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("name", "step", "expected"),
    [("DVBPR_auc_100_39728.ckpt", None, 39728), ("DCGAN.model-311502", None, 311502), ("x-3", 8, 8), ("x", 0, 0)],
)
def test_the_step_is_the_number_in_the_name_or_given(name, step, expected):
    assert ImportConfig(f"folder-1/{name}", "data", "run", step).steps() == expected


@pytest.mark.parametrize("name", ["DVBPR", "DVBPR-3.zip", "x-99999999999"])
def test_a_name_without_a_step_is_refused(name):
    with told_in_one_line("give --step"):
        ImportConfig(name, "data", "run").steps()
    with told_in_one_line("--step=-1: expected from 0"):
        ImportConfig(name, "data", "run", -1)


def test_what_breaks_off_leaves_nothing_and_what_a_kill_left_is_no_hindrance(six, tmp_path, monkeypatch):
    prefix = tf1_files.save(tmp_path / "gan-5", tf1_files.gan_weights(latent_dim=4, image_size=32))
    config = ImportGanConfig(str(prefix), str(six.path), str(tmp_path / "run"), measure_samples=0)
    killed = tmp_path / ".run.partial/best"
    killed.mkdir(parents=True)
    (killed / "checkpoint").write_text("half")

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(training._Loop, "_evaluate", interrupted)
        import_gan(config, show_progress=False)
    assert not (tmp_path / "run").exists() and not killed.parent.exists()
    killed.mkdir(parents=True)
    (tmp_path / "run").mkdir()
    import_gan(config, show_progress=False)
    assert TrainedGan.open(tmp_path / "run").step == 5
    with told_in_one_line("run: is not empty; a checkpoint is imported into a new --workdir"):
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
