#!/usr/bin/env bash
# A convolution of an empty batch has the shape of its input: the wrong height, width and number of channels.
#
# Package: tensorflow 2.21.0 and keras 3.15.1, on the CPU with oneDNN, which is on by default (2.15.1 does the same).
# Behaviour: tf.nn.conv2d, conv1d, conv3d and depthwise_conv2d of a batch of 0 return the shape of the input, whatever
#   the kernel, the strides and the padding are. Keras' Conv2D layer fails when it adds the bias. With
#   TF_ENABLE_ONEDNN_OPTS=0, compiled by XLA, and for pooling and transposed convolutions, the shape is right.
# Expected: [0, 16, 16, 3], as for any other batch but for the 0, and as static shape inference says.
# Seen:
#   tf.nn.conv2d of a batch of 0: (0, 32, 32, 8); of 1: (1, 16, 16, 3)
#   conv1d of 0: (0, 32, 8); conv3d of 0: (0, 8, 8, 8, 4); depthwise of 0: (0, 32, 32, 8)
#   compiled by XLA, of 0: (0, 16, 16, 3)
#   without oneDNN, of 0: (0, 16, 16, 3)
#   a Keras layer of 0 photos: InvalidArgumentError
# Why it matters: the last batch of a filtered stream, or a request in which no photo could be read, is empty. A served
#   network fails on it, or answers with another shape than its signature promises.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
export TF_CPP_MIN_LOG_LEVEL=3
cat > "$place/plain.py" <<'PYTHON'
import tensorflow as tf

found = tf.nn.conv2d(tf.zeros([0, 32, 32, 8]), tf.ones([3, 3, 8, 3]), 2, "SAME")
print(f"without oneDNN, of 0: {tuple(found.shape)}")
PYTHON
"$place/venv/bin/python" - <<'PYTHON'
import sys

import keras
import tensorflow as tf

kernel = tf.ones([3, 3, 8, 3])


def convolve(photos):
    return tf.nn.conv2d(photos, kernel, 2, "SAME")


none, one = (tuple(convolve(tf.zeros([count, 32, 32, 8])).shape) for count in (0, 1))
print(f"tf.nn.conv2d of a batch of 0: {none}; of 1: {one}")
line = tf.nn.conv1d(tf.zeros([0, 32, 8]), tf.ones([3, 8, 5]), 1, "SAME")
space = tf.nn.conv3d(tf.zeros([0, 8, 8, 8, 4]), tf.ones([3, 3, 3, 4, 5]), [1] * 5, "SAME")
depth = tf.nn.depthwise_conv2d(tf.zeros([0, 32, 32, 8]), tf.ones([3, 3, 8, 2]), [1, 2, 2, 1], "SAME")
print(f"conv1d of 0: {tuple(line.shape)}; conv3d of 0: {tuple(space.shape)}; depthwise of 0: {tuple(depth.shape)}")
compiled = tf.function(convolve, jit_compile=True)(tf.zeros([0, 32, 32, 8]))
print(f"compiled by XLA, of 0: {tuple(compiled.shape)}")
try:
    layer = f"{tuple(keras.layers.Conv2D(16, 3, strides=2)(tf.zeros([0, 32, 32, 3])).shape)}"
except tf.errors.InvalidArgumentError as error:
    layer = type(error).__name__
print(f"a Keras layer of 0 photos: {layer}")
if none != (0, 32, 32, 8) or tuple(compiled.shape) != (0, 16, 16, 3):
    sys.exit("CHANGED: a convolution of an empty batch has another shape than its input")
PYTHON
TF_ENABLE_ONEDNN_OPTS=0 "$place/venv/bin/python" "$place/plain.py"
echo "AS DESCRIBED: a convolution of an empty batch keeps the shape of its input"
