"""Gradient ascent on many latents at once: Adam in one compiled loop, independent rows, each row's best step kept."""

from collections.abc import Callable
from typing import NamedTuple

import tensorflow as tf

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8

Measure = Callable[..., tuple[tf.Tensor, tf.Tensor]]


class State(NamedTuple):
    """The state of an ascent of B independent rows.

    Attributes:
        variable: z' float32 [B, Z].
        first: Adam's first moment [B, Z].
        second: Adam's second moment [B, Z].
        step: int32 scalar, number of updates done.
        best: z' of each row's best step so far [B, Z].
        best_step: int32 [B].
        best_record: float32 [B, 1 + R], the objective and the record at that step; minus infinity before the first.
        finite: bool [B], whether the objective was finite at every step.
    """

    variable: tf.Tensor
    first: tf.Tensor
    second: tf.Tensor
    step: tf.Tensor
    best: tf.Tensor
    best_step: tf.Tensor
    best_record: tf.Tensor
    finite: tf.Tensor


def begin(variable: tf.Tensor, record_size: int) -> State:
    """Returns the state before the first step, for z' float32 [B, Z]; `Measure` records R numbers per row."""
    zeros, rows = tf.zeros_like(variable), tf.shape(variable)[0]
    return State(
        variable=variable,
        first=zeros,
        second=zeros,
        step=tf.zeros([], tf.int32),
        best=variable,
        best_step=tf.zeros([rows], tf.int32),
        best_record=tf.fill([rows, 1 + record_size], -float("inf")),
        finite=tf.ones([rows], tf.bool),
    )


def advance(
    state: State,
    count: tf.Tensor,
    measure: Measure,
    learning_rate: float | tf.Tensor,
    project: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> tuple[State, tf.Tensor, tf.Tensor]:
    """Makes some steps: each measures z', keeps it if it is the row's best, and moves it along the gradient by Adam.

    Call it inside a tf.function; the steps are one loop of its graph.

    Args:
        state: the state to continue from.
        count: int32 scalar, number of steps.
        measure: z' [B, Z] to (objective float32 [B], record float32 [B, R]); row b must depend only on row b.
        learning_rate: learning rate of Adam (decays .9 and .999).
        project: maps z' after each step to the z' of the next; None: no change.

    Returns:
        (state, records float32 [count, B, 1 + R] with the objective first, z' float32 [count, B, Z] as measured).
    """
    records, ways = (tf.TensorArray(tf.float32, count) for _ in range(2))

    def body(number: tf.Tensor, state: State, records: tf.TensorArray, ways: tf.TensorArray) -> tuple:
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(state.variable)
            objective, record = measure(state.variable)
        # Rows are independent, so the gradient of the sum is each row's own.
        gradient = tape.gradient(objective, state.variable)
        record = tf.concat([objective[:, None], record], 1)
        records, ways = records.write(number, record), ways.write(number, state.variable)
        return number + 1, _move(_keep_best(state, record), gradient, learning_rate, project), records, ways

    _, state, records, ways = tf.while_loop(
        lambda number, *_: number < count, body, (tf.constant(0), state, records, ways), parallel_iterations=1
    )
    shape = state.best_record.shape
    return state, tf.ensure_shape(records.stack(), [None, *shape]), ways.stack()


def finish(state: State, measure: Measure) -> tuple[State, tf.Tensor]:
    """Measures the result of the last step: (state with the best of all steps, record float32 [B, 1 + R])."""
    objective, record = measure(state.variable)
    record = tf.concat([objective[:, None], record], 1)
    return _keep_best(state, record), record


def _keep_best(state: State, record: tf.Tensor) -> State:
    finite = tf.reduce_all(tf.math.is_finite(record), 1)
    better = finite & (record[:, 0] > state.best_record[:, 0])
    return state._replace(
        best=tf.where(better[:, None], state.variable, state.best),
        best_step=tf.where(better, state.step, state.best_step),
        best_record=tf.where(better[:, None], record, state.best_record),
        finite=state.finite & finite,
    )


def _move(
    state: State,
    gradient: tf.Tensor,
    learning_rate: float | tf.Tensor,
    project: Callable[[tf.Tensor], tf.Tensor] | None,
) -> State:
    step = state.step + 1
    first = _BETA1 * state.first + (1 - _BETA1) * gradient
    second = _BETA2 * state.second + (1 - _BETA2) * tf.square(gradient)
    done = tf.cast(step, tf.float32)
    corrected = first / (1 - _BETA1**done), second / (1 - _BETA2**done)
    variable = state.variable + learning_rate * corrected[0] / (tf.sqrt(corrected[1]) + _EPSILON)
    variable = variable if project is None else project(variable)
    return state._replace(variable=variable, first=first, second=second, step=step)
