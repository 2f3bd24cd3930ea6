#!/usr/bin/env bash
# tf.reduce_mean of 65,520 or more float16 numbers is 0 on the CPU, whatever their mean, and NaN from 131,072 halves on.
#
# Package: tensorflow 2.21.0 (2.15.1 does the same).
# Behaviour: the mean divides by a count that is itself float16. 65,520 rounds to infinity there, so the mean is 0; where
#   the sum overflows as well it is NaN. Along axis 0 the sum stops growing instead, and the mean is wrong long before.
#   Compiled by XLA, and in tf.nn.moments, the sum is taken in float32 and the mean is right.
# Expected: 0.5, or an infinite sum that shows; not a plausible number. The sum of 70,000 halves, 35,000, fits float16.
# Seen:
#   mean of 65504 halves: 0.5, compiled 0.5
#   mean of 65520 halves: 0, compiled 0.5
#   mean of 70000 halves: 0, compiled 0.5
#   mean of 131072 halves: nan, compiled 0.5
#   sum of 70000 halves: 35008, in float16
#   means of 2 columns of 65504 halves: [0.01564 0.01564]
#   least-squares loss of 70000 scores of 0.5 against 1: 0, of its gradient the largest: 0
# Why it matters: in mixed precision a loss over the pixels of a batch is a mean over more numbers than that (16 images of
#   64 x 64 x 3 are 196,608). A GAN's reconstruction loss or a patch discriminator's least-squares loss that is written
#   with tf.reduce_mean reads 0 and looks converged, and its gradient is 0 as well. Compiling the step hides the error.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import tensorflow as tf


def halves(*shape):
    return tf.fill(shape, tf.constant(0.5, tf.float16))


compiled = tf.function(tf.reduce_mean, jit_compile=True)
for count in (65_504, 65_520, 70_000, 131_072):
    print(f"mean of {count} halves: {tf.reduce_mean(halves(count)):g}, compiled {compiled(halves(count)):g}")
print(f"sum of 70000 halves: {tf.reduce_sum(halves(70_000)):g}, in float16")
print(f"means of 2 columns of 65504 halves: {tf.reduce_mean(halves(65_504, 2), 0).numpy()}")
scores = tf.Variable(halves(70_000))
with tf.GradientTape() as tape:
    loss = tf.reduce_mean(tf.square(scores - 1))
gradient = tape.gradient(loss, scores)
print(f"least-squares loss of 70000 scores of 0.5 against 1: {loss:g}, of its gradient the largest: ", end="")
print(f"{tf.reduce_max(tf.abs(gradient)):g}")
mean = tf.reduce_mean(halves(70_000))
if mean == 0 and loss == 0 and compiled(halves(70_000)) == 0.5 and tf.reduce_mean(halves(65_504)) == 0.5:
    print("AS DESCRIBED: the mean of many float16 numbers is 0")
else:
    sys.exit(f"CHANGED: the mean of 70000 halves is now {mean:g}")
PYTHON
