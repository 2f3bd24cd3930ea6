"""Adam on many rows at once, and which step of each is kept."""

import numpy as np
import pytest
import tensorflow as tf

from gan.search.ascent import advance, begin, finish
from gan.search.latent_form import draw_starts, to_latent, to_variable

STARTS = np.random.default_rng(0).normal(size=[5, 3]).astype(np.float32)
MIDDLE = np.array([0.3, -1.0, 2.0])
HEIGHT = np.array([1.0, 0.05, 40.0])  # Adam's steps hardly depend on it.


def quadratic(variable):
    """-sum h (x - m)^2, and x's sum as its record."""
    objective = -tf.reduce_sum(HEIGHT.astype(np.float32) * tf.square(variable - MIDDLE.astype(np.float32)), 1)
    return objective, tf.reduce_sum(variable, 1, keepdims=True)


def wave(variable):
    """Rises and falls along the way."""
    return tf.sin(3 * variable[:, 0]) + variable[:, 1], tf.zeros([tf.shape(variable)[0], 0])


def ascend(starts, measure, steps, rate=0.1, record_size=1, project=None):
    """(state, records [steps + 1, B, 1 + R], ways [steps, B, Z]), in as many calls as `steps` has numbers."""
    run = tf.function(lambda state, count: advance(state, count, measure, rate, project))
    state, records, ways = begin(tf.constant(starts), record_size), [], []
    for count in steps:
        state, some, way = run(state, tf.constant(count))
        records.append(some)
        ways.append(way)
    state, last = finish(state, measure)
    return state, np.concatenate([*records, last[None]]), np.concatenate(ways)


def adam(starts, steps, rate):
    """Kingma and Ba's algorithm 1, upwards, in float64: z' before each step and after the last."""
    x, m, v, way = starts.astype(np.float64), 0.0, 0.0, [starts.astype(np.float64)]
    for t in range(1, steps + 1):
        g = -2 * HEIGHT * (x - MIDDLE)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        x = x + rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        way.append(x)
    return np.array(way)


@pytest.mark.parametrize("calls", [(30,), (1, 12, 17)])
def test_the_steps_are_adams(calls):
    state, records, ways = ascend(STARTS, quadratic, calls)
    expected = adam(STARTS, 30, 0.1)
    np.testing.assert_allclose(ways, expected[:-1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(state.variable, expected[-1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(records[..., 0], -(HEIGHT * (expected - MIDDLE) ** 2).sum(2), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(records[..., 1], expected.sum(2), rtol=1e-4, atol=1e-3)
    assert int(state.step) == 30


def test_each_row_keeps_the_best_of_all_its_steps():
    steps = 40
    state, records, ways = ascend(STARTS, wave, (7, 7, 26), 0.2, record_size=0)
    assert records.shape == (steps + 1, len(STARTS), 1)
    best = records[..., 0].argmax(0)
    np.testing.assert_array_equal(state.best_step, best)
    np.testing.assert_array_equal(state.best_record[:, 0], records[best, np.arange(len(STARTS)), 0])
    whole = np.concatenate([ways, state.variable[None]])
    np.testing.assert_array_equal(state.best, whole[best, np.arange(len(STARTS))])


def test_a_summit_passed_on_the_way_is_kept():
    """x climbs at a steady pace through the summit at 1, which it would only leave again."""

    def measure(variable):
        # The gradient is 1 everywhere; the value is that of a tent.
        value = -tf.abs(variable[:, 0] - 1.0)
        return variable[:, 0] + tf.stop_gradient(value - variable[:, 0]), tf.zeros([tf.shape(variable)[0], 0])

    starts = np.array([[0.0], [0.52], [1.4], [-9.0]], np.float32)
    state, records, _ = ascend(starts, measure, (20,), 0.1, record_size=0)
    # Adam's step on a steady gradient is the learning rate.
    np.testing.assert_array_equal(state.best_step, [10, 5, 0, 20])
    np.testing.assert_allclose(state.best[:, 0], [1.0, 1.02, 1.4, -7.0], atol=1e-4)
    assert records.shape == (21, 4, 1)


def test_rows_do_not_see_each_other():
    state, records, _ = ascend(STARTS, quadratic, (15,))
    for row in range(len(STARTS)):
        alone, own, _ = ascend(STARTS[row : row + 1], quadratic, (15,))
        np.testing.assert_allclose(alone.best[0], state.best[row], rtol=1e-6)
        np.testing.assert_allclose(own[:, 0], records[:, row], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("what", ["objective", "record", "gradient"])
def test_a_row_with_a_figure_that_is_not_finite_is_told(what):
    """In row 1 from step 3 on; the others go on as they would without it."""

    def measure(variable):
        objective, record = quadratic(variable)
        bad = (tf.range(tf.shape(variable)[0]) == 1) & (variable[:, 0] > 0.25)
        if what == "gradient":  # The square root's is infinite at 0.
            return objective + tf.sqrt(tf.where(bad, variable[:, 0] - tf.stop_gradient(variable[:, 0]), 0.0)), record
        spoilt = tf.where(bad, float("nan" if what == "objective" else "inf"), 0.0)
        return (objective + spoilt, record) if what == "objective" else (objective, record + spoilt[:, None])

    starts = STARTS.copy()
    starts[1, 0] = 0.0
    state, records, _ = ascend(starts, measure, (10,))
    clean, expected, _ = ascend(starts, quadratic, (10,))
    np.testing.assert_array_equal(state.finite, [True, False, True, True, True])
    np.testing.assert_array_equal(clean.finite, [True] * 5)
    others = [0, 2, 3, 4]
    np.testing.assert_array_equal(records[:, others], expected[:, others])
    np.testing.assert_array_equal(state.best.numpy()[others], clean.best.numpy()[others])
    # What it found before stays a number.
    assert np.isfinite(state.best[1]).all() and np.isfinite(state.best_record[1]).all()


def test_a_projection_has_the_last_word():
    state, _, ways = ascend(STARTS, quadratic, (12,), project=lambda variable: tf.clip_by_value(variable, -0.1, 0.1))
    assert np.abs(ways[1:]).max() <= np.float32(0.1) and np.abs(state.variable).max() <= np.float32(0.1)
    assert np.abs(ways[0]).max() > 1


def test_the_box_is_never_left():
    def push(variable):
        return 1e3 * tf.reduce_sum(variable, 1), tf.zeros([tf.shape(variable)[0], 0])

    starts = to_variable(tf.constant([[1.0, -1.0], [0.0, 0.999999], [7.0, -7.0]]), "tanh")
    assert np.isfinite(starts).all()
    state, _, ways = ascend(starts.numpy(), push, (50,), rate=5.0, record_size=0)
    assert state.variable.numpy().max() > 100
    for variable in (ways, state.best):
        assert np.abs(to_latent(tf.constant(variable), "tanh")).max() <= 1


@pytest.mark.parametrize("form", ["tanh", "free", "sphere"])
def test_latent_and_variable_are_inverse(form):
    latents = draw_starts(tf.constant([3, 4]), 200, 7, form)
    np.testing.assert_allclose(to_latent(to_variable(latents, form), form), latents, atol=2e-6)
    if form == "tanh":
        np.testing.assert_allclose(
            to_variable(latents, form), np.arctanh(latents.numpy().astype(np.float64)), rtol=1e-3
        )
        np.testing.assert_allclose(
            to_latent(tf.constant([0.5, -2.0]), form),
            [(np.e - 1) / (np.e + 1), (1 - np.e**4) / (1 + np.e**4)],
            rtol=1e-6,
        )


def test_starts_are_drawn_as_said():
    seed = tf.constant([0, 1])
    box, free, half = (draw_starts(seed, 20_000, 4, *given).numpy() for given in (("tanh",), ("free",), ("free", 0.5)))
    # Four standard errors of 80000 draws: of a mean, sd / 283; of a variance, about sqrt(2) sd^2 / 283 at most.
    assert np.abs(box).max() < 1 and abs(box.mean()) < 4 * 3**-0.5 / 282 and abs(box.var() - 1 / 3) < 0.01
    assert abs(free.mean()) < 4 / 282 and abs(free.var() - 1) < 4 * 2**0.5 / 282
    np.testing.assert_allclose(half, free / 2, rtol=1e-6)
    np.testing.assert_array_equal(draw_starts(seed, 20_000, 4, "free"), free)
    assert (draw_starts(tf.constant([0, 2]), 20_000, 4, "free").numpy() != free).any()


def test_the_sphere_is_never_left():
    """Of the length that normal latents have on average, whichever way z' points and however long it is."""
    starts = draw_starts(tf.constant([0, 1]), 500, 16, "sphere").numpy()
    np.testing.assert_allclose(np.linalg.norm(starts, axis=1), 4.0, rtol=1e-6)
    assert np.abs(starts.mean(0)).max() < 4 / 500**0.5  # Of variance 1 in each direction.
    state, _, ways = ascend(
        5 * starts[:3], lambda z: (to_latent(z, "sphere")[:, 0], tf.zeros([3, 0])), (60,), record_size=0
    )
    found = to_latent(tf.constant(state.best), "sphere").numpy()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 4.0, rtol=1e-6)
    assert (found[:, 0] > starts[:3, 0]).all()  # Up the only slope there is.
    assert np.linalg.norm(ways, axis=2).max() > 4.1  # z' itself is free.
    # A way of several steps is taken apart row by row.
    np.testing.assert_allclose(np.linalg.norm(to_latent(tf.constant(ways), "sphere"), axis=2), 4.0, rtol=1e-6)
