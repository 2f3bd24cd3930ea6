"""Workdirs as checkpoints of the authors' code: read by TensorFlow 1's Saver, and back again bit for bit."""

import dataclasses
import shutil

import numpy as np
import pytest
import tensorflow as tf

from gan.tf1_checkpoints.config import ImportGanConfig
from gan.tf1_checkpoints.export_gan import export_gan_checkpoint
from gan.tf1_checkpoints.import_gan import import_gan
from gan.training import train as gan_train
from tests.support import tf1_files
from tests.support.shop import told_in_one_line
from tests.support.tool import run
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.tf1_checkpoints import export_recommender as recommender_export
from tf_dvbpr.tf1_checkpoints.config import ExportCheckpointConfig, ImportConfig
from tf_dvbpr.tf1_checkpoints.export_recommender import export_checkpoint
from tf_dvbpr.tf1_checkpoints.import_recommender import import_checkpoint
from tf_dvbpr.tf1_checkpoints.names import WEIGHTS
from tf_dvbpr.workdir import Workdir
from tools import export_checkpoint as tool

pytestmark = pytest.mark.stack

v1 = tf.compat.v1


@pytest.fixture(scope="module")
def gan(planted_folder, make_folder):
    """(weights, their checkpoint, its workdir) of a GAN of the release's sizes and two categories."""
    root = make_folder("gan")
    values = tf1_files.gan_weights(categories=2)
    prefix = tf1_files.save(root / "DCGAN.model-5", values)
    config = ImportGanConfig(str(prefix), str(planted_folder), str(root / "run"), measure_samples=0)
    import_gan(config, show_progress=False)
    yield values, prefix, root / "run"
    shutil.rmtree(root)


@pytest.fixture
def any_size(monkeypatch):
    """Exports recommenders of small photos too."""
    monkeypatch.setattr(recommender_export, "_ARCHITECTURE", ("conv1_padding",))


def restored(prefix, expected):
    """What a graph with the authors' variables gets from the files."""
    with tf.Graph().as_default(), v1.Session() as session:
        variables = [
            v1.Variable(tf.zeros(value.shape), name=name, use_resource=False) for name, value in expected.items()
        ]
        v1.train.Saver(variables).restore(session, str(prefix))
        return dict(zip(expected, session.run(variables), strict=True))


def assert_equal(values, expected):
    assert set(values) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(values[name], value, err_msg=name)


def same_files(one, other):
    return all(
        one.with_name(one.name + ending).read_bytes() == other.with_name(other.name + ending).read_bytes()
        for ending in (".index", ".data-00000-of-00001")
    )


@pytest.mark.slow
def test_a_recommender_goes_to_a_workdir_and_back(planted_folder, tmp_path, any_size):
    values = tf1_files.with_slots(tf1_files.recommender_weights(60, dim=4, image_size=32))
    prefix = tf1_files.save(tmp_path / "DVBPR-9", values)
    import_checkpoint(ImportConfig(str(prefix), str(planted_folder), str(tmp_path / "run")), show_progress=False)
    output = tmp_path / "ckpt/DVBPR-9"
    result = export_checkpoint(ExportCheckpointConfig(str(tmp_path / "run"), str(output)))
    assert result == {"variables": 51, "step": 9}
    assert same_files(output, prefix)
    assert_equal(restored(output, values), values)

    # The best weights go with moments of zero: best/ keeps none.
    result = export_checkpoint(ExportCheckpointConfig(str(tmp_path / "run"), str(output), best=True, overwrite=True))
    assert result == {"variables": 51, "step": 9}
    fresh = {name: value if name in WEIGHTS else np.zeros_like(value) for name, value in values.items()}
    assert_equal(restored(output, values), fresh)
    assert sorted(path.name for path in output.parent.iterdir()) == ["DVBPR-9.data-00000-of-00001", "DVBPR-9.index"]
    shutil.rmtree(tmp_path)


@pytest.mark.parametrize("best", [False, True])
def test_a_gan_goes_to_a_workdir_and_back(gan, tmp_path, best):
    values, prefix, path = gan
    output = tmp_path / "DCGAN.model-5"
    assert export_gan_checkpoint(ExportCheckpointConfig(str(path), str(output), best)) == {"variables": 66, "step": 5}
    assert same_files(output, prefix)
    assert_equal(restored(output, values), values)


@pytest.mark.parametrize(("flag", "value", "expected"), [("image_size", 64, 224), ("conv1_padding", "valid", "same")])
def test_another_recommender_than_the_releases_is_refused(planted, tmp_path, flag, value, expected):
    config = resolve(str(planted.path), str(tmp_path / "run"), "release", {flag: value})
    Workdir.create_or_resume(config, planted)
    with told_in_one_line(f"{flag}={value}, and the authors' code has {expected}"):
        export_checkpoint(ExportCheckpointConfig(str(tmp_path / "run"), str(tmp_path / "out")))


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("image_size", 32),
        ("latent_dim", 100),
        ("generator", "upsampling"),
        ("generator_width", 128),
        ("upsampling_kernel", 4),
        ("discriminator_width", 32),
        ("discriminator_norm", "spectral"),
    ],
)
def test_other_networks_than_the_releases_are_refused(planted, tmp_path, flag, value):
    config = gan_train.resolve(str(planted.path), str(tmp_path / "run"), "release", {flag: value})
    Workdir.create_or_resume(config, planted, "gan", facts=gan_train.category_facts(planted))
    with told_in_one_line(f"{flag}={value}, and the authors' code has"):
        export_gan_checkpoint(ExportCheckpointConfig(str(tmp_path / "run"), str(tmp_path / "out")))
    assert not list(tmp_path.glob("*out*"))


def test_settings_that_do_not_change_the_networks_are_taken(planted, tmp_path):
    """As bfloat16, another learning rate, an average: nothing is refused but that there is no checkpoint yet."""
    given = {"precision": "mixed_bfloat16", "learning_rate": 1e-3, "average": 0.9, "latent_distribution": "uniform"}
    config = gan_train.resolve(str(planted.path), str(tmp_path / "run"), "release", given)
    Workdir.create_or_resume(config, planted, "gan", facts=gan_train.category_facts(planted))
    with told_in_one_line("checkpoints: no checkpoint here yet"):
        export_gan_checkpoint(ExportCheckpointConfig(str(tmp_path / "run"), str(tmp_path / "out")))


def test_what_is_there_stays_without_overwrite(gan, tmp_path):
    config = ExportCheckpointConfig(str(gan[2]), str(tmp_path / "x"))
    export_gan_checkpoint(config)
    before = (tmp_path / "x.index").stat().st_mtime_ns
    with told_in_one_line("x: a checkpoint is here already; pass overwrite"):
        export_gan_checkpoint(config)
    assert (tmp_path / "x.index").stat().st_mtime_ns == before
    with told_in_one_line("a folder; give a file's name in it"):
        export_gan_checkpoint(dataclasses.replace(config, output=str(tmp_path)))


def test_what_breaks_off_leaves_nothing(gan, tmp_path, monkeypatch):
    save = tf.raw_ops.SaveV2

    def cut_short(**arguments):
        save(**arguments)
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.raw_ops, "SaveV2", cut_short)
    with pytest.raises(tf.errors.ResourceExhaustedError):
        export_gan_checkpoint(ExportCheckpointConfig(str(gan[2]), str(tmp_path / "x")))
    assert not list(tmp_path.iterdir())


def test_the_tool_says_what_it_wrote(gan, planted_folder, tmp_path, capsys):
    output = tmp_path / "DCGAN.model-5"
    status, out, err = run(capsys, tool.cli, f"--workdir={gan[2]}", f"--output={output}")
    megabytes = sum(file.stat().st_size for file in tmp_path.glob("DCGAN.model-5.*")) / 1e6
    written = f"{output}.data-00000-of-00001 and .index, {megabytes:.1f} MB: 66 variables, step 5\n"
    assert (status, out, err) == (0, written, [])
    status, _, err = run(capsys, tool.cli, f"--workdir={planted_folder}", f"--output={output}")
    assert status == 1 and err == [
        f"error: {planted_folder}: not a workdir (no config.json). Give the workdir of a training"
    ]
