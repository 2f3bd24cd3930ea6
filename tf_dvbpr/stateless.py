"""Random draws that depend only on (seed, step, ...), so that a resumed run draws what the unbroken run would have."""

import tensorflow as tf

# One stream per use, so that no two draws of a step share random numbers.
TRIPLETS, DROPOUT, AUGMENTATION, LATENTS, PHOTOS, MIRRORING, DESIGN, INVERSION = range(8)


def seed_of(seed: int | tf.Tensor, stream: int, *counters: int | tf.Tensor) -> tf.Tensor:
    """Returns a stateless seed, int32 [2], from the run's seed, a stream and counters (step, layer, replica)."""
    folded = tf.stack([tf.bitwise.bitwise_and(tf.cast(seed, tf.int32), 0x7FFFFFFF), stream])
    for counter in counters:
        folded = tf.random.experimental.stateless_fold_in(folded, tf.cast(counter, tf.int32), alg="philox")
    return folded


def uniform_below(bound: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws integers uniform in [0, bound), int64, one for each element of `bound` (int64, positive).

    They are sixty-two random bits modulo the bound; the bias is below bound / 2^62.
    """
    bits = tf.random.stateless_uniform(tf.shape(bound), seed, minval=None, maxval=None, dtype=tf.int64, alg="philox")
    return tf.bitwise.bitwise_and(bits, 2**62 - 1) % bound


def coins(count: int | tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Draws fair coins, bool [count]."""
    return tf.random.stateless_uniform([count], seed, alg="philox") < 0.5


def dropout(x: tf.Tensor, rate: float, seed: tf.Tensor) -> tf.Tensor:
    """Applies inverted dropout: keeps each element with probability 1 - rate and divides it by 1 - rate.

    It is stateless, unlike `keras.layers.Dropout`, whose hidden seed state is not in a checkpoint.
    """
    kept = tf.random.stateless_uniform(tf.shape(x), seed, dtype=tf.float32, alg="philox") >= rate
    return tf.where(kept, x / tf.cast(1.0 - rate, x.dtype), tf.zeros([], x.dtype))
