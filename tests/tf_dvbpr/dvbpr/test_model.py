"""The objective's parts by hand, and where each of them pushes."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.dvbpr.model import DVBPR
from tf_dvbpr.networks.cnnf import LAYERS
from tf_dvbpr.training.learning_rate import LearningRate

pytestmark = pytest.mark.stack

SEED = tf.constant([1, 2])


@pytest.fixture(scope="module")
def model():
    return DVBPR(num_users=6, dim=4, image_size=32, seed=3)


def settings(**given):
    return TrainConfig("data", "run", **{"dim": 4, "image_size": 32, "batch_size": 2, "dropout": 0.0, **given})


def make_batch(users, negatives, allowed=None):
    draw = np.random.default_rng(0)
    batch = {
        "users": tf.constant(users, tf.int64),
        "photos": tf.constant(draw.integers(0, 256, [len(users) + negatives, 32, 32, 3]), tf.uint8),
    }
    return batch if allowed is None else {**batch, "allowed": tf.constant(allowed)}


def test_user_factors_start_uniform_up_to_a_hundredth(model):
    start = DVBPR(num_users=500, dim=4, image_size=32).user_factors.numpy()
    assert start.min() >= 0 and start.max() <= 0.01
    assert start.mean() == pytest.approx(0.005, rel=0.05)


def test_losses_equal_numpy_on_the_same_style_vectors(model):
    config = settings(negatives="one", batch_size=3, weight_decay=1e-3, user_penalty=0.7)
    batch = make_batch([0, 5, 0], 3)
    styles = model.embed(batch["photos"]).numpy().astype(np.float64)
    factors = model.user_factors.numpy().astype(np.float64)[[0, 5, 0]]
    difference = (factors * styles[:3]).sum(1) - (factors * styles[3:]).sum(1)
    kernels = [model.weights()[f"cnnf/{layer}/kernel"].numpy().astype(np.float64) for layer in LAYERS]
    losses = model.losses(config, batch, SEED, SEED)
    assert losses["bpr"].numpy() == pytest.approx(np.log1p(np.exp(-difference)).sum(), rel=1e-5)
    # User 0 is in the batch twice and pays twice, as gathered rows do.
    assert losses["user_penalty"].numpy() == pytest.approx(0.7 * (factors**2).sum() / 2, rel=1e-5)
    assert losses["weight_penalty"].numpy() == pytest.approx(1e-3 * sum((k**2).sum() for k in kernels) / 2, rel=1e-5)


def test_shared_losses_equal_numpy(model):
    allowed = [[True, False], [True, True], [False, False]]
    batch = make_batch([2, 3, 4], 2, allowed)
    styles = model.embed(batch["photos"]).numpy().astype(np.float64)
    factors = model.user_factors.numpy().astype(np.float64)[[2, 3, 4]]
    terms = np.log1p(np.exp(factors @ styles[3:].T - (factors * styles[:3]).sum(1)[:, None]))
    loss = model.losses(settings(negatives="shared", batch_size=3, shared_negatives=2), batch, SEED, SEED)["bpr"]
    assert loss.numpy() == pytest.approx(terms[0, 0] + terms[1].mean(), rel=1e-5)


def gradients(model, config, part):
    with tf.GradientTape() as tape:
        loss = model.losses(config, make_batch([1, 4], 2), SEED, SEED)[part]
    found = tape.gradient(loss, list(model.weights().values()))
    return {
        name: None if gradient is None else tf.convert_to_tensor(gradient).numpy()
        for name, gradient in zip(model.weights(), found, strict=True)
    }


def test_the_weight_penalty_moves_the_kernels_alone(model):
    found = gradients(model, settings(weight_decay=0.3), "weight_penalty")
    for name, gradient in found.items():
        if name.endswith("kernel"):
            np.testing.assert_allclose(gradient, 0.3 * model.weights()[name].numpy(), rtol=1e-5, err_msg=name)
        else:
            assert gradient is None, name


def test_the_user_penalty_moves_the_batchs_user_factors_alone(model):
    found = gradients(model, settings(user_penalty=0.3), "user_penalty")
    assert all(gradient is None for name, gradient in found.items() if name != "user_factors")
    expected = np.zeros([6, 4])
    expected[[1, 4]] = 0.3 * model.user_factors.numpy()[[1, 4]]
    np.testing.assert_allclose(found["user_factors"], expected, rtol=1e-5)


def test_the_ranking_loss_reaches_every_weight_but_not_other_users(model):
    found = gradients(model, settings(), "bpr")
    for name, gradient in found.items():
        # A bias of the last layer shifts both photos of a pair alike and cancels.
        if name == "cnnf/fc8/bias":
            np.testing.assert_allclose(gradient, 0, atol=1e-7)
        else:
            assert np.abs(gradient).max() > 0, name
    assert (found["user_factors"][[0, 2, 3, 5]] == 0).all()


def test_mirroring_is_seeded_and_leaves_the_photo_whole(model):
    batch = make_batch([0, 1], 2)
    config = settings(flip=True)
    losses = [model.losses(config, batch, SEED, tf.constant([0, n]))["bpr"].numpy() for n in range(12)]
    assert losses == [model.losses(config, batch, SEED, tf.constant([0, n]))["bpr"].numpy() for n in range(12)]
    assert len(set(losses)) > 3
    mirrored = {**batch, "photos": batch["photos"][:, :, ::-1]}
    both = {model.losses(settings(), which, SEED, SEED)["bpr"].numpy() for which in (batch, mirrored)}
    assert len(both) == 2


def test_learning_rate_warms_up_and_decays():
    plain = LearningRate(0.4, warmup_steps=4)
    assert [float(plain(step)) for step in (0, 1, 3, 9)] == pytest.approx([0.1, 0.2, 0.4, 0.4])
    cosine = LearningRate(0.4, decay_steps=10)
    assert [float(cosine(step)) for step in (0, 5, 10)] == pytest.approx([0.4, 0.2, 0.0], abs=1e-7)
