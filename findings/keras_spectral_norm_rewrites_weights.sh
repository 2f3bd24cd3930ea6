#!/usr/bin/env bash
# keras.layers.SpectralNormalization overwrites the layer's weights in each forward pass with training=True.
#
# Packages: tensorflow 2.21.0 with keras 3.15.1 (keras 2.15.0 does the same).
# Behaviour: the pass divides the kernel by its largest singular value and stores the quotient as the kernel. Weights
#   change without an optimiser, a gradient or a loss; what the optimiser stepped on is lost. The gradient does not pass
#   through the division. Until the first such pass, training=False uses the kernel as it is, not normalised at all.
# Expected: as in the paper (Miyato et al. 2018) and torch.nn.utils.spectral_norm: a kernel W that only the optimiser
#   changes, and W / sigma(W) computed from it for use in the pass, with the gradient of sigma.
# Seen:
#   kernel's norm at first 10.0, and output of [1. 2.] without training [10. 20.]
#   kernel's norm after one forward pass with training=True 1.0, no optimiser made
#   gradient along the kernel itself 3.0, where that of W / sigma(W) is 0
# Why it matters: in a GAN the generator's step runs the discriminator with training=True, and so moves its weights, which
#   that step must hold still. Weight decay and Adam's steps act on a kernel of norm 1 whatever they did before.
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

ten = keras.initializers.Identity(10.0)
layer = keras.layers.SpectralNormalization(keras.layers.Dense(2, use_bias=False, kernel_initializer=ten))
x = np.array([[1.0, 2.0]], np.float32)


def norm():
    return float(np.linalg.norm(layer.layer.kernel.numpy(), 2))


before = layer(x, training=False).numpy()
norms = [norm()]
print(f"kernel's norm at first {norms[0]:.1f}, and output of {x[0]} without training {before[0]}")
with tf.GradientTape() as tape:
    tape.watch(layer.layer.kernel.value)
    y = tf.reduce_sum(layer(x, training=True))
norms.append(norm())
print(f"kernel's norm after one forward pass with training=True {norms[1]:.1f}, no optimiser made")
# W / sigma(W) stays the same when W is scaled, so that its gradient along W is 0.
along = float(tf.reduce_sum(tape.gradient(y, layer.layer.kernel.value) * layer.layer.kernel.value))
print(f"gradient along the kernel itself {along:.1f}, where that of W / sigma(W) is 0")
if np.allclose(norms, [10, 1], atol=1e-3) and np.allclose(before, 10 * x) and abs(along - 3) < 1e-3:
    print("AS DESCRIBED: a forward pass replaces the weights")
else:
    sys.exit(f"CHANGED: norms {norms}, gradient along the kernel {along}")
PYTHON
