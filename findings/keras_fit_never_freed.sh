#!/usr/bin/env bash
# The weights of every model that was trained with fit stay in memory to the end of the process.
#
# Packages: tensorflow 2.21.0 with keras 3.15.1 (2.15.1 with keras 2.15.0 does the same).
# Behaviour: neither del, keras.backend.clear_session() nor gc.collect() frees a fitted model's weights and moments. The
#   optimiser calls tf.distribute.ReplicaContext.all_reduce, which registers a gradient function under a new name for
#   each function that traces it; TensorFlow's registry of gradients is global, nothing is ever taken out of it, and
#   through that function it holds the graph with all that the graph reads. No tf.distribute strategy is needed for it.
# Expected: a model that nothing refers to is freed, as one is that only predicted. That is what clear_session is for.
# Seen:
#   only predicted, then deleted: weights of 0 of 5 models are still held, memory grew by 0 times their size
#   fitted, then deleted: weights of 5 of 5 models are still held, memory grew by 3 times their size
# Why it matters: a search over settings, a cross validation or a notebook that trains one recommender after another
#   grows with each of them (with Adam three times the weights) until it is killed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import gc
import os
import sys
import weakref

import keras
import numpy as np

UNITS, MODELS = 4_000_000, 5


def used_once(fitted):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(UNITS, use_bias=False)])
    x = np.zeros((1, 1), np.float32)
    if fitted:
        model.compile("adam", "mse")
        model.fit(x, np.zeros((1, UNITS), np.float32), verbose=0)
    else:
        model.predict(x, verbose=0)
    return weakref.ref(model.weights[0].value.handle)


def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def held_of(fitted):
    used_once(fitted)  # What TensorFlow needs the first time is none of a model's.
    held, before = [], memory()
    for _ in range(MODELS):
        held.append(used_once(fitted))
        keras.backend.clear_session()
        gc.collect()
    count, grown = sum(one() is not None for one in held), (memory() - before) / (4 * UNITS * MODELS)
    how = "fitted" if fitted else "only predicted"
    print(f"{how}, then deleted: weights of {count} of {MODELS} models are still held, ", end="")
    print(f"memory grew by {grown:.0f} times their size")
    return count


predicted, fitted = held_of(False), held_of(True)
if (predicted, fitted) == (0, MODELS):
    print("AS DESCRIBED: fit keeps every model's weights for ever")
else:
    sys.exit(f"CHANGED: {fitted} fitted models of {MODELS} are kept, and {predicted} that only predicted")
PYTHON
