"""What each optimiser computes, what it touches, and that a run with it resumes.

lazy_adam.json holds what TensorFlow Addons' LazyAdam computed on TensorFlow 2.15.1: the table and both moments after
each of seven steps. `record_lazy_adam.py` made it and says how; it also makes the batches, with rows that come twice.
"""

import importlib.util
import json
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.support import record_lazy_adam
from tests.support.small_training import assert_same_run, config_for, train_quietly
from tests.support.trainable import batches_of, trainable_for
from tf_dvbpr import compat
from tf_dvbpr.dvbpr import optimizers
from tf_dvbpr.networks.cnnf import LAYERS
from tfrecords.errors import InputError

MISSING = not hasattr(keras, "Variable") and importlib.util.find_spec("tensorflow_addons") is None
needs_lazy_adam = pytest.mark.skipif(MISSING, reason="Keras 2 takes lazy_adam from tensorflow-addons")
LAZY_ADAM = pytest.param("lazy_adam", marks=needs_lazy_adam)


@needs_lazy_adam
@pytest.mark.parametrize("case", list(record_lazy_adam.CASES))
def test_lazy_adam_is_that_of_tensorflow_addons_step_by_step(case):
    variable = compat.make_variable(record_lazy_adam.start(), "table")
    epsilon = record_lazy_adam.CASES[case]["epsilon"]
    optimizer = compat.lazy_adam(record_lazy_adam.rate_of(case), epsilon, [variable])
    table = compat.as_variable(variable)
    state = compat.adam_state(optimizer, ["table"])

    @tf.function
    def step(rows, gradients):
        optimizer.apply_gradients([(tf.IndexedSlices(gradients, rows, table.shape), variable)])

    recorded = json.loads(record_lazy_adam.FILE.read_text())[case]
    before = table.numpy()
    for count, (batch, expected) in enumerate(zip(record_lazy_adam.batches(), recorded, strict=True), 1):
        step(*map(tf.constant, batch))
        found = {"table": table, "m": state["table/m"], "v": state["table/v"]}
        for name, variable_of_it in found.items():
            expected_value = np.float32(expected[name])
            # A moment may cancel to near nothing: what it came from sets the last digit.
            last_digit = 2e-7 * np.abs(expected_value).max()
            np.testing.assert_allclose(
                variable_of_it.numpy(), expected_value, 1e-6, last_digit, err_msg=f"{name} {count}"
            )
        others = np.setdiff1d(np.arange(len(before)), batch[0])
        np.testing.assert_array_equal(table.numpy()[others], before[others])
        assert (table.numpy()[np.unique(batch[0])] != before[np.unique(batch[0])]).any(1).all()
        assert state["iterations"].numpy() == count
        before = table.numpy()


def test_adam_of_the_users_sums_the_gradients_of_a_row_before_it_squares_them():
    start, rows, values = np.ones([4, 2], np.float32), [2, 0, 2], np.float32([[1, 2], [0.5, -1], [3, -2]])
    variable = compat.make_variable(start, "table")
    given = {"optimizer": "adam", "learning_rate": 0.1, "adam_epsilon": 0.1, "warmup_steps": 0, "decay": "none"}
    config = config_for("data", "run", user_learning_rate=0.1, **given)
    optimizer = optimizers.table_optimizer(config, 1, [variable])
    weights, moments = {"table": start.astype(np.float64)}, {}
    for step in (1, 2):
        slices = tf.IndexedSlices(tf.constant(step * values), tf.constant(rows), tf.constant([4, 2]))
        optimizer.apply_gradients([(slices, variable)])
        gradient = step * np.array([[0.5, -1], [0, 0], [4, 0], [0, 0]])
        numpy_adamw(weights, {"table": gradient}, moments, 0.1, 0.0, 0.1, step)
    np.testing.assert_allclose(compat.as_variable(variable).numpy(), weights["table"], rtol=1e-5)
    second = compat.adam_state(optimizer, ["table"])["table/v"]
    np.testing.assert_allclose(second.numpy(), moments["table"][1], rtol=1e-5)


def outputs_of_the_users_shape(optimizer, dataset, workdir):
    """The operations of a compiled step that make something of the shape of all user factors."""
    trainable, config = trainable_for(dataset, workdir, optimizer=optimizer)
    step = tf.function(trainable.train_step).get_concrete_function(batches_of(trainable, 1)[0])
    shape = [dataset.num_users, config.dim]
    graphs = [
        step.graph,
        *(function.graph for function in step.graph._functions.values() if hasattr(function, "graph")),
    ]
    made = [(one, out.shape) for graph in graphs for one in graph.get_operations() for out in one.outputs]
    assert any(one.type == "ResourceGather" for one, _ in made)
    return [one.name for one, found in made if found.rank == 2 and found.as_list() == shape]


@pytest.mark.slow
@needs_lazy_adam
def test_a_step_of_lazy_adam_never_makes_anything_as_large_as_all_users(planted, tmp_path):
    assert outputs_of_the_users_shape("lazy_adam", planted, tmp_path) == []


def test_that_search_finds_what_adam_makes(planted, tmp_path):
    assert outputs_of_the_users_shape("adam", planted, tmp_path)


@pytest.mark.slow
@needs_lazy_adam
def test_lazy_adam_moves_the_users_of_the_batch_and_the_network_as_adam_does(planted, tmp_path):
    lazy, _ = trainable_for(planted, tmp_path, optimizer="lazy_adam")
    plain, _ = trainable_for(planted, tmp_path, optimizer="adam")
    batch = batches_of(lazy, 1)[0]
    before = lazy.model.user_factors.numpy()
    for trainable in (lazy, plain):
        trainable.train_step(batch)
    moved = (lazy.model.user_factors.numpy() != before).any(1)
    assert set(np.flatnonzero(moved)) == set(batch["users"].numpy())
    # The first step is the same: Adam's moments of the others are still 0.
    found, expected = ({name: one.numpy() for name, one in both.weights().items()} for both in (lazy, plain))
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-4, atol=1e-6, err_msg=name)


def numpy_adamw(weights, gradients, moments, rate, decay, epsilon, step):
    """One step in float64 on all weights (Loshchilov and Hutter 2019), matrices alone decayed."""
    for name, gradient in gradients.items():
        m, v = moments.get(name, (0.0, 0.0))
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        moments[name] = m, v
        if name.endswith("kernel"):
            weights[name] = weights[name] * (1 - rate * decay)
        corrected = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        weights[name] = weights[name] - corrected * m / (np.sqrt(v) + epsilon)


@pytest.mark.slow
def test_two_steps_of_adamw_are_those_of_a_plain_rewrite(planted, tmp_path):
    # An epsilon that lets the size of a gradient matter and not its sign alone; a rate that differs between the steps.
    given = {"learning_rate": 0.1, "user_learning_rate": 0.05, "warmup_steps": 2, "adam_epsilon": 0.1}
    given |= {"dropout": 0.0, "flip": False, "optimizer": "adamw", "weight_decay": 0.5}
    tested, config = trainable_for(planted, tmp_path, **given)
    twin, _ = trainable_for(planted, tmp_path, **given)
    weights = {name: value.numpy().astype(np.float64) for name, value in twin.weights().items()}
    moments = {}
    for count, batch in enumerate(batches_of(tested, 2), 1):
        losses = tested.train_step(batch)
        assert set(losses) == set(tested.metric_names) == {"bpr", "user_penalty"}

        with tf.GradientTape() as tape:
            seed = tf.constant([0, 0])
            total = tf.add_n(list(twin.model.losses(config, batch, seed, seed).values()))
        gradients = tape.gradient(total, twin.weights())
        gradients = {name: tf.convert_to_tensor(one).numpy().astype(np.float64) for name, one in gradients.items()}
        users = {"user_factors": gradients.pop("user_factors")}
        numpy_adamw(weights, gradients, moments, 0.1 * count / 2, 0.5, 0.1, count)
        numpy_adamw(weights, users, moments, 0.05 * count / 2, 0.5, 0.1, count)
        for name, value in twin.weights().items():
            value.assign(weights[name].astype(np.float32))
    for name, value in tested.weights().items():
        np.testing.assert_allclose(value.numpy(), weights[name], rtol=1e-4, atol=2e-6, err_msg=name)
    # Half of the decay is far above that tolerance, so a matrix left out or a bias let in would show.
    assert {name for name in weights if name.endswith("kernel")} == {f"cnnf/{layer}/kernel" for layer in LAYERS}


@pytest.mark.parametrize("optimizer", [LAZY_ADAM, "adamw"])
def test_the_state_has_adams_names_shapes_and_types(optimizer, planted, tmp_path):
    """So a checkpoint of one Keras can be read with the other, which Adam's can."""
    states = [trainable_for(planted, tmp_path, optimizer=name)[0].state() for name in ("adam", optimizer)]
    adam, other = ({name: (one.shape, one.dtype) for name, one in state.items()} for state in states)
    assert other == adam
    assert adam["user_adam/user_factors/m"] == adam["user_factors"]
    assert adam["user_adam/iterations"] == ((), tf.int64)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"optimizer": "lazy_adam", "warmup_steps": 5}, marks=needs_lazy_adam, id="lazy_adam"),
        pytest.param({"optimizer": "adamw", "weight_decay": 0.1}, id="adamw"),
        pytest.param({"average": 0.9}, id="average"),
        pytest.param({"item_bias": True, "latent_dim": 3, "item_dropout": 0.3, "average": 0.9}, id="own terms"),
    ],
)
@pytest.mark.slow
def test_a_run_that_goes_on_ends_where_the_unbroken_one_does(given, planted_folder, tmp_path):
    photos = 16 + 8  # A step's.
    for name, stops in (("unbroken", [8]), ("resumed", [4, 8])):
        for stop in stops:
            train_quietly(config_for(planted_folder, tmp_path / name, max_photos=stop * photos, **given))
    assert_same_run(tmp_path / "unbroken", tmp_path / "resumed")


@pytest.mark.slow
def test_a_run_of_another_optimizer_is_refused(planted_folder, tmp_path):
    train_quietly(config_for(planted_folder, tmp_path / "run", max_photos=24))
    with pytest.raises(InputError, match="optimizer=adam, not with optimizer=adamw"):
        train_quietly(config_for(planted_folder, tmp_path / "run", max_photos=24, optimizer="adamw"))


def test_lazy_adam_without_tensorflow_addons_is_refused_with_keras_2(planted_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(compat, "_KERAS_3", False)
    monkeypatch.setitem(sys.modules, "tensorflow_addons", None)
    monkeypatch.setitem(sys.modules, "tensorflow_addons.optimizers", None)
    with pytest.raises(InputError, match=r"optimizer=lazy_adam: .*: pip install tensorflow-addons==0\.23\.0"):
        train_quietly(config_for(planted_folder, tmp_path / "run", optimizer="lazy_adam"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["adam", LAZY_ADAM, "adamw"])
def test_each_optimiser_has_its_own_rate_on_the_schedule_of_the_run(name):
    given = {"learning_rate": 0.2, "user_learning_rate": 0.4, "warmup_steps": 2, "decay": "cosine", "optimizer": name}
    config = config_for("data", "run", weight_decay=0.0, **given)
    for build, peak in ((optimizers.network_optimizer, 0.2), (optimizers.table_optimizer, 0.4)):
        variable = compat.make_variable(np.zeros((2, 3), np.float32), "table")
        optimizer = build(config, 4, [variable])
        values = [np.zeros((2, 3), np.float32)]
        for _ in range(4):
            optimizer.apply_gradients([(tf.ones([2, 3]), variable)])
            values.append(compat.as_variable(variable).numpy())
        # Under a constant gradient each step of Adam is as long as the rate: warm-up and cosine by hand.
        rates = peak * np.array([0.5, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4])
        np.testing.assert_allclose(-np.diff(values, axis=0)[:, 0, 0], rates, rtol=1e-4)
