#!/usr/bin/env bash
# Fused batch normalisation returns another variance than it normalises with.
#
# Package: tensorflow 2.21.0 (2.15.1 does the same).
# Behaviour: tf.compat.v1.nn.fused_batch_norm(is_training=True) divides by the variance of the population, sum / N, and
#   returns the sample's, sum / (N - 1), N being batch x height x width. tf.nn.moments gives sum / N. Keras 2.15 takes
#   the fused way for images and the other for vectors, Keras 3 always sum / N: the moving variance of one layer on the
#   same numbers is 1.1 with Keras 2.15 and 1.0 with Keras 3.15.1.
# Expected: one variance: y is what comes out when the returned mean and variance are put into the layer's formula.
# Seen:
#   2 images of 1 x 1, half 0 and half 2: variance used 1.000, returned 2.000, tf.nn.moments 1.000; a 2 becomes 1.000,
#     and 0.707 with the returned ones
#   4 images of 1 x 1, half 0 and half 2: variance used 1.000, returned 1.333, tf.nn.moments 1.000; a 2 becomes 1.000,
#     and 0.866 with the returned ones
#   2 images of 4 x 4, half 0 and half 2: variance used 1.000, returned 1.032, tf.nn.moments 1.000; a 2 becomes 1.000,
#     and 0.984 with the returned ones
#   Keras 3.15.1, moving variance after the first batch, momentum 0.9: 1.000
# Why it matters: with batches of one or two, or small maps at a GAN's start (4 images of 1 x 1), inference with the
#   moving variance is not what training saw, by a factor of up to sqrt(2); statistics kept by a hand-written layer and
#   by Keras 2 and Keras 3 disagree, and a network carried over gives other outputs once it is trained on.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import keras
import numpy as np
import tensorflow as tf

returned, used = [], []
for images, side in ((2, 1), (4, 1), (2, 4)):
    x = np.resize(np.float32([0, 2]), (images, side, side, 1))
    y, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, [1.0], [0.0], epsilon=0.0001)
    used.append(float((1 / y[1 if side == 1 else 0, 0, -1, 0]) ** 2))  # y = (2 - mean 1) / sqrt(variance)
    returned.append(float(variance[0]))
    other = float(tf.nn.moments(x, [0, 1, 2])[1][0])
    again = float((2 - mean[0]) / tf.sqrt(variance[0]))
    print(f"{images} images of {side} x {side}, half 0 and half 2: variance used {used[-1]:.3f}, ", end="")
    print(f"returned {returned[-1]:.3f}, tf.nn.moments {other:.3f}; a 2 becomes {used[-1] ** -0.5:.3f}, ", end="")
    print(f"and {again:.3f} with the returned ones")
layer = keras.layers.BatchNormalization(momentum=0.9)
layer(np.resize(np.float32([0, 2]), (2, 1, 1, 1)), training=True)
moving = float(layer.moving_variance.numpy()[0])
print(f"Keras {keras.__version__}, moving variance after the first batch, momentum 0.9: {moving:.3f}")
if np.allclose(used, 1, atol=1e-3) and np.allclose(returned, [2, 4 / 3, 32 / 31]) and abs(moving - 1) < 1e-3:
    print("AS DESCRIBED: the returned variance is not the one used")
else:
    sys.exit(f"CHANGED: used {used}, returned {returned}, Keras' {moving}")
PYTHON
