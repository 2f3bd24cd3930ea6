#!/usr/bin/env bash
# Compiled by XLA, one user's scores of identical items differ; two users' scores, and uncompiled ones, do not.
#
# Package: tensorflow 2.21.0, on the CPU (2.15.1 does the same).
# Behaviour: under jit_compile=True the product of a [1, D] matrix with [D, N] adds up some columns in another order
#   than others, so bitwise equal columns get scores that differ in the last bits. With a second row none do.
# Expected: equal columns give equal scores in one and the same product, as in eager mode and in NumPy, and whether they
#   do does not depend on the number of rows.
# Seen:
#   1 user, plain: catalogues of identical items with unequal scores: 0 of 120, highest strict AUC of an item 0.000
#   1 user, XLA: catalogues of identical items with unequal scores: 49 of 120, highest strict AUC of an item 1.000
#   2 users, plain: catalogues of identical items with unequal scores: 0 of 120, highest strict AUC of an item 0.000
#   2 users, XLA: catalogues of identical items with unequal scores: 0 of 120, highest strict AUC of an item 0.000
# Why it matters: AUC counts items with a strictly smaller score. Where the network has collapsed to one style vector,
#   every comparison is a tie and the AUC must be 0 (0.5 if ties count half); one user a batch makes it look like
#   ranking. Results also change with the size of the last batch of users.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import tensorflow as tf


def product(users, items):
    return tf.matmul(users, items, transpose_b=True)


random, unequal = np.random.default_rng(0), {}
for rows in (1, 2):
    for name in ("plain", "XLA"):
        broken, highest = 0, 0.0
        for count in range(2, 122):
            scored = tf.function(product, jit_compile=name == "XLA", autograph=False)
            items = np.repeat(random.normal(size=(1, 50)).astype(np.float32), count, 0)
            scores = scored(random.normal(size=(rows, 50)).astype(np.float32), items).numpy()[0]
            broken += len(set(scores.tolist())) > 1
            highest = max(highest, (scores < scores.max()).sum() / (count - 1))
        unequal[rows, name] = broken
        print(
            f"{rows} user{'s' * (rows > 1)}, {name}: catalogues of identical items with unequal scores: "
            f"{broken} of 120, highest strict AUC of an item {highest:.3f}"
        )
if unequal.pop((1, "XLA")) > 0 and not any(unequal.values()):
    print("AS DESCRIBED: XLA breaks the ties of one user alone")
else:
    sys.exit("CHANGED: ties are kept, or broken elsewhere too")
PYTHON
