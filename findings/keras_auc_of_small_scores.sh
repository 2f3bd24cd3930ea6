#!/usr/bin/env bash
# keras.metrics.AUC of a perfect ranking is 0.5 where all probabilities are small, as click rates are.
#
# Packages: tensorflow 2.21.0 with keras 3.15.1 (keras 2.15.0 does the same).
# Behaviour: the metric counts above 200 fixed thresholds evenly spaced in 0..1. Scores that all lie between two of them,
#   below 0.005 say, are one tie to it. There is no warning.
# Expected: AUC depends on the order of the scores alone, so it is 1 where every positive scores higher than every
#   negative, and stays what it was when all scores are divided by 1000.
# Seen:
#   perfect ranking, scores x 1: Keras 1.000, all pairs 1.000
#   perfect ranking, scores x 0.01: Keras 0.997, all pairs 1.000
#   perfect ranking, scores x 0.001: Keras 0.500, all pairs 1.000
#   fair ranking, scores x 1: Keras 0.756, all pairs 0.756
#   fair ranking, scores x 0.01: Keras 0.679, all pairs 0.756
#   fair ranking, scores x 0.001: Keras 0.500, all pairs 0.756
# Why it matters: purchase and click probabilities are often below one in a thousand. A recommender that ranks perfectly
#   is reported as guessing, and early stopping on this metric stops at once; a change of the loss's scale seems to make
#   the ranking better or worse.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import keras
import numpy as np


def by_keras(bought, scores):
    metric = keras.metrics.AUC()
    metric.update_state(bought, scores)
    return float(metric.result())


def by_pairs(bought, scores):
    wins = np.sign(scores[bought == 1][:, None] - scores[bought == 0])
    return (1 + wins.mean()) / 2


random = np.random.default_rng(0)
bought = (np.arange(1000) >= 500).astype(np.float32)
perfect = np.linspace(0.001, 0.999, 1000)
fair = 1 / (1 + np.exp(-random.normal(size=1000) - bought))
found = {}
for name, scores in (("perfect", perfect), ("fair", fair)):
    for factor in (1.0, 0.01, 0.001):
        found[name, factor] = by_keras(bought, scores * factor)
        print(f"{name} ranking, scores x {factor:g}: Keras {found[name, factor]:.3f}, ", end="")
        print(f"all pairs {by_pairs(bought, scores * factor):.3f}")
if found["perfect", 1.0] > 0.99 and found["perfect", 0.001] == found["fair", 0.001] == 0.5:
    print("AS DESCRIBED: the AUC of small scores is 0.5 whatever their order")
else:
    sys.exit("CHANGED: small scores are ranked")
PYTHON
