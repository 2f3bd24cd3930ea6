#!/usr/bin/env bash
# A tf.Module that holds a Keras 3 model leaves its weights out of its variables, though a checkpoint of it has them.
#
# Packages: tensorflow 2.21.0 with keras 3.15.1.
# Behaviour: tf.Module.variables, trainable_variables and submodules pass over Keras 3's layers, models and variables, as
#   these are no tf.Module and no tf.Variable. tf.train.Checkpoint follows another path and finds every weight.
# Expected: the model's weights, as with TensorFlow 2.15 and Keras 2 from these very lines (5 variables there), or the
#   same answer from both.
# Seen:
#   trainable variables of the module: ['users:0'], of its Keras model: 4
#   variables in a checkpoint of the module: 5
#   loss at step 0: 44.686
#   loss at step 100: 0.054
#   network's weights moved: False
# Why it matters: a recommender or GAN written as tf.Module around Keras layers trains its own variables and leaves the
#   network alone after the move to Keras 3: the loss still falls, checkpoints have the right size, nothing warns.
#   Weight penalties and gradient norms over module.trainable_variables leave the network out likewise.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import os
import sys
import tempfile

import keras
import numpy as np
import tensorflow as tf


class Recommender(tf.Module):
    def __init__(self):
        super().__init__()
        self.users = tf.Variable(tf.ones([5, 2]), name="users")
        self.network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)])


recommender, photos = Recommender(), np.ones((5, 3), np.float32)
names = [one.name for one in recommender.trainable_variables]
print(f"trainable variables of the module: {names}, of its Keras model: {len(recommender.network.trainable_variables)}")
with tempfile.TemporaryDirectory() as folder:
    path = tf.train.Checkpoint(module=recommender).write(os.path.join(folder, "checkpoint"))
    saved = [name for name, _ in tf.train.list_variables(path) if "VARIABLE_VALUE" in name]
print(f"variables in a checkpoint of the module: {len(saved)}")
before = recommender.network.get_weights()
for step in range(101):
    with tf.GradientTape() as tape:
        scores = tf.reduce_sum(recommender.users * recommender.network(photos), 1)
        loss = tf.reduce_sum(tf.square(scores - tf.range(5.0)))
    for variable, gradient in zip(recommender.trainable_variables, tape.gradient(loss, recommender.trainable_variables)):
        variable.assign_sub(0.01 * gradient)
    if step in (0, 100):
        print(f"loss at step {step}: {loss:.3f}")
moved = any((old != new).any() for old, new in zip(before, recommender.network.get_weights()))
print(f"network's weights moved: {moved}")
if names == ["users:0"] and len(saved) == 5 and not moved:
    print("AS DESCRIBED: the module does not know its network's weights")
else:
    sys.exit(f"CHANGED: the module's trainable variables are {names}")
PYTHON
