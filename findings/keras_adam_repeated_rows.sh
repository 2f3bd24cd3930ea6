#!/usr/bin/env bash
# Keras 3's Adam squares the pieces of a repeated embedding row before it adds them: longer steps for repeated rows.
#
# Packages: tensorflow 2.21.0 with keras 3.15.1.
# Behaviour: the gradient of an embedding lookup is tf.IndexedSlices that names a row as often as the batch has it. The
#   second moment adds the squares of these pieces, 1 + 1 + 1 = 3, and not the square of their sum, 9. RMSprop, Adagrad,
#   Nadam, Adadelta, AdamW and Ftrl do likewise; SGD, Adamax and Lion do not.
# Expected: the same step as with the same gradient as a dense tensor, which is what Adam is defined by, and what
#   Keras 2.15 does with these very lines.
# Seen:
#   Adam: row drawn three times 0.827 as slices, 0.900 dense; row drawn once 0.900 and 0.900
#   RMSprop: row drawn three times 0.452 as slices, 0.684 dense; row drawn once 0.684 and 0.684
#   Adagrad: row drawn three times 0.830 as slices, 0.901 dense; row drawn once 0.905 and 0.905
#   SGD: row drawn three times 0.700 as slices, 0.700 dense; row drawn once 0.900 and 0.900
# Why it matters: user and item tables of a recommender see popular rows many times a batch: a row seen n times takes
#   steps up to sqrt(n) times as long as Adam's, so popular items learn at another rate, results change with the batch
#   size, and a run carried over from Keras 2 goes on differently.
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


def stepped(name, dense):
    table = keras.Variable(np.ones((2, 1), np.float32))
    optimizer = getattr(keras.optimizers, name)(0.1)
    optimizer.build([table])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.gather(table.value, [0, 0, 0, 1]))
    gradient = tape.gradient(loss, table.value)
    assert isinstance(gradient, tf.IndexedSlices)
    optimizer.apply_gradients([(tf.convert_to_tensor(gradient) if dense else gradient, table)])
    return table.numpy().ravel()


apart = {}
for name in ("Adam", "RMSprop", "Adagrad", "SGD"):
    slices, dense = stepped(name, False), stepped(name, True)
    print(
        f"{name}: row drawn three times {slices[0]:.3f} as slices, {dense[0]:.3f} dense; "
        f"row drawn once {slices[1]:.3f} and {dense[1]:.3f}"
    )
    apart[name] = abs(slices[0] - dense[0]) > 0.01
    assert abs(slices[1] - dense[1]) < 1e-5
if apart == {"Adam": True, "RMSprop": True, "Adagrad": True, "SGD": False}:
    print("AS DESCRIBED: a repeated row's gradients are squared one by one")
else:
    sys.exit(f"CHANGED: whether slices and dense gradients differ is now {apart}")
PYTHON
