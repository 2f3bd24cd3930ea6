"""Reads numbers and finds offsets in a photo file's bytes, inside a graph, before the photo is decoded."""

from collections.abc import Callable

import tensorflow as tf

BEHIND = 32  # zeros behind a file's bytes
MOST_STEPS = 20_000  # longest walk through a file's parts; no camera or shop writes a file with more parts


def bytes_of(encoded: tf.Tensor) -> tf.Tensor:
    """Returns a file's bytes and zeros for fields that a truncated file lacks: scalar string to uint8 [n + 32]."""
    return tf.io.decode_raw(encoded + bytes(BEHIND), tf.uint8)


def end_of(data: tf.Tensor) -> tf.Tensor:
    """Returns the file's length n, int64 scalar."""
    return tf.size(data, tf.int64) - BEHIND


def number(data: tf.Tensor, place: int | tf.Tensor, count: int, big_endian: bool = True) -> tf.Tensor:
    """Returns the unsigned number in `count` (at most 7) bytes from `place`, at most n + 32 - count: int64 scalar."""
    if count == 1:
        return tf.cast(tf.gather(data, place), tf.int64)
    weights = [256**power for power in range(count)]
    found = tf.cast(tf.slice(data, [place], [count]), tf.int64)
    return tf.reduce_sum(found * tf.constant(weights[::-1] if big_endian else weights, tf.int64))


def walk(
    data: tf.Tensor,
    start: int | tf.Tensor,
    step: Callable[[tf.Tensor], tf.Tensor],
    found: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
    """Returns the first offset for which `found` is true, walking from `start` in steps.

    Args:
        data: the result of `bytes_of`.
        start: the first offset.
        step: maps an offset (int64 scalar) to the next.
        found: maps an offset to a bool scalar, whether to stop there.

    Returns:
        int64 scalar; n if the file ends first or has more than `MOST_STEPS` parts.
    """
    end = end_of(data)

    def go_on(place: tf.Tensor, steps: tf.Tensor) -> tf.Tensor:
        return (place < end) & (steps < MOST_STEPS) & ~found(place)

    start = tf.minimum(tf.cast(start, tf.int64), end)
    place, steps = tf.while_loop(
        go_on,
        lambda place, steps: (tf.minimum(step(place), end), steps + 1),
        (start, tf.constant(0)),
        parallel_iterations=1,
    )
    return tf.where(steps < MOST_STEPS, place, end)
