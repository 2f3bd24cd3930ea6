"""Preference maximisation: the objective, optima known in closed form, queries that do not depend on each other."""

import numpy as np
import pytest
import tensorflow as tf

from gan.search.drift import drift
from gan.search.maximise import Maximiser, batches
from gan.search.measures import objective
from gan.search.networks import to_photo_size
from gan.search.queries import design
from gan.search.taste import Taste
from tests.support.toy_design import ascent, flat, labels_of, taste_of, toy

pytestmark = pytest.mark.stack

FACTORS = np.random.default_rng(5).normal(size=[4, 3]).astype(np.float32)
LATENTS = np.random.default_rng(6).normal(size=[7, 12]).astype(np.float32)
MIDDLE = np.random.default_rng(7).normal(size=[2, 12]).astype(np.float32)


def around_middle(images, labels):
    """1 + |x - m_c|: the realness term is the squared distance from the category's middle."""
    return 1 + tf.norm(flat(images) - labels @ tf.constant(MIDDLE), axis=1)


def bent(images, labels):
    return tf.sin(tf.reduce_sum(flat(images), 1)) + labels[:, 1]


def run(networks, config, starts, categories, taste, **given):
    return Maximiser(networks, config)(tf.constant(starts), labels_of(categories), taste, **given)


def test_the_objective_by_hand():
    networks, style = toy(bent)
    categories = np.array([0, 1, 1, 0, 1, 0, 0])
    taste = taste_of(FACTORS).rows(tf.constant([0, 1, 2, 3, 0, 1, 2]))
    value, record = objective(networks, tf.constant(LATENTS), labels_of(categories), taste, 0.7)
    preference = (LATENTS @ style * FACTORS[[0, 1, 2, 3, 0, 1, 2]]).sum(1)
    realness = np.sin(LATENTS.sum(1)) + categories
    np.testing.assert_allclose(record, np.stack([preference, realness], 1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(value, preference - 0.7 * (realness - 1) ** 2, rtol=1e-4, atol=1e-5)


def test_in_the_box_a_linear_taste_is_best_in_a_corner():
    networks, style = toy()
    taste = taste_of(FACTORS)
    config = ascent(latent_form="tanh", learning_rate=0.3, steps=60)
    found = run(networks, config, 0.5 * np.tanh(LATENTS[:4]), [0] * 4, taste)
    slope = FACTORS @ style.T
    np.testing.assert_allclose(found.best[:, 1], np.abs(slope).sum(1), rtol=1e-3)
    np.testing.assert_array_equal(np.sign(found.latents), np.sign(slope))
    assert np.abs(found.latents).max() <= 1


@pytest.mark.parametrize("eta", [0.5, 2.0])
def test_free_latents_reach_the_balance_of_liking_and_realness(eta):
    # a . z - eta |z - m|^2 is highest at m + a / (2 eta).
    networks, style = toy(around_middle)
    config = ascent(eta=eta, learning_rate=0.05, steps=400)
    categories = np.array([0, 1, 1, 0])
    found = run(networks, config, LATENTS[:4], categories, taste_of(FACTORS))
    slope = FACTORS @ style.T
    best = MIDDLE[categories] + slope / (2 * eta)
    np.testing.assert_allclose(found.latents, best, atol=5e-3)
    highest = (slope * best).sum(1) - (slope**2).sum(1) / (4 * eta)
    np.testing.assert_allclose(found.best[:, 0], highest, rtol=1e-3)


def test_eta_zero_leaves_realness_out():
    networks, style = toy(around_middle)
    found = run(networks, ascent(eta=0.0), LATENTS[:4], [0] * 4, taste_of(FACTORS))
    np.testing.assert_allclose(found.best[:, 0], found.best[:, 1], rtol=1e-6)
    # Adam follows the slope's signs at its full rate.
    np.testing.assert_allclose(found.latents, LATENTS[:4] + 0.6 * np.sign(FACTORS @ style.T), atol=1e-3)


@pytest.mark.parametrize("group", ["mean", "minimum"])
def test_the_records_are_those_of_the_way(group):
    networks, _ = toy(around_middle)
    taste = Taste.of(FACTORS, np.random.default_rng(1).normal(size=[20, 3]), [[0, 1], [2, 3], [3, 0]], group=group)
    config = ascent(steps=13, learning_rate=0.8)
    found = run(networks, config, LATENTS[:3], [0, 1, 0], taste, keep_way=True)
    assert found.way.shape == (14, 3, 12) and found.records.shape == (14, 3, 3)
    np.testing.assert_array_equal(found.way[0], LATENTS[:3])
    for step in range(14):
        value, record = objective(networks, tf.constant(found.way[step]), labels_of([0, 1, 0]), taste, 1.0)
        np.testing.assert_allclose(found.records[step, :, 0], value, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(found.records[step, :, 1:], record, rtol=1e-4, atol=1e-5)
    rows = np.arange(3)
    np.testing.assert_array_equal(found.best_step, found.records[..., 0].argmax(0))
    np.testing.assert_array_equal(found.best, found.records[found.best_step, rows])
    np.testing.assert_array_equal(found.latents, found.way[found.best_step, rows])
    assert (found.best_step > 0).any() and (found.best_step < 13).any()
    some = found.of(np.array([2, 0]))
    np.testing.assert_array_equal(some.way, found.way[:, [2, 0]])
    np.testing.assert_array_equal(some.records, found.records[:, [2, 0]])


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_the_batch_size_changes_nothing(batch_size):
    networks, _ = toy(bent)
    taste = taste_of(FACTORS).rows(tf.constant([0, 1, 2, 3, 0, 1, 2]))
    categories = [0, 1, 0, 1, 1, 1, 0]
    whole = run(networks, ascent(batch_size=7), LATENTS, categories, taste, keep_way=True)
    other = run(networks, ascent(batch_size=batch_size), LATENTS, categories, taste, keep_way=True)
    for name in ("latents", "best", "records", "way"):
        np.testing.assert_allclose(getattr(other, name), getattr(whole, name), rtol=1e-4, atol=1e-4, err_msg=name)
    looked = [
        Maximiser(networks, ascent(batch_size=size)).look(tf.constant(LATENTS), labels_of(categories), taste)
        for size in (7, batch_size)
    ]
    np.testing.assert_allclose(looked[0], whole.records[0, :, 0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(looked[1], looked[0], rtol=1e-4, atol=1e-5)


def test_batches_are_of_one_size_and_keep_each_row_once():
    for count, size in ((7, 3), (6, 3), (1, 5), (5, 5)):
        parts = [(rows.numpy(), kept) for rows, kept in batches(count, size)]
        assert {len(rows) for rows, _ in parts} == {min(size, count)}
        np.testing.assert_array_equal(np.concatenate([rows[kept] for rows, kept in parts]), np.arange(count))


@pytest.mark.parametrize("given", [{"latent_form": "tanh"}, {"candidates": 9, "choice": "softmax"}])
def test_a_query_depends_on_nothing_else_that_is_asked_for(given):
    networks, _ = toy(bent)
    config, numbers = ascent(batch_size=6, **given), np.array([0, 3, 3, 1])
    taste, labels = taste_of(FACTORS), labels_of([0, 1, 0, 1])

    def ask(*rows):
        rows = list(rows)
        return design(
            Maximiser(networks, config),
            config,
            taste.rows(tf.constant(rows)),
            tf.gather(labels, rows),
            2,
            numbers[rows],
            progress=False,
        )

    together = ask(0, 1, 2, 3)
    for row, (one, *_) in enumerate([ask(0), ask(1), ask(2, 0), ask(3, 3)]):
        np.testing.assert_allclose(one.designs.latents, together[row].designs.latents, atol=1e-4)
        np.testing.assert_allclose(one.designs.records, together[row].designs.records, rtol=1e-4, atol=1e-4)
        np.testing.assert_array_equal(one.chosen, together[row].chosen)
        assert one.dropped == 0 and one.designs.latents.shape == (4, 12)


def test_the_number_of_a_query_decides_its_starts():
    networks, _ = toy()
    config, taste, labels = ascent(), taste_of(FACTORS), labels_of([0] * 4)

    def starts(config, numbers):
        answers = design(Maximiser(networks, config), config, taste, labels, 1, numbers, keep_way=True, progress=False)
        return [answer.designs.way[0] for answer in answers]

    first, second, again, _ = starts(config, np.array([0, 5, 0, 1]))
    np.testing.assert_array_equal(first, again)
    assert (first != second).all()
    np.testing.assert_array_equal(starts(config, None)[3], first)
    assert (starts(ascent(seed=1), None)[0] != first).all()


def test_the_best_candidates_are_the_starts():
    networks, _ = toy(bent)
    taste, labels = taste_of(FACTORS[:1]), labels_of([1])
    all_of = ascent(starts=30)
    drawn = design(Maximiser(networks, all_of), all_of, taste, labels, 1, keep_way=True, progress=False)[0].designs
    some = ascent(starts=4, candidates=30)
    picked = design(Maximiser(networks, some), some, taste, labels, 1, keep_way=True, progress=False)[0].designs
    best = np.argsort(-drawn.records[0, :, 0])[:4]
    np.testing.assert_array_equal(picked.way[0], drawn.way[0][best])


def test_a_compiled_ascent_serves_whoever_asks():
    traces = []

    def counted(latents, labels):
        traces.append(None)
        return tf.reshape(latents, [-1, 2, 2, 3])

    networks, _ = toy(generate=counted)
    config = ascent(steps=7, batch_size=4)
    maximiser, taste = Maximiser(networks, config), taste_of(FACTORS)
    ask = [taste.rows(tf.fill([4], user)) for user in range(4)]
    maximiser(tf.constant(LATENTS[:4]), labels_of([0] * 4), ask[0])
    compiled = len(traces)
    for user in range(1, 4):
        maximiser(tf.constant(LATENTS[:4] + user), labels_of([1] * 4), ask[user])
    assert len(traces) == compiled


def test_a_start_that_meets_nan_is_dropped_and_counted_and_the_others_go_on():
    def edge(images, labels):
        """NaN beyond x_0 = 2."""
        first = flat(images)[:, 0]
        return tf.where(first > 2.0, float("nan"), 1.0 + 0 * first)

    networks, style = toy(edge)
    clean, _ = toy()
    factors = np.linalg.lstsq(style, np.eye(12)[:, 0], rcond=None)[0][None]  # Whom the first number pleases.
    assert (factors @ style.T)[0, 0] > 0
    taste, config = taste_of(factors).rows(tf.zeros([5], tf.int32)), ascent(steps=6)
    starts = LATENTS[:5].copy()
    starts[:, 0] = [0.0, 1.75, -1.0, 3.0, 0.5]
    found = run(networks, config, starts, [0] * 5, taste)
    expected = run(clean, config, starts, [0] * 5, taste)
    np.testing.assert_array_equal(np.isnan(found.best), np.repeat([[False], [True], [False], [True], [False]], 3, 1))
    np.testing.assert_array_equal(found.latents[[0, 2, 4]], expected.latents[[0, 2, 4]])
    np.testing.assert_array_equal(found.records[:, [0, 2, 4]], expected.records[:, [0, 2, 4]])
    assert np.isfinite(found.latents).all()


def test_dropped_starts_are_counted_for_their_own_query_and_never_chosen():
    """Phi of the second category is not a number where the first latent is below 0."""

    def generate(latents, labels):
        bad = (labels[:, 1] > 0) & (latents[:, 0] < 0)
        return tf.reshape(tf.where(bad[:, None], float("nan"), latents), [-1, 2, 2, 3])

    networks, style = toy(generate=generate)
    factors = np.linalg.lstsq(style, np.eye(12)[:, 0], rcond=None)[0][None]
    config = ascent(starts=12, learning_rate=0.01)
    answers = design(
        Maximiser(networks, config),
        config,
        taste_of(np.repeat(factors, 2, 0)),
        labels_of([0, 1]),
        12,
        keep_way=True,
        progress=False,
    )
    bad = np.isnan(answers[1].designs.records[0, :, 0])
    assert 0 < bad.sum() < 12
    assert [answer.dropped for answer in answers] == [0, bad.sum()]
    assert sorted(answers[0].chosen) == list(range(12))
    assert sorted(answers[1].chosen) == np.flatnonzero(~bad).tolist()
    np.testing.assert_allclose(answers[1].designs.latents[~bad], answers[0].designs.latents[~bad], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("form", ["free", "tanh"])
def test_the_drift_never_passes_its_bound(form):
    networks, _ = toy()
    config = ascent(steps=25, learning_rate=0.2, latent_form=form)
    starts = np.tanh(LATENTS)
    taste = taste_of(FACTORS).rows(tf.constant([0, 1, 2, 3, 0, 1, 2]))
    bound, held, free = (
        0.15,
        *(run(networks, config, starts, [0] * 7, taste, max_drift=most, keep_way=True) for most in (0.15, None)),
    )
    away = np.abs(held.way - held.way[0]).mean(2)
    assert away.max() <= bound * (1 + 1e-5)
    # And it is made use of, to a 256th of the way that was too long.
    assert (away[-1] > 0.9 * bound).all()
    assert (np.abs(free.way[-1] - free.way[0]).mean(1) > 2 * bound).all()
    wide = run(networks, config, starts, [0] * 7, taste, max_drift=1e6, keep_way=True)
    np.testing.assert_allclose(wide.way, free.way, atol=1e-5)
    none = run(networks, config, starts, [0] * 7, taste, max_drift=0.0, keep_way=True)
    np.testing.assert_allclose(none.way, np.repeat(none.way[:1], 26, 0), atol=2e-2)


def test_drift_is_the_mean_absolute_difference():
    before = tf.zeros([2, 2, 2, 3])
    images = np.full([2, 2, 2, 3], -0.5, np.float32)
    images[1] = 0.0
    images[1, 1, 0, 2] = 2.0
    np.testing.assert_allclose(drift(tf.constant(images), before), [0.5, 2 / 12])


def test_up_is_nearest_neighbour_and_down_an_average():
    images = np.random.default_rng(0).uniform(-1, 1, [2, 4, 4, 3]).astype(np.float32)
    np.testing.assert_array_equal(to_photo_size(tf.constant(images), 8), images.repeat(2, 1).repeat(2, 2))
    np.testing.assert_array_equal(to_photo_size(tf.constant(images), 4), images)
    # 4 to 7 pixels: pixel i shows the one that its middle lies in.
    source = ((np.arange(7) + 0.5) * 4 / 7).astype(int)
    np.testing.assert_array_equal(to_photo_size(tf.constant(images), 7), images[:, source][:, :, source])
    plain = tf.fill([1, 8, 8, 3], 0.25)
    np.testing.assert_allclose(to_photo_size(plain, 2), np.full([1, 2, 2, 3], 0.25), rtol=1e-6)
    stripes = np.zeros([1, 8, 8, 3], np.float32)
    stripes[:, ::2] = 1.0
    assert np.abs(to_photo_size(tf.constant(stripes), 2).numpy() - 0.5).max() < 0.1  # Not 0 or 1, as of single pixels.


def test_an_ascent_can_be_watched_and_ended():
    networks, _ = toy(bent)
    seen = []
    config = ascent(steps=12, batch_size=2, starts=2)
    given = networks, config, LATENTS[:2], [0, 1], taste_of(FACTORS[:2])
    found = run(*given, watch=lambda *told: seen.append(told), keep_way=True)
    assert [step for step, *_ in seen] == [0, 5, 10, 12]
    np.testing.assert_allclose(seen[0][1], LATENTS[:2], rtol=1e-6)
    assert np.isneginf(seen[0][2]).all()
    # After n steps, the latents before them have been measured.
    for step, latents, records in seen[1:]:
        best = found.records[:step, :, 0].argmax(0)
        np.testing.assert_allclose(latents, found.way[best, [0, 1]], rtol=1e-5)
        np.testing.assert_allclose(records, found.records[best, [0, 1]], rtol=1e-5)

    def end(step, *_):
        if step == 5:
            raise KeyError("enough")

    with pytest.raises(KeyError):
        run(*given, watch=end)


def test_another_number_of_steps_needs_no_compiling():
    networks, _ = toy(bent)
    maximiser = Maximiser(networks, ascent(steps=4))
    labels, taste = labels_of([0] * 4), taste_of(FACTORS)
    maximiser(tf.constant(LATENTS[:4]), labels, taste)
    traced = maximiser._advance.experimental_get_tracing_count()
    longer = maximiser.at(2.0, 9)(tf.constant(LATENTS[:4]), labels, taste)
    assert len(longer.records) == 10 and maximiser._advance.experimental_get_tracing_count() == traced
    expected = run(networks, ascent(steps=9, eta=2.0), LATENTS[:4], [0] * 4, taste)
    np.testing.assert_allclose(longer.best, expected.best, rtol=1e-5)
