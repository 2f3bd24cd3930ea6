"""--average: the average itself, and that it is what a run measures and keeps."""

import numpy as np
import pytest
import tensorflow as tf

from tests.support.small_training import checkpoint_values, config_for, metrics_without_clock, train_quietly
from tests.support.trainable import batches_of, trainable_for
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.ranking import auc
from tf_dvbpr.training import moving_average
from tf_dvbpr.workdir import Workdir
from tfrecords.photo_store.table import load_photo_table

STEPS, PHOTOS = 4, 16 + 8  # Of a run, of a step.


def test_three_steps_by_hand():
    average, weight = tf.Variable([8.0, 0.0]), tf.Variable([0.0, 0.0])
    # d = min(.15, 1/10), min(.15, 2/11), min(.15, 3/12): a tenth, then .15.
    for step, (value, expected) in enumerate(
        [([4.0, 10.0], [4.4, 9.0]), ([0.0, 0.0], [0.66, 1.35]), ([1.0, -1.0], [0.949, -0.6475])]
    ):
        weight.assign(value)
        moving_average.move([(average, weight)], 0.15, tf.constant(step, tf.int64))
        np.testing.assert_allclose(average.numpy(), expected, rtol=1e-6)
        np.testing.assert_array_equal(weight.numpy(), value)


@pytest.mark.slow
def test_a_training_shows_the_average_of_all_its_weights(planted, tmp_path):
    trainable, _ = trainable_for(planted, tmp_path, average=0.9, learning_rate=0.01)
    expected = {name: value.numpy().astype(np.float64) for name, value in trainable.model.weights().items()}
    for step, batch in enumerate(batches_of(trainable, 3)):
        trainable.train_step(batch)
        decay = (1 + step) / (10 + step)
        for name, value in trainable.model.weights().items():
            expected[name] = decay * expected[name] + (1 - decay) * value.numpy()
    shown = trainable.weights()
    assert shown.keys() == trainable.model.weights().keys() and len(shown) == 17
    for name, value in expected.items():
        np.testing.assert_allclose(shown[name].numpy(), value, rtol=1e-5, atol=1e-7, err_msg=name)
        assert np.abs(trainable.model.weights()[name].numpy() - value).max() > 1e-6, name
    np.testing.assert_array_equal(trainable.matrices()[0], shown["user_factors"].numpy())


@pytest.fixture(scope="module")
def runs(planted_folder, make_folder):
    """The workdirs of the same run with an average and without."""
    folder = make_folder("average")
    settings = {"max_photos": STEPS * PHOTOS, "eval_every": STEPS, "learning_rate": 0.003}
    for average in (0.9, 0.0):
        train_quietly(config_for(planted_folder, folder / str(average), average=average, **settings))
    return folder / "0.9", folder / "0.0"


def stem(name):
    return name.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE").replace(".S", "/")


def values(workdir, part="checkpoints"):
    folder = workdir / part
    if part == "checkpoints":
        return {stem(name): value for name, value in checkpoint_values(workdir).items()}
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(folder)))
    return {stem(name): reader.get_tensor(name) for name in reader.get_variable_to_shape_map() if "VALUE" in name}


@pytest.mark.slow
def test_the_average_is_what_is_kept(runs, planted):
    averaged, _ = runs
    checkpoint, best = values(averaged), values(averaged, "best")
    names = [name.removeprefix("average/") for name in checkpoint if name.startswith("average/")]
    assert len(names) == 17
    for name in names:
        np.testing.assert_array_equal(best[name], checkpoint[f"average/{name}"], err_msg=name)
        assert (best[name] != checkpoint[name]).any(), name
    run = Workdir.open(averaged)
    factors = run.factors()
    np.testing.assert_array_equal(factors.user_factors, checkpoint["average/user_factors"])
    styles = open_embedder(run)(load_photo_table(planted, 32, progress=False)).numpy()
    np.testing.assert_allclose(
        factors.item_factors, styles, rtol=1e-5, atol=2e-6 * np.abs(styles).max()
    )  # Added in the order of another batch size.


@pytest.mark.slow
def test_the_average_is_what_is_validated(runs, planted):
    averaged, plain = runs
    lines = [metrics_without_clock(workdir)[-1] for workdir in (averaged, plain)]
    found = auc.evaluate(Workdir.open(averaged).factors(), planted, "validation").all
    assert lines[0]["auc/validation_all"] == found != lines[1]["auc/validation_all"]


@pytest.mark.slow
def test_an_average_beside_it_does_not_change_the_training(runs):
    averaged, plain = map(values, runs)
    assert plain.keys() == {name for name in averaged if not name.startswith("average/")}
    for name, value in plain.items():
        np.testing.assert_array_equal(averaged[name], value, err_msg=name)
    lines = [metrics_without_clock(workdir)[-1]["loss"] for workdir in runs]
    assert lines[0] == lines[1]


@pytest.mark.slow
def test_no_average_keeps_the_weights_themselves(runs):
    checkpoint, best = values(runs[1]), values(runs[1], "best")
    for name in ("user_factors", "cnnf/conv1/kernel"):
        np.testing.assert_array_equal(best[name], checkpoint[name])
