#!/usr/bin/env bash
# TensorFlow's float32 uniform numbers are multiples of 2^-23: of a catalogue of 2^24 items half can never be drawn.
#
# Packages: tensorflow 2.21.0 (2.15.1 does the same); NumPy for comparison.
# Behaviour: tf.random.uniform and the stateless and Generator versions fill the 23 stored bits of the mantissa and no
#   more, so there are 8,388,608 different numbers. NumPy's float32 has 2^24 of them.
# Expected: the 2^24 numbers that float32 can hold evenly in [0, 1), so that floor(u * items) reaches each of up to 16.7
#   million items. A test with small catalogues finds nothing.
# Seen:
#   tf.random.uniform: 1000000 draws of 16777216 items, of which with an odd number 0
#   stateless_uniform: 1000000 draws of 16777216 items, of which with an odd number 0
#   Generator.uniform: 1000000 draws of 16777216 items, of which with an odd number 0
#   NumPy's float32: 1000000 draws of 16777216 items, of which with an odd number 501039
#   tf.random.uniform of int32: with an odd number 500653
#   catalogue of 8000000 items: 0 are out of reach of multiples of 2^-23
#   catalogue of 9900000 items: 1511392 are out of reach of multiples of 2^-23
#   catalogue of 12000000 items: 3611392 are out of reach of multiples of 2^-23
# Why it matters: negatives drawn as cast(uniform * items, int) from a catalogue of more than 8.4 million items never
#   touch some of them, always the same ones. These are never pushed down in training and rise to the top of the lists.
#   tf.random.uniform of an integer dtype is right.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import tensorflow as tf

ITEMS, DRAWS = 2**24, 1_000_000
draws = {
    "tf.random.uniform": tf.random.uniform([DRAWS], seed=1).numpy(),
    "stateless_uniform": tf.random.stateless_uniform([DRAWS], [1, 2]).numpy(),
    "Generator.uniform": tf.random.Generator.from_seed(1).uniform([DRAWS]).numpy(),
    "NumPy's float32": np.random.default_rng(1).random(DRAWS, np.float32),
}
odd = {}
for name, uniform in draws.items():
    items = (uniform * np.float32(ITEMS)).astype(np.int64)
    odd[name] = int((items % 2).sum())
    print(f"{name}: {DRAWS} draws of {ITEMS} items, of which with an odd number {odd[name]}")
whole = tf.random.uniform([DRAWS], maxval=ITEMS, dtype=tf.int32, seed=1).numpy()
print(f"tf.random.uniform of int32: with an odd number {int((whole % 2).sum())}")
multiples = np.arange(2**23) / 2**23
for items in (8_000_000, 9_900_000, 12_000_000):
    never = items - 1 - np.count_nonzero(np.diff((multiples * items).astype(np.int64)))
    print(f"catalogue of {items} items: {never} are out of reach of multiples of 2^-23")
reached = odd.pop("NumPy's float32")
if not any(odd.values()) and reached > 0 and (whole % 2).any():
    print("AS DESCRIBED: no odd item is ever drawn")
else:
    sys.exit(f"CHANGED: odd items drawn are now {odd}, by NumPy {reached}")
PYTHON
