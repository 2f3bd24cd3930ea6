#!/usr/bin/env bash
# One NaN among the scores makes tf.math.top_k leave out better items than it returns, in the wrong order.
#
# Package: tensorflow 2.21.0, on the CPU (2.15.1 does the same).
# Behaviour: with a NaN in the row the kernel's comparisons contradict each other: a lower score takes the place of a
#   higher one that is left out, and the rest need not be in order. Compiled by XLA the same call puts NaN first and is
#   right otherwise. tf.sort and tf.argsort, which use top_k, go wrong alike.
# Expected: NaN first or last, the numbers in descending order around it, as NumPy, pandas and XLA do, or an error.
# Seen:
#   descending order of [1 nan 3 2]: [ 3.  1. nan  2.]
#   top 3 of [1 nan 3 2]: [nan  3.  1.], compiled [nan  3.  2.]
#   1000 rows of 1000 scores, 10 of them NaN: among the top 100 the numbers are not the best ones in order in 389
#     rows, and lack the very best in 199
# Why it matters: an item whose embedding has become NaN does not just show up or drop out: it changes which healthy
#   items users are recommended. To filter NaN out of the list afterwards, or to mask scores by adding NaN, is no cure.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import tensorflow as tf

small = tf.constant([1.0, np.nan, 3.0, 2.0])
print(f"descending order of [1 nan 3 2]: {tf.sort(small, direction='DESCENDING').numpy()}")
print(f"top 3 of [1 nan 3 2]: {tf.math.top_k(small, 3).values.numpy()}, ", end="")
print(f"compiled {tf.function(tf.math.top_k, jit_compile=True)(small, 3).values.numpy()}")

random = np.random.default_rng(0)
wrong, lost_best = 0, 0
for _ in range(1000):
    scores = random.permutation(1000).astype(np.float32)
    scores[random.choice(1000, 10, replace=False)] = np.nan
    best = np.sort(scores[~np.isnan(scores)])[::-1]
    found = tf.math.top_k(scores, 100).values.numpy()
    numbers = found[~np.isnan(found)]
    wrong += not np.array_equal(numbers, best[: len(numbers)])
    lost_best += best[0] not in numbers
print("1000 rows of 1000 scores, 10 of them NaN: among the top 100 the numbers are not the best ones in order in ", end="")
print(f"{wrong} rows, and lack the very best in {lost_best}")
if wrong > 0 and 2 not in tf.math.top_k(small, 3).values.numpy():
    print("AS DESCRIBED: a NaN spoils the ranking of the numbers around it")
else:
    sys.exit("CHANGED: the numbers are ranked right around a NaN")
PYTHON
