#!/usr/bin/env bash
# NumPy's mean over the rows of a float32 table is wrong by a percent at a million rows; over the columns it is exact.
#
# Package: numpy 2.4.6 (1.26.4 does the same).
# Behaviour: mean(axis=0) of a C-ordered [N, F] array adds row after row into one float32 number a column; the pairwise
#   summation for which NumPy is known is used along the last axis in memory only. From 2^24 ones on the sum stands still.
#   std, var and sum along axis 0 do the same, and the same numbers in Fortran order are added pairwise.
# Expected: an error of about 1e-6, as along the other axis, and one result for both memory orders.
# Seen:
#   10000 rows of 0.1: mean 0.09999, off by 0.010 %; in Fortran order 0.10000, added in float64 0.10000; standard
#     deviation 0.00001
#   100000 rows of 0.1: mean 0.09999, off by 0.014 %; in Fortran order 0.10000, added in float64 0.10000; standard
#     deviation 0.00001
#   1000000 rows of 0.1: mean 0.10096, off by 0.958 %; in Fortran order 0.10000, added in float64 0.10000; standard
#     deviation 0.00095
# Why it matters: "features.mean(0)" of the items' features centres a table, standardises VBPR's input and is half of a
#   Frechet distance. With a catalogue of a million photos the mean is off by more than float32's digits let expect, and
#   the standard deviation of a constant feature is not 0. mean(0, dtype=np.float64) mends it.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np

off = {}
for rows in (10_000, 100_000, 1_000_000):
    features = np.full((rows, 2), 0.1, np.float32)
    off[rows] = abs(float(features.mean(0)[0]) / 0.1 - 1)
    fortran, exact = np.asfortranarray(features).mean(0)[0], features.mean(0, dtype=np.float64)[0]
    print(f"{rows} rows of 0.1: mean {features.mean(0)[0]:.5f}, off by {100 * off[rows]:.3f} %; in Fortran order ", end="")
    print(f"{fortran:.5f}, added in float64 {exact:.5f}; standard deviation {features.std(0)[0]:.5f}")
    assert abs(fortran - 0.1) < 1e-5 and abs(exact - 0.1) < 1e-6
if off[1_000_000] > 0.005:
    print("AS DESCRIBED: the mean over rows drifts")
else:
    sys.exit(f"CHANGED: relative errors by rows are now {off}")
PYTHON
