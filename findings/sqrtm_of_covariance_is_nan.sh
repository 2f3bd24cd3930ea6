#!/usr/bin/env bash
# tf.linalg.sqrtm of a covariance of fewer samples than features is all NaN, without an error.
#
# Packages: tensorflow 2.21.0 (2.15.1 does the same); SciPy 1.17.1 and NumPy for comparison.
# Behaviour: a positive semi-definite matrix has one positive semi-definite root, but where several of its eigenvalues are
#   0, up to rounding, every element of the result is NaN: always for the zero matrix and diag(1, 0, 0), and for large
#   covariances of few samples; small ones of nearly full rank may come out right, as diag(1, 1, 0) does.
# Expected: the root, as scipy.linalg.sqrtm gives it (up to an imaginary part of rounding), or as an eigendecomposition
#   with negative eigenvalues set to 0 does.
# Seen:
#   covariance of 1000 samples of 64 features: 0 of 4096 elements of the root are NaN; SciPy's root squared is off by
#     6e-15, the eigenvalues' by 3e-15
#   covariance of 20 samples of 64 features: 4096 of 4096 elements of the root are NaN; SciPy's root squared is off by
#     5e-15, the eigenvalues' by 5e-15
#   root of zeros [2, 2]: [[nan, nan], [nan, nan]]
#   max(0.0, NaN) in Python: 0.0
# Why it matters: the Frechet distance of GANs takes the root of a covariance or of a product of two. With 2048 features
#   of InceptionV3 every sample of fewer images than that, and every feature that is 0 everywhere after a ReLU, makes it
#   singular. The distance is then NaN, or, where NaN is caught by max(0, d) in Python, 0: a perfect GAN.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1 scipy==1.17.1
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import sys

import numpy as np
import scipy.linalg
import tensorflow as tf


def by_eigenvalues(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T


def worst(root, matrix):
    return np.abs(root @ root - matrix).max()


random, broken = np.random.default_rng(0), {}
for samples in (1000, 20):
    covariance = np.cov(random.normal(size=(samples, 64)), rowvar=False)
    root = tf.linalg.sqrtm(tf.constant(covariance)).numpy()
    broken[samples] = int(np.isnan(root).sum())
    print(f"covariance of {samples} samples of 64 features: {broken[samples]} of 4096 elements of the root are NaN; ", end="")
    print(f"SciPy's root squared is off by {worst(scipy.linalg.sqrtm(covariance), covariance):.0e}, ", end="")
    print(f"the eigenvalues' by {worst(by_eigenvalues(covariance), covariance):.0e}")
zero = tf.linalg.sqrtm(tf.zeros([2, 2])).numpy()
print(f"root of zeros [2, 2]: {zero.tolist()}")
print(f"max(0.0, NaN) in Python: {max(0.0, float(zero[0, 0]))}")
if broken == {1000: 0, 20: 4096} and np.isnan(zero).all():
    print("AS DESCRIBED: a singular covariance has no root")
else:
    sys.exit(f"CHANGED: NaN by number of samples {broken}, root of zeros {zero.tolist()}")
PYTHON
