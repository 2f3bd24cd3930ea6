#!/usr/bin/env bash
# tf.io.decode_png(channels=4) gives an opaque PNG of 1, 2 or 4 bits an alpha of 1, 3 or 15.
#
# Packages: tensorflow 2.21.0 (2.15.1 does the same); Pillow 13.0.0 writes the files and reads them for comparison.
# Behaviour: the alpha channel that is added to a palette or grey PNG without transparency holds the largest number of
#   the file's bit depth, 2^depth - 1, while colours are stretched to 0..255. Only at 8 bits is the alpha 255. The same
#   holds for tf.io.decode_image.
# Expected: alpha 255, opaque, as Pillow's convert("RGBA") has it at every depth.
# Seen:
#   1 bit: TensorFlow [200 100  50   1], Pillow [200 100  50 255], TensorFlow's laid on white [255 254 254]
#   2 bits: TensorFlow [200 100  50   3], Pillow [200 100  50 255], TensorFlow's laid on white [254 253 253]
#   4 bits: TensorFlow [200 100  50  15], Pillow [200 100  50 255], TensorFlow's laid on white [252 246 243]
#   8 bits: TensorFlow [200 100  50 255], Pillow [200 100  50 255], TensorFlow's laid on white [200 100  50]
# Why it matters: product photos with few colours are often saved as small palette PNGs. Who decodes RGBA and lays it on
#   white, as a recommender or GAN of product photos does, trains on a white square in their place. No error is raised.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile tensorflow==2.21.0 keras==3.15.1 pillow==13.0.0
TF_CPP_MIN_LOG_LEVEL=3 "$place/venv/bin/python" - <<'PYTHON'
import io
import sys

import numpy as np
import tensorflow as tf
from PIL import Image

alphas = {}
for bits in (1, 2, 4, 8):
    image = Image.new("P", (8, 8))
    image.putpalette([200, 100, 50] + [0, 0, 0] * (2**bits - 1))
    file = io.BytesIO()
    image.save(file, "PNG")
    assert file.getvalue()[24:26] == bytes([bits, 3])  # IHDR: bit depth, palette
    seen = tf.io.decode_png(file.getvalue(), channels=4).numpy()[0, 0].astype(int)
    right = np.asarray(Image.open(file).convert("RGBA"))[0, 0]
    on_white = np.round((seen[:3] * seen[3] + 255 * (255 - seen[3])) / 255).astype(int)
    print(f"{bits} bit{'s' * (bits > 1)}: TensorFlow {seen}, Pillow {right}, TensorFlow's laid on white {on_white}")
    assert right.tolist() == [200, 100, 50, 255]
    alphas[bits] = int(seen[3])
if alphas == {bits: 2**bits - 1 for bits in alphas}:
    print("AS DESCRIBED: the alpha of an opaque PNG depends on its bit depth")
else:
    sys.exit(f"CHANGED: alphas by bit depth are now {alphas}")
PYTHON
