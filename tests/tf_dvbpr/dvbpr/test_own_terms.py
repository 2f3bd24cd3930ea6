"""The whole predictor: its two matrices pair by pair, its losses and gradients by hand, what is made with its runs."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tests.support.shop import told_in_one_line
from tests.support.small_training import checkpoint_values, config_for, train_quietly
from tests.support.trainable import batches_of, trainable_for
from tf_dvbpr.api.recommender import Recommender
from tf_dvbpr.compat import as_variable
from tf_dvbpr.dvbpr.config import OWN_WEIGHTS, TrainConfig
from tf_dvbpr.dvbpr.model import DVBPR
from tf_dvbpr.dvbpr.own_terms import OwnTerms
from tf_dvbpr.dvbpr.presets import resolve
from tf_dvbpr.photo_scoring.score import ScorePhotosConfig, score_photos
from tf_dvbpr.ranking import auc
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.serving.export import ExportConfig, export
from tf_dvbpr.tf1_checkpoints.export_recommender import _ARCHITECTURE, check_architecture
from tf_dvbpr.training.losses import bpr_loss, l2_loss, shared_bpr_loss
from tf_dvbpr.workdir import Workdir
from tfrecords.photos.decode import normalise

pytestmark = pytest.mark.stack

SEED = tf.constant([1, 2])
USERS, ITEMS, K, L = 6, 8, 4, 3
WHOLE = {"item_bias": True, "latent_dim": L}
KINDS = [WHOLE, {"item_bias": True}, {"latent_dim": L}]


def settings(**given):
    plain = {"dim": K, "image_size": 32, "batch_size": 3, "dropout": 0.0}
    return TrainConfig("data", "run", **{**plain, **WHOLE, **given})


def make_model(config, seed=3):
    """With random own terms; styles and t_u large enough for differences to show."""
    model = DVBPR.from_config(config, USERS, ITEMS)
    draw = np.random.default_rng(seed)
    for variable in (*model.own.weights().values(), model.user_factors):
        variable.assign(draw.normal(0, 1, variable.shape))
    return model


def make_batch(users, items, allowed=None):
    pixels = np.random.default_rng(0).integers(0, 256, [len(items), 32, 32, 3])
    batch = {
        "users": tf.constant(users, tf.int64),
        "photos": tf.constant(pixels, tf.uint8),
        "item_ids": tf.constant(items, tf.int64),
    }
    return batch if allowed is None else {**batch, "allowed": tf.constant(allowed)}


def own_by_hand(model, user, item):
    """``b_i + g_u . g_i``, of the terms that there are."""
    w = {name: value.numpy().astype(np.float64) for name, value in model.own.weights().items()}
    x = w["latent_user"][user] @ w["latent_item"][item] if "latent_user" in w else 0.0
    return x + (w["item_bias"][item] if "item_bias" in w else 0.0)


def visual_by_hand(model, user, style):
    return model.user_factors.numpy().astype(np.float64)[user] @ style


@pytest.mark.parametrize("given", KINDS)
def test_the_two_matrices_are_the_formula_pair_by_pair(planted, tmp_path, given):
    trainable, config = trainable_for(planted, tmp_path, **given, own_weight=2.5)
    draw = np.random.default_rng(1)
    for name, variable in trainable.weights().items():
        if not name.startswith("cnnf"):
            variable.assign(draw.normal(0, 1, variable.shape))
    model, [(factors, figures)] = trainable.model, trainable.candidates(7)
    assert figures == {"own_weight": 2.5}
    styles = model.item_factors(trainable._photos).astype(np.float64)
    scores = factors.user_factors.astype(np.float64) @ factors.item_factors.T.astype(np.float64)
    expected = [
        [2.5 * own_by_hand(model, user, item) + visual_by_hand(model, user, styles[item]) for item in range(90)]
        for user in range(60)
    ]
    np.testing.assert_allclose(scores, expected, rtol=1e-4, atol=1e-4)
    # What a photo is judged by, and what it scores among the items: as one of the mean bias.
    visual = factors.visual_part()
    np.testing.assert_array_equal(visual.user_factors, model.user_factors.numpy())
    np.testing.assert_allclose(visual.item_factors, styles, rtol=1e-6)
    rows = factors.photo_rows(visual.item_factors)
    bias = 2.5 * model.weights()["item_bias"].numpy().mean() if "item_bias" in given else 0.0
    expected = [[bias + visual_by_hand(model, user, style) for style in styles] for user in range(60)]
    np.testing.assert_allclose(factors.user_factors @ rows.T, expected, rtol=1e-4, atol=1e-4)
    assert (factors.step, factors.style_dim) == (7, config.dim)


@pytest.mark.parametrize("given", KINDS)
@pytest.mark.parametrize("negatives", ["one", "shared"])
@pytest.mark.parametrize("apart", [0, 1, 3])
def test_the_losses_are_the_formula(given, negatives, apart):
    given = {"item_bias": False, "latent_dim": 0, **given, "negatives": negatives, "shared_negatives": 2}
    config = settings(**given, latent_penalty=0.3, bias_penalty=0.7, own_weight=2.5, item_dropout=apart / 3)
    model = make_model(config)
    count = 3 if negatives == "one" else 2
    users, items = [0, 5, 0], [1, 2, 1, 7, 3, 6][: 3 + count]
    allowed = [[True, False], [True, True], [True, True]]
    batch = make_batch(users, items, allowed if negatives == "shared" else None)
    styles = model.embed(batch["photos"]).numpy().astype(np.float64)

    def visual(user, place):
        return visual_by_hand(model, user, styles[place])

    def own(user, place):
        return own_by_hand(model, user, items[place])

    def loss(x, place, user):
        others = [3 + place] if negatives == "one" else [3 + n for n in range(2) if allowed[place][n]]
        return np.mean([np.log1p(np.exp(x(user, other) - x(user, place))) for other in others])

    expected = {"bpr": 0.0, "own_bpr": 0.0}
    for place, user in enumerate(users):
        if place < apart:
            expected["bpr"] += loss(visual, place, user)
            expected["own_bpr"] += loss(own, place, user)
        else:
            expected["bpr"] += loss(lambda *pair: 2.5 * own(*pair) + visual(*pair), place, user)
    losses = model.losses(config, batch, SEED, SEED)
    for name, value in expected.items():
        assert losses[name].numpy() == pytest.approx(value, rel=1e-4), name

    w = {name: value.numpy().astype(np.float64) for name, value in model.own.weights().items()}
    weights, penalty = [1.0] * 3 + [3 / count] * count, 0.0
    if "latent_user" in w:
        penalty += 0.3 / 2 * sum((w["latent_user"][user] ** 2).sum() for user in users)
        penalty += 0.3 / 2 * sum(a * (w["latent_item"][i] ** 2).sum() for a, i in zip(weights, items, strict=True))
    if "item_bias" in w:
        penalty += 0.7 / 2 * sum(a * w["item_bias"][i] ** 2 for a, i in zip(weights, items, strict=True))
    assert losses["own_penalty"].numpy() == pytest.approx(penalty, rel=1e-5)


def gradients(model, config, batch):
    with tf.GradientTape() as tape:
        losses = model.losses(config, batch, SEED, SEED)
        total = losses["bpr"] + losses.get("own_bpr", 0.0)
    found = tape.gradient(total, model.weights())
    return {name: None if one is None else tf.convert_to_tensor(one).numpy() for name, one in found.items()}


@pytest.mark.slow
def test_item_dropout_leaves_phis_gradients_right():
    """The finite differences of the loss in the last layer; with every item dropped, the paper's own gradients."""
    items, allowed = [1, 2, 4, 7, 3], [[True, True]] * 3
    batch = make_batch([0, 5, 2], items, allowed)
    shared = {"negatives": "shared", "shared_negatives": 2}
    config = settings(**shared, item_dropout=0.66)  # two of three positives
    model = make_model(config)
    found = gradients(model, config, batch)["cnnf/fc8/kernel"]
    kernel = model.weights()["cnnf/fc8/kernel"]
    at, hidden = kernel.numpy(), model.hidden(batch["photos"]).numpy()
    strongest = np.argsort(-np.abs(hidden).max(0))[:3]
    scale, step = float(np.abs(found[strongest]).max()), 0.02 / np.abs(hidden).max()
    for place in [(row, column) for row in strongest for column in range(K)]:
        ends = []
        for sign in (1, -1):
            moved = at.copy()
            moved[place] += sign * step
            kernel.assign(moved)
            ends.append(float(model.losses(config, batch, SEED, SEED)["bpr"]))
        kernel.assign(at)
        assert found[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=0.01 * scale)

    dropped = gradients(model, settings(**shared, item_dropout=1.0), batch)
    own, model.own = model.own, None
    paper = gradients(model, settings(**shared), batch)
    model.own = own
    for name, value in paper.items():
        np.testing.assert_allclose(dropped[name], value, rtol=1e-5, atol=1e-7, err_msg=name)
    assert np.abs(dropped["latent_item"][items]).min() > 0 and np.abs(dropped["item_bias"][items]).min() > 0


def plain_losses(self, config, batch, dropout_seed, augmentation_seed, replicas=1):
    """The paper's objective as it stood before there were terms of the items' own."""
    count = config.batch_size // replicas
    users = tf.ensure_shape(batch["users"], [count])
    styles = self.network(normalise(batch["photos"]), dropout_rate=config.dropout, dropout_seed=dropout_seed)
    factors = tf.gather(self.user_factors, users)
    positive = tf.reduce_sum(factors * styles[:count], 1)
    if config.negatives == "one":
        ranking = bpr_loss(positive, tf.reduce_sum(factors * styles[count:], 1))
    else:
        shape = [count, config.shared_negatives]
        scores = tf.ensure_shape(tf.matmul(factors, styles[count:], transpose_b=True), shape)
        ranking = shared_bpr_loss(positive, scores, tf.ensure_shape(batch["allowed"], shape))
    trained = {name: one for part in self.network.parts().values() for name, one in part.items()}
    kernels = [as_variable(one) for name, one in trained.items() if name.endswith("kernel")]
    return {
        "bpr": ranking,
        "weight_penalty": config.weight_decay * l2_loss(kernels) / replicas,
        "user_penalty": config.user_penalty * l2_loss([factors]),
    }


@pytest.mark.slow
@pytest.mark.parametrize("negatives", ["one", "shared"])
def test_without_them_training_is_the_papers_bit_for_bit(planted_folder, tmp_path, monkeypatch, negatives):
    given = {"negatives": negatives, "flip": False, "preset": "fast"}
    given |= {"max_photos": 4 * (32 if negatives == "one" else 24)}
    train_quietly(config_for(planted_folder, tmp_path / "now", **given))
    monkeypatch.setattr(DVBPR, "losses", plain_losses)
    monkeypatch.setattr(OwnTerms, "__init__", None)  # Nothing of theirs may be asked for.
    train_quietly(config_for(planted_folder, tmp_path / "plain", **given))
    now, plain = checkpoint_values(tmp_path / "now"), checkpoint_values(tmp_path / "plain")
    assert now.keys() == plain.keys() and not any("item" in name or "latent" in name for name in now)
    for name in now:
        np.testing.assert_array_equal(now[name], plain[name], err_msg=name)
    factors = Workdir.open(tmp_path / "now").factors()
    assert (factors.visual, factors.unseen_bias, factors.visual_part()) == (None, 0.0, factors)


@pytest.mark.slow
def test_the_terms_learn_each_at_its_rate(planted, tmp_path):
    given = {**WHOLE, "own_learning_rate": 0.03, "user_learning_rate": 0.2, "latent_penalty": 0.0, "bias_penalty": 0.0}
    trainable, _ = trainable_for(planted, tmp_path, **given)
    assert trainable.metric_names[-2:] == ("own_bpr", "own_penalty")
    before = {name: value.numpy() for name, value in trainable.weights().items()}
    trainable.train_step(batches_of(trainable, 1)[0])
    for name, rate in (("item_bias", 0.03), ("latent_item", 0.03), ("latent_user", 0.03), ("user_factors", 0.2)):
        moved = np.abs(trainable.weights()[name].numpy() - before[name])
        # Adam's first step is as long as its rate.
        assert moved.max() == pytest.approx(rate, rel=1e-2)


@pytest.mark.slow
def test_the_weight_that_ranks_validation_best_is_taken(planted, tmp_path):
    trainable, _ = trainable_for(planted, tmp_path, **WHOLE)
    draw = np.random.default_rng(2)
    for name in ("latent_user", "latent_item", "item_bias"):
        trainable.weights()[name].assign(draw.normal(0, 0.001, trainable.weights()[name].shape))
    tried = {figures["own_weight"]: factors for factors, figures in trainable.candidates(3)}
    assert tuple(tried) == OWN_WEIGHTS
    reports = {weight: auc.evaluate(factors, planted, "validation") for weight, factors in tried.items()}
    both = {weight: report.all + report.cold for weight, report in reports.items()}
    assert len(set(both.values())) > 2
    found = trainable.validate(3)
    assert found["own_weight"] == max(both, key=both.get)
    chosen = reports[found["own_weight"]]
    assert (found["score"], found["auc/validation_cold"]) == (chosen.all, chosen.cold)
    trainable.keep_best(3)
    kept = Factors.load(tmp_path / "factors.npz")
    np.testing.assert_array_equal(kept.item_factors, tried[found["own_weight"]].item_factors)


@pytest.fixture(scope="module")
def workdir(planted_folder, make_folder):
    path = make_folder("run") / "run"
    given = {
        "epochs": 0.5,
        "own_learning_rate": 0.1,
        "item_dropout": 0.5,
        "latent_penalty": 0.0,
        "average": 0.0,
        "own_weight": 2.0,
    }
    train_quietly(config_for(planted_folder, path, **WHOLE, **given))
    return path


@pytest.mark.slow
def test_the_file_of_factors_keeps_the_columns(workdir, planted):
    factors = Workdir.open(workdir).factors()
    assert factors.visual == (L, L + 8) and factors.user_factors.shape[1] == L + 8 + 1
    assert factors.unseen_bias != 0
    again = factors.of_dataset(planted, "factors.npz")
    assert (again.visual, again.unseen_bias) == (factors.visual, factors.unseen_bias)
    path = workdir.parent / "damaged.npz"
    content = (workdir / "factors.npz").read_bytes()
    at = content.rindex(b"visual.npy")  # in the directory at the file's end
    path.write_bytes(content[:at] + b"\0" * 10 + content[at + 10 :])
    with told_in_one_line("damaged.npz: not a whole factors file"):
        type(factors).load(path)
    for wrong in ((-1, 4), (3, 3), (0, 5), (0, 13)):
        with pytest.raises(ValueError, match="visual"):
            dataclasses.replace(factors, visual=wrong)


@pytest.mark.slow
def test_new_photos_are_scored_by_the_visual_part(workdir, planted, tmp_path):
    factors, items = Workdir.open(workdir).factors(), [3, 10, 50]
    photos = planted.encoded_photos(items)
    folder = tmp_path / "photos"
    folder.mkdir()
    for item, photo in zip(items, photos, strict=True):
        (folder / f"{item}.jpg").write_bytes(photo)
    user = planted.user_keys.tolist().index("u4")
    taste = factors.user_factors[:, L : L + 8].astype(np.float64)
    styles = factors.item_factors[:, L : L + 8].astype(np.float64)
    found = score_photos(ScorePhotosConfig(str(workdir), str(folder), user="u4", clusters=0), progress=False)
    for one in found.photos:
        item = int(one.file.removesuffix(".jpg"))
        scores = styles @ taste[user]
        assert one.users[0].score == pytest.approx(scores[item], rel=1e-3, abs=1e-5)
        # The photo is that of an item, equal to it but for rounding.
        assert abs(one.users[0].percentile - np.mean(scores < scores[item])) < 0.05

    recommender = Recommender.open(workdir)
    assert recommender.embed(photos).shape == (3, 8)
    expected = styles[items] @ taste[user] + factors.unseen_bias
    np.testing.assert_allclose(recommender.score("u4", photos), expected, rtol=1e-3, atol=1e-5)
    of_items = factors.item_factors[items] @ factors.user_factors[user]
    np.testing.assert_allclose(recommender.score("u4", planted.item_keys[items].tolist()), of_items, rtol=1e-4)
    assert np.abs(of_items - expected).max() > 0.01

    export(ExportConfig(str(workdir), str(tmp_path / "export/1")))
    served = tf.saved_model.load(str(tmp_path / "export/1")).signatures
    one_user = tf.constant(["u4"])
    out = served["score_image"](user_keys=one_user, image_bytes=tf.constant([*photos, b"none"]))
    np.testing.assert_allclose(out["scores"][:3], expected, rtol=1e-3, atol=1e-5)
    assert np.isnan(out["scores"][3])
    embedded = served["embed_image"](image_bytes=tf.constant(photos))["style_vectors"]
    np.testing.assert_allclose(embedded, styles[items], rtol=1e-3, atol=1e-5)
    keys = tf.constant(planted.item_keys[items].tolist())
    np.testing.assert_allclose(served["score"](user_keys=one_user, item_keys=keys)["scores"], of_items, rtol=1e-4)


@pytest.mark.slow
def test_what_has_no_place_for_them_refuses(workdir):
    release = resolve("data", "run", "release", {})
    check_architecture(Workdir.open(workdir), release, release, _ARCHITECTURE)
    for name, value in WHOLE.items():
        with told_in_one_line(f"trained with {name}={value}, and the authors' code has {getattr(release, name)}"):
            settings = resolve("data", "run", "release", {name: value})
            check_architecture(Workdir.open(workdir), settings, release, _ARCHITECTURE)
    for name, value, needed in (
        ("item_dropout", 0.5, "item_bias or latent_dim"),
        ("own_weight", 0.1, "item_bias or latent_dim"),
        ("own_learning_rate", 0.1, "item_bias or latent_dim"),
        ("latent_penalty", 0.5, "latent_dim"),
        ("bias_penalty", 0.5, "item_bias"),
    ):
        with told_in_one_line(f"{name}={value} has no effect without {needed}: leave it out"):
            config_for("data", "run", **{name: value})
