"""What a backbone's frozen layers make of the photos: right, kept, and made again where it was broken off."""

import dataclasses
import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from tests.support.tiny_network import SIDE, tiny_config
from tf_dvbpr.dvbpr.activations import Activations
from tf_dvbpr.dvbpr.build_backbone import build_backbone
from tf_dvbpr.dvbpr.config import ACTIVATIONS
from tf_dvbpr.dvbpr.model import DVBPR
from tf_dvbpr.dvbpr.training import DvbprTraining
from tf_dvbpr.workdir import Workdir
from tfrecords.errors import InputError
from tfrecords.features.writer import FeatureWriter
from tfrecords.photo_store.store import PhotoStore
from tfrecords.photo_store.table import load_photo_table
from tfrecords.photos.decode import normalise

pytestmark = pytest.mark.stack


@pytest.mark.slow
def test_training_on_kept_activations_is_training_on_photos(tiny_weights, own_planted, tmp_path):
    """One step's losses and gradients, dropout and mirroring included; float16 keeps eleven bits."""
    config = tiny_config(own_planted.path, tmp_path / "run", tiny_weights, freeze_through="c")
    config = dataclasses.replace(config, dropout=0.3)
    workdir = Workdir(tmp_path / "run", {})
    found = []
    for kept in (True, False):
        model = DVBPR.from_config(config, own_planted.num_users, own_planted.num_items, pretrained=True)
        photos = PhotoStore(own_planted, SIDE, "host", progress=False)
        if kept:
            photos = Activations(own_planted, model.network, config, progress=False)
        training = DvbprTraining(config, own_planted, photos, workdir, model=model)
        batches = training.batches(tf.distribute.InputContext(), 0, 3)
        losses = [training.train_step(batch) for batch in batches]
        found.append(([float(one["bpr"]) for one in losses], training.matrices()[1]))
        assert ("activations" in next(iter(batches))) == kept
    (losses, factors), (expected_losses, expected) = found
    assert losses == pytest.approx(expected_losses, rel=2e-3)
    np.testing.assert_allclose(factors, expected, atol=5e-3 * np.abs(expected).max())


def test_activations_are_those_of_the_photos_and_their_mirror_images(tiny_weights, own_planted, tmp_path):
    config = tiny_config(own_planted.path, tmp_path / "run", tiny_weights, freeze_through="c")
    network = build_backbone(config, pretrained=True)
    table = load_photo_table(own_planted, SIDE, progress=False)
    items, coins = tf.constant([3, 89, 3], tf.int64), tf.constant([False, True, True])
    found = Activations(own_planted, network, config, progress=False).gather(items, coins)
    photos = np.stack([table[3], table[89][:, ::-1], table[3][:, ::-1]])
    expected = network.below(normalise(tf.constant(photos)))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=1e-2)
    assert np.abs(np.asarray(found[0]) - np.asarray(found[2])).max() > 0.1


def test_activations_that_do_not_fit_or_are_not_whole(tiny_weights, own_planted, tmp_path, monkeypatch):
    def make():
        config = tiny_config(
            own_planted.path, tmp_path / "run", tiny_weights, freeze_through="c", batch_norm_epsilon=0.01
        )
        network = build_backbone(config, pretrained=True)
        return Activations(own_planted, network, config, progress=False).gather(tf.constant([1]))

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=1000))
        with pytest.raises(InputError, match=r"90 photos and their mirror images at mobilenet's c need .* MB more"):
            make()
    found = make()
    file = next(path for path in (own_planted.path / ACTIVATIONS).glob("mobilenet-c-*.npy") if _epsilon(path) == 0.01)
    written = file.stat().st_mtime_ns
    np.testing.assert_array_equal(make(), found)
    assert file.stat().st_mtime_ns == written
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    with pytest.raises(InputError, match=r"not whole, or its \.json file is not; delete both"):
        make()
    file.write_bytes(whole)


@pytest.mark.slow
def test_killed_activations_go_on(tiny_weights, own_planted, tmp_path, monkeypatch):
    config = tiny_config(own_planted.path, tmp_path / "run", tiny_weights, freeze_through="c", batch_norm_epsilon=0.02)
    network = build_backbone(config, pretrained=True)

    def gather():
        return Activations(own_planted, network, config, progress=False).gather(tf.range(90, dtype=tf.int64))

    append, starts = FeatureWriter.append, []

    def killed(writer, rows):
        starts.append(writer.done)
        if len(starts) == 2:
            raise KeyboardInterrupt
        append(writer, rows)

    monkeypatch.setattr(FeatureWriter, "append", killed)
    with pytest.raises(KeyboardInterrupt, match="32 of 90 activations are done; the same command goes on"):
        gather()
    found = gather()
    assert starts[:3] == [0, 32, 32]
    table = load_photo_table(own_planted, SIDE, progress=False)
    np.testing.assert_allclose(found, network.below(normalise(tf.constant(table))), rtol=2e-3, atol=1e-2)


def _epsilon(path):
    return json.loads(path.with_suffix(".json").read_text())["made_by"]["batch_norm_epsilon"]
