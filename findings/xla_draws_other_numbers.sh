#!/usr/bin/env bash
# A stateless random op with one seed and alg="philox" draws other numbers when XLA compiles it, on the same CPU.
#
# Package: tensorflow 2.21.0 (2.15.1 does the same).
# Behaviour: tf.random.stateless_uniform(alg="philox") in float32 draws other numbers in a function with jit_compile=True
#   than without. It draws the same ones only where the seed is a Python constant, so that a quick check finds nothing;
#   a seed that is computed, or is an argument, gives others. Whole numbers below a bound are the same in both.
#   tf.image.stateless_random_* differ as well.
# Expected: "stateless" means that the result is a function of shape and seed. The documentation promises the same output
#   on the same hardware and even between CPU and GPU, and warns of alg="auto_select" on another device alone.
#   jit_compile=True may change the speed and the last bits.
# Seen:
#   philox, seed an argument: plain [0.844 0.192 0.996], compiled [0.258 0.405 0.922]
#   philox, seed a constant:  plain [0.844 0.192 0.996], compiled [0.844 0.192 0.996]
#   philox, whole numbers, seed an argument: plain [40 49 94], compiled [40 49 94]
#   stateless_random_flip_left_right, 16 seeds: 9 images are flipped in one and not in the other
# Why it matters: a run that is repeated or resumed with jit_compile switched draws other negatives, latents and
#   augmentations from the same seed, and a test that compares eager with compiled steps fails without a fault in them.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import tensorflow as tf


def uniform(seed):
    return tf.random.stateless_uniform([3], seed, alg="philox")


def integers(seed):
    return tf.random.stateless_uniform([3], seed, 0, 100, tf.int32, alg="philox")


def flipped(seed):
    return tf.image.stateless_random_flip_left_right(tf.constant([[[0], [1]]]), seed)[0, 0, 0]


def both(draw, seed):
    plain = tf.function(draw, autograph=False)
    compiled = tf.function(draw, autograph=False, jit_compile=True)
    return plain(seed).numpy(), compiled(seed).numpy()


computed, constant = both(uniform, tf.constant([1, 2])), both(lambda _: uniform([1, 2]), 0)
whole = both(integers, tf.constant([1, 2]))
print(f"philox, seed an argument: plain {computed[0].round(3)}, compiled {computed[1].round(3)}")
print(f"philox, seed a constant:  plain {constant[0].round(3)}, compiled {constant[1].round(3)}")
print(f"philox, whole numbers, seed an argument: plain {whole[0]}, compiled {whole[1]}")
seeds = tf.stack([tf.range(16), tf.zeros(16, tf.int32)], 1)
plain, compiled = both(lambda every: tf.stack([flipped(one) for one in tf.unstack(every)]), seeds)
differ = int((plain != compiled).sum())
print(f"stateless_random_flip_left_right, 16 seeds: {differ} images are flipped in one and not in the other")
same = [np.array_equal(*pair) for pair in (computed, constant, whole)]
if same == [False, True, True] and differ > 0:
    print("AS DESCRIBED: the same seed draws other numbers under XLA")
else:
    sys.exit(f"CHANGED: alike are now {same}, and {differ} flips differ")
PYTHON
