"""The baselines: formulas pair by pair, losses and gradients by hand, training, resume, what reads their workdirs."""

import dataclasses
import json
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.support.repository import repository
from tests.support.tool import call
from tf_dvbpr.baselines import feature_table
from tf_dvbpr.baselines.amr import AMR
from tf_dvbpr.baselines.config import BaselineConfig, resolve
from tf_dvbpr.baselines.deepstyle import DeepStyle
from tf_dvbpr.baselines.feature_table import FeatureTable
from tf_dvbpr.baselines.fm import FM
from tf_dvbpr.baselines.matrix_factorisation import MatrixFactorisation
from tf_dvbpr.baselines.train import build, train
from tf_dvbpr.baselines.training import BaselineTraining
from tf_dvbpr.baselines.vbpr import VBPR
from tf_dvbpr.baselines.visrank import visrank
from tf_dvbpr.dvbpr.embedder import open_embedder
from tf_dvbpr.dvbpr.presets import resolve as resolve_dvbpr
from tf_dvbpr.dvbpr.train import train as train_dvbpr
from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.recommender.config import RecommendConfig
from tf_dvbpr.recommender.recommend import recommend
from tf_dvbpr.serving.config import ExportConfig
from tf_dvbpr.serving.export import export
from tf_dvbpr.training.losses import bpr_loss, l2_loss, shared_bpr_loss, warp_choice, warp_loss
from tf_dvbpr.training.triplets import TripletSampler
from tf_dvbpr.workdir import Workdir
from tfrecords.dataset import Dataset
from tfrecords.errors import InputError
from tfrecords.features.store import load_features, save_features
from tfrecords.photo_store.table import load_photo_table
from tools import train_baseline

pytestmark = pytest.mark.stack

ROOT = repository()
USERS, ITEMS, LENGTH, DIM = 7, 9, 5, 3
SMALL = {"dim": 8, "batch_size": 64, "epochs": 40, "eval_every": 2, "learning_rate": 1e-2}
VISUAL = ("fm", "vbpr", "deepstyle", "amr")
TRAINED = ("warp", "bpr_mf", *VISUAL)


@pytest.fixture(scope="module")
def featured(planted_folder, planted, make_folder):
    """The planted shop with the mean colour of each photo as features."""
    folder = make_folder("featured") / "dataset"
    shutil.copytree(planted_folder, folder)
    colours = load_photo_table(planted, 32, progress=False).mean((1, 2)).astype(np.float32)
    save_features(Dataset.open(folder), "colour", colours, 3, {"by": "hand"})
    return folder


def run(dataset, workdir, model, **given):
    needed = {} if model in ("rand", "poprank", "visrank") else SMALL
    return train(resolve(str(dataset), str(workdir), model, {**needed, **given}), show_progress=False)


def weights_of(model, seed=0):
    """Gives every weight of a model, biases too, a random value; returns them as NumPy arrays."""
    rng = np.random.default_rng(seed)
    for variable in model.weights().values():
        variable.assign(rng.normal(size=variable.shape).astype(np.float32))
    return {name: variable.numpy().astype(np.float64) for name, variable in model.weights().items()}


def features(scale=1.0):
    return (scale * np.random.default_rng(1).normal(size=(ITEMS, LENGTH))).astype(np.float32)


def assert_scores(matrices, formula):
    users, items = matrices
    expected = np.array([[formula(u, i) for i in range(len(items))] for u in range(len(users))])
    np.testing.assert_allclose(users @ items.T, expected, rtol=1e-4, atol=1e-4)


def test_matrix_factorisation_is_its_formula():
    model = MatrixFactorisation(USERS, ITEMS, DIM, seed=0)
    w = weights_of(model)
    assert_scores(model.matrices(), lambda u, i: w["item_bias"][i] + w["user_factors"][u] @ w["item_factors"][i])


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_vbpr_is_its_formula(scale):
    values = features(scale)
    model = VBPR(USERS, FeatureTable(values), DIM, seed=0)
    w = weights_of(model)
    f = values / np.linalg.norm(values, axis=1).mean()
    e, b = w["projection"][:DIM], w["projection"][DIM]
    assert_scores(
        model.matrices(),
        lambda u, i: (
            w["item_bias"][i]
            + b @ f[i]
            + w["user_factors"][u] @ w["item_factors"][i]
            + w["visual_user_factors"][u] @ (e @ f[i])
        ),
    )


def test_fm_is_a_factorisation_machine_of_the_two_interactions():
    values = features()
    model = FM(USERS, FeatureTable(values), DIM, seed=0)
    w = weights_of(model)
    f = values / np.linalg.norm(values, axis=1).mean()

    def formula(u, i):
        # Rendle's sum over pairs of active features, the pairs without the user left out.
        linear = w["item_weight"][i] + sum(f[i, k] * w["projection"][DIM, k] for k in range(LENGTH))
        pairs = w["user_factors"][u] @ w["item_factors"][i]
        pairs += sum(f[i, k] * (w["user_factors"][u] @ w["projection"][:DIM, k]) for k in range(LENGTH))
        return linear + pairs

    assert_scores(model.matrices(), formula)


def test_deepstyle_is_its_formula():
    values, categories = features(), np.array([0, 2, -1, 1, 1, 0, 2, -1, 0])
    model = DeepStyle(USERS, FeatureTable(values, "unit"), DIM, 0, categories)
    w = weights_of(model)
    f = scaled_by_hand(values, "unit")

    def formula(u, i):
        style = w["projection"] @ f[i] + w["item_factors"][i]
        if categories[i] >= 0:
            style = style - w["category_factors"][categories[i]]
        return w["user_factors"][u] @ style

    assert_scores(model.matrices(), formula)


def scaled_by_hand(values, scaling):
    values = values.astype(np.float64)
    centred = values - values.mean(0)
    if scaling == "unit":
        return np.array([row / np.linalg.norm(row) if row.any() else row for row in centred])
    if scaling == "variance":
        return np.stack([c / c.std() if c.std() > 1e-6 else 0 * c for c in centred.T], 1) / np.sqrt(values.shape[1])
    return values / np.linalg.norm(values, axis=1).mean()


@pytest.mark.parametrize("scaling", ["length", "unit", "variance"])
def test_features_are_scaled_as_told(scaling, monkeypatch):
    monkeypatch.setattr(feature_table, "_BLOCK", 4)
    values = 7 * features() + np.arange(LENGTH, dtype=np.float32)
    values[:, 2] = 3.1  # A feature that says nothing
    if scaling == "unit":
        values[4] = values[np.arange(ITEMS) != 4].mean(0)  # and an item like the mean of all.
    found = FeatureTable(values, scaling).project(tf.range(ITEMS, dtype=tf.int64), tf.eye(LENGTH))
    expected = scaled_by_hand(values, scaling)
    if scaling == "unit":
        found, expected = np.delete(found, 4, 0), np.delete(expected, 4, 0)  # Rounding decides where that one points.
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    if scaling != "length":
        assert np.abs(found[:, 2]).max() < 1e-5


def test_components_are_the_leading_directions_of_the_unit_features(monkeypatch):
    monkeypatch.setattr(feature_table, "_BLOCK", 4)
    monkeypatch.setattr(feature_table, "COMPONENTS", 3)
    values = features() + np.arange(LENGTH, dtype=np.float32)
    table = FeatureTable(values, "components")
    assert table.dim == 3
    found = table.project(tf.range(ITEMS, dtype=tf.int64), tf.eye(3)).numpy()
    unit = scaled_by_hand(values, "unit")
    # The best approximation of rank 3 by singular values; the components' own products do not depend on signs.
    u, s, v = np.linalg.svd(unit, full_matrices=False)
    np.testing.assert_allclose(found @ found.T, (u[:, :3] * s[:3] ** 2) @ u[:, :3].T, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.abs(found), np.abs(unit @ v[:3].T), rtol=1e-4, atol=1e-5)
    assert FeatureTable(values[:, :2], "components").dim == 2


def test_amr_is_vbpr_on_the_worst_disturbance():
    """Its loss and gradients equal those of features disturbed along a numerical gradient and then held fixed."""
    values, epsilon, weight = features(), 0.3, 0.7
    model = AMR(USERS, FeatureTable(values, "unit"), DIM, 0, weight, epsilon)
    w = weights_of(model)
    f = scaled_by_hand(values, "unit")
    users, positives, negatives = [0, 3, 6, 0], [1, 2, 8, 4], [5, 5, 0, 2]

    def score(u, i, feature, v):
        t, p = v["visual_user_factors"][u], v["projection"]
        known = v["item_bias"][i] + v["user_factors"][u] @ v["item_factors"][i]
        return known + t @ (p[:DIM] @ feature) + p[DIM] @ feature

    def loss(u, i, j, fi, fj, v):
        return np.log1p(np.exp(score(u, j, fj, v) - score(u, i, fi, v)))

    def slope(of, at):
        return np.array([(of(at + 1e-6 * e) - of(at - 1e-6 * e)) / 2e-6 for e in np.eye(len(at))])

    disturbed = []
    for u, i, j in zip(users, positives, negatives, strict=True):
        di = slope(lambda x, u=u, i=i, j=j: loss(u, i, j, x, f[j], w), f[i])
        dj = slope(lambda x, u=u, i=i, j=j: loss(u, i, j, f[i], x, w), f[j])
        disturbed.append((f[i] + epsilon * di / np.linalg.norm(di), f[j] + epsilon * dj / np.linalg.norm(dj)))

    def total(v):
        triplets = zip(users, positives, negatives, disturbed, strict=True)
        return weight * sum(loss(u, i, j, *pair, v) for u, i, j, pair in triplets)

    with tf.GradientTape() as tape:
        rows = model.user_rows(tf.constant(users, tf.int64))[0]
        scores = [
            tf.reduce_sum(rows * model.item_rows(tf.constant(one, tf.int64))[0], 1) for one in (positives, negatives)
        ]
        found = model.extra_loss(rows, *scores)
    assert float(found) == pytest.approx(total(w), rel=1e-4)
    assert float(found) > weight * float(bpr_loss(*scores))
    gradients = tape.gradient(found, model.weights())
    for name, place in (("projection", (0, 1)), ("projection", (DIM, 3)), ("visual_user_factors", (3, 2))):
        moved = [
            {**w, name: w[name] + sign * 1e-6 * (place == np.indices(w[name].shape).T).all(-1).T} for sign in (1, -1)
        ]
        expected = (total(moved[0]) - total(moved[1])) / 2e-6
        assert tf.convert_to_tensor(gradients[name]).numpy()[place] == pytest.approx(expected, rel=1e-3, abs=1e-5)


@pytest.mark.slow
def test_a_projection_with_a_rate_of_its_own_moves_by_it_alone(featured, tmp_path):
    given = {
        **SMALL,
        "epochs": 1,
        "projection_learning_rate": 0.002,
        "patience": 0,
        "eval_every": 1,
        "batch_size": 10**6,
    }
    config = resolve(str(featured), str(tmp_path / "run"), "vbpr", given)
    dataset = Dataset.open(featured)
    _, values = load_features(dataset, None)
    before = build(config, dataset, values).weights()
    train(config, show_progress=False)
    reader = tf.train.load_checkpoint(tf.train.latest_checkpoint(str(tmp_path / "run/checkpoints")))
    for name, value in before.items():
        moved = np.abs(reader.get_tensor(f"{name}/.ATTRIBUTES/VARIABLE_VALUE") - value.numpy()).max()
        # Adam's first step is as long as its rate.
        assert moved == pytest.approx(0.002 if name == "projection" else SMALL["learning_rate"], rel=1e-2), name


def test_each_kind_of_weight_has_its_regulariser(featured, tmp_path):
    weights = {"regularisation": 0.3, "visual_regularisation": 0.5, "bias_regularisation": 0.7}
    config = resolve(str(featured), str(tmp_path), "vbpr", {**SMALL, **weights, "batch_size": 2})
    dataset = Dataset.open(featured)
    model = build(config, dataset, load_features(dataset, None)[1])
    w = weights_of(model)
    training = BaselineTraining(config, model, dataset, Workdir(tmp_path, {}))
    users, items = [4, 4], [1, 0, 2, 2]
    expected = 0.3 * sum((w["user_factors"][u] ** 2).sum() for u in users)
    expected += 0.3 * sum((w["item_factors"][i] ** 2).sum() for i in items)
    expected += 0.5 * sum((w["visual_user_factors"][u] ** 2).sum() for u in users)
    expected += 0.7 * sum(w["item_bias"][i] ** 2 for i in items)
    batch = {"users": users, "positives": items[:2], "negatives": items[2:]}
    found = training.train_step({name: tf.constant(value, tf.int64) for name, value in batch.items()})["penalty"]
    assert float(found) == pytest.approx(expected / 2, rel=1e-5)
    # Runs from before there was a choice: one for all.
    config = dataclasses.replace(config, visual_regularisation=None, bias_regularisation=None)
    plain = BaselineTraining(config, model, dataset, Workdir(tmp_path, {}))
    gathered = [*model.user_rows(batch["users"])[1].items(), *model.item_rows(tf.constant(items))[1].items()]
    one_sum = 0.3 * l2_loss([value for _, value in gathered])
    assert float(plain._penalty(gathered)) == float(one_sum)


def test_projecting_all_items_or_the_batchs_is_the_same():
    table = FeatureTable(features())
    projection = tf.random.stateless_normal([DIM, LENGTH], [1, 2])
    items = tf.constant([0, 8, 3, 3, 0, 1, 2, 5, 7, 8, 4])
    few = tf.concat([table.project(items[:5], projection), table.project(items[5:], projection)], 0)
    np.testing.assert_allclose(table.project(items, projection), few, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
def test_visrank_orders_items_by_their_mean_distance_to_the_purchases(planted, distance):
    values = np.random.default_rng(2).normal(3, 1, (90, LENGTH)).astype(np.float32)
    factors = visrank(planted, values, distance)
    scores = factors.user_factors.astype(np.float64) @ factors.item_factors.T.astype(np.float64)
    for user in (0, 7, 59):
        bought = values[planted.train_of(user)]
        if distance == "euclidean":
            expected = [-np.mean([((f - j) ** 2).sum() for j in bought]) for f in values]
        else:
            expected = [np.mean([f @ j / np.linalg.norm(f) / np.linalg.norm(j) for j in bought]) for f in values]
        centred = np.array(expected) - np.mean(expected)
        np.testing.assert_allclose(scores[user] - scores[user].mean(), centred, rtol=1e-3, atol=1e-3)


def warp_by_hand(positive, candidates, free):
    """WARP as it is told: try candidates one after the other, estimate the rank, sum up its reciprocals."""
    for trial, candidate in enumerate(candidates, 1):
        if candidate > positive - 1:
            return trial - 1, sum(1 / k for k in range(1, int(free // trial) + 1))
    return None, 0.0


def test_warps_choice_and_weight_are_those_of_a_direct_rewrite():
    rng = np.random.default_rng(3)
    positive, candidates = rng.normal(2, 1, 300).astype(np.float32), rng.normal(0, 1, (300, 6)).astype(np.float32)
    free = rng.integers(3, 4000, 300)
    chosen, weight = warp_choice(tf.constant(positive), tf.constant(candidates), tf.constant(free))
    by_hand = [warp_by_hand(*row) for row in zip(positive, candidates, free, strict=True)]
    assert any(index is None for index, _ in by_hand) and any(index == 5 for index, _ in by_hand)
    np.testing.assert_allclose(weight, [value for _, value in by_hand], rtol=2e-5)
    for row, (index, _) in enumerate(by_hand):
        assert index is None or chosen[row] == index


def test_warp_loss_by_hand():
    loss = warp_loss(tf.constant([1.0, 3.0]), tf.constant([0.5, 0.0]), tf.constant([2.0, 7.0]))
    assert loss.numpy() == pytest.approx(2.0 * 0.5)
    with pytest.raises(ValueError, match="hape"):
        warp_loss(tf.zeros([4]), tf.zeros([4, 1]), tf.zeros([4]))


def _shared(x):
    allowed = tf.constant([[True, False, True], [True, True, True]])
    return shared_bpr_loss(x[0, :2], tf.reshape(x[1], [2, 3]), allowed)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: bpr_loss(x[0], x[1]),
        _shared,
        lambda x: warp_loss(x[0], x[1], tf.constant([1.0, 2.0, 0.0, 0.5, 3.0, 1.0], tf.float64)),
        lambda x: l2_loss([x[0], x[1]]),
    ],
    ids=["bpr", "shared", "warp", "l2"],
)
def test_gradients_are_the_finite_differences(loss):
    at = np.random.default_rng(4).normal(size=(2, 6))
    x = tf.Variable(at, dtype=tf.float64)
    with tf.GradientTape() as tape:
        value = loss(x)
    gradient = tape.gradient(value, x).numpy()
    step = 1e-6
    for place in np.ndindex(at.shape):
        ends = []
        for sign in (1, -1):
            moved = at.copy()
            moved[place] += sign * step
            ends.append(float(loss(tf.constant(moved))))
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-7)


def test_candidates_are_uniform_over_what_the_user_has_not_bought():
    owned = [[0, 3, 4], [1, 2, 3, 4, 5, 6]]
    indptr = np.array([0, 3, 9])
    batch = TripletSampler(indptr, np.concatenate(owned).astype(np.int32), 8, seed=0).draw_candidates(0, 4000, 5)
    assert batch.negatives.shape == (4000, 5)
    for user, items in enumerate(owned):
        counts = np.bincount(batch.negatives.numpy()[batch.users.numpy() == user].ravel(), minlength=8)
        free = np.setdiff1d(np.arange(8), items)
        assert not counts[items].any()
        expected = counts.sum() / len(free)
        assert ((counts[free] - expected) ** 2 / expected).sum() < 2 * len(free) + 15


@pytest.mark.slow
@pytest.mark.parametrize("model", [*TRAINED, "visrank"])
def test_a_planted_taste_is_recovered(featured, tmp_path, model):
    result = run(featured, tmp_path / "run", model)
    # Who knows the colours has .866 (test_training.py); 6 training items a user say less about single items.
    assert result["best_score"] > (0.8 if model in (*VISUAL, "visrank") else 0.65)


@pytest.mark.parametrize("model", TRAINED)
@pytest.mark.slow
def test_killed_and_resumed_equals_unbroken(featured, tmp_path, model):
    given = {"epochs": 12, "patience": 0, "projection_regularisation": 0.1} if model in VISUAL else {"epochs": 12}
    run(featured, tmp_path / "unbroken", model, **given)
    run(featured, tmp_path / "broken", model, **{**given, "epochs": 6})
    run(featured, tmp_path / "broken", model, **given)
    one, two = Factors.load(tmp_path / "unbroken/factors.npz"), Factors.load(tmp_path / "broken/factors.npz")
    np.testing.assert_array_equal(one.user_factors, two.user_factors)
    np.testing.assert_array_equal(one.item_factors, two.item_factors)

    def metrics(folder):
        lines = [json.loads(line) for line in (tmp_path / folder / "metrics.jsonl").read_text().splitlines()]
        return [{name: value for name, value in line.items() if name != "seconds"} for line in lines]

    assert metrics("unbroken") == metrics("broken") and len(metrics("broken")) == 6


@pytest.mark.slow
def test_a_killed_process_resumes(featured, tmp_path, capsys):
    flags = {**SMALL, "dataset": featured, "workdir": tmp_path / "run", "model": "bpr_mf", "patience": 0, "epochs": 400}
    command = [sys.executable, "-m", "tools.train_baseline", *(f"--{name}={value}" for name, value in flags.items())]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (tmp_path / "run/factors.npz").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    reached = len((tmp_path / "run/metrics.jsonl").read_text().splitlines())
    status, out, _ = call(capsys, train_baseline.cli, *command[3:])
    assert status == 0 and "BPR-MF, best validation AUC" in out
    assert len((tmp_path / "run/metrics.jsonl").read_text().splitlines()) == 200 > reached


@pytest.mark.slow
@pytest.mark.parametrize("model", ["warp", "vbpr", "poprank"])
def test_a_baselines_workdir_is_one_like_any_other(featured, tmp_path, model):
    run(featured, tmp_path / "run", model)
    workdir = Workdir.open(tmp_path / "run")
    report = auc.evaluate(workdir.factors(), workdir.dataset(), "validation")
    assert 0 < report.all <= 1
    best = recommend(RecommendConfig(str(tmp_path / "run"), "u0", k=3))["u0"]
    exported = export(ExportConfig(str(tmp_path / "run"), str(tmp_path / "export/1")))
    assert exported["signatures"] == ["recommend", "score"]
    served = tf.saved_model.load(str(tmp_path / "export/1")).signatures["recommend"]
    rows = served(user_keys=tf.constant(["u0"]), k=tf.constant(3), category=tf.constant(""))
    assert [key.decode() for key in rows["item_keys"].numpy()[0]] == [one.item for one in best]
    with pytest.raises(InputError, match="does not look at photos"):
        open_embedder(workdir)


def test_a_workdir_of_another_model_is_refused(featured, tmp_path):
    run(featured, tmp_path / "run", "bpr_mf", epochs=2)
    with pytest.raises(InputError, match="belongs to BPR-MF, not to WARP"):
        run(featured, tmp_path / "run", "warp", epochs=2)
    with pytest.raises(InputError, match="belongs to BPR-MF, not to DVBPR"):
        train_dvbpr(resolve_dvbpr(str(featured), str(tmp_path / "run"), "fast", {"image_size": 32}), False)
    with pytest.raises(InputError, match="dim=8, not with dim=9"):
        run(featured, tmp_path / "run", "bpr_mf", epochs=2, dim=9)


def test_bad_input_is_named(featured, planted_folder, tmp_path):
    with pytest.raises(InputError, match="extract_features"):
        run(planted_folder, tmp_path / "run", "vbpr")
    with pytest.raises(InputError, match="size"):
        run(featured, tmp_path / "run", "vbpr", features="size")
    assert not (tmp_path / "run").exists()
    with pytest.raises(InputError, match="features=colour has no effect with model=bpr_mf"):
        resolve("data", "run", "bpr_mf", {"features": "colour"})
    with pytest.raises(InputError, match="dim=9 has no effect with model=poprank, which has no settings"):
        resolve("data", "run", "poprank", {"dim": 9})
    bad = {"dim": 0, "regularisation": -1.0, "learning_rate": 0.0, "epochs": 0, "seed": -1, "batch_size": 10**9}
    for name, value in bad.items():
        with pytest.raises(InputError, match=f"{name}={value}"):
            BaselineConfig("data", "run", "vbpr", **{name: value})
    with pytest.raises(InputError, match=r"regularisation=nan"):
        BaselineConfig("data", "run", "vbpr", regularisation=float("nan"))
    with pytest.raises(InputError, match="model=svd"):
        BaselineConfig("data", "run", "svd")
