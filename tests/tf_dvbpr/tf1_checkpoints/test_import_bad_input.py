"""Checkpoints of the authors' names that cannot be imported: what does not fit is named, and no workdir is left."""

import shutil

import numpy as np
import pytest

from gan.tf1_checkpoints.config import ImportGanConfig
from gan.tf1_checkpoints.import_gan import _settings as gan_settings
from gan.tf1_checkpoints.import_gan import import_gan
from tests.support import tf1_files
from tests.support.shop import told_in_one_line
from tf_dvbpr.tf1_checkpoints.config import ImportConfig
from tf_dvbpr.tf1_checkpoints.import_recommender import _settings as recommender_settings
from tf_dvbpr.tf1_checkpoints.import_recommender import import_checkpoint
from tf_dvbpr.tf1_checkpoints.names import WEIGHTS
from tf_dvbpr.tf1_checkpoints.reader import Tf1Checkpoint

pytestmark = pytest.mark.stack


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


def test_other_files_are_no_checkpoint(tmp_path):
    (tmp_path / "file-5").write_bytes(b"no checkpoint" * 100)
    with told_in_one_line("file-5: cannot be read .* is no checkpoint of TensorFlow's Saver"):
        Tf1Checkpoint(tmp_path / "file-5")
    with told_in_one_line("file-6: no checkpoint here"):
        Tf1Checkpoint(tmp_path / "file-6")
    with told_in_one_line("x: no checkpoint here"):
        Tf1Checkpoint(tmp_path / "no" / "x")


@pytest.mark.parametrize("sharded", [False, True])
def test_the_savers_first_format_is_read(tmp_path, sharded):
    values = {"a": np.float32([1, 2]), "b": np.float32([[3]])}
    prefix = tf1_files.save(tmp_path / "file-5", values, first_format=True, sharded=sharded)
    assert not (tmp_path / "file-5.index").exists() and (tmp_path / "file-5").exists() != sharded
    checkpoint = Tf1Checkpoint(prefix)
    checkpoint.check_shapes({"a": (2,), "b": (1, 1)})
    for name, value in values.items():
        np.testing.assert_array_equal(checkpoint.read(name), value)


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


@pytest.mark.slow
def test_every_shape_of_the_recommender_is_checked(planted, tmp_path):
    values = tf1_files.with_slots(tf1_files.recommender_weights(60, dim=2, image_size=32))
    prefix = tf1_files.save(tmp_path / "weights-5", values)
    config = ImportConfig(str(prefix), str(planted.path), "run")
    for name, value in values.items():
        checkpoint = Tf1Checkpoint(prefix)
        recommender_settings(config, checkpoint, planted, moments=True)
        checkpoint.shapes[name] = (*value.shape[:-1], value.shape[-1] + 1)
        # K is what wd3 says: the bias beside it is the first that does not fit.
        named = "DVBPR/bd3" if name == "DVBPR/wd3" else name
        with told_in_one_line(f"{named} is float32"):
            recommender_settings(config, checkpoint, planted, moments=True)
    shutil.rmtree(tmp_path)


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
    refused({"GAN/generator/g_h1/w": np.zeros(1, np.float32)}, six.path, tmp_path, "holds the GAN .*give kind=gan$")
    refused({"DVBPR/wc1": np.zeros(1, np.float32)}, six.path, tmp_path, "recommender .*give kind=dvbpr$", "gan")


def test_files_that_are_missing_or_damaged_are_named(planted_folder, six, tmp_path):
    prefix = tf1_files.save(tmp_path / "gan-5", tf1_files.gan_weights(latent_dim=4, image_size=32))
    data, index = (tmp_path / f"gan-5.{ending}" for ending in ("data-00000-of-00001", "index"))

    def config(name):
        return ImportGanConfig(str(tmp_path / name), str(six.path), str(tmp_path / "run"))

    with told_in_one_line("nothing-5: no checkpoint here"):
        import_gan(config("nothing-5"))
    with told_in_one_line(f"give the files' common name, checkpoint={prefix}$"):
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


def test_a_step_that_cannot_be_is_refused():
    with told_in_one_line("too large for a step; give step"):
        ImportConfig("x-99999999999", "data", "run").steps()
    with told_in_one_line("step=-1: expected from 0"):
        ImportConfig("DVBPR", "data", "run", -1)
