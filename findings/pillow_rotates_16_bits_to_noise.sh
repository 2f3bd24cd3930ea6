#!/usr/bin/env bash
# Pillow's rotate and transform with BILINEAR or BICUBIC turn a 16-bit grey image into noise, without an error.
#
# Package: pillow 13.0.0 (12.0.0 does the same), with numpy 2.4.6.
# Behaviour: on mode "I;16", the mode of every 16-bit grey PNG, the interpolation works on single bytes: an image that is
#   300 everywhere comes out with values of at most 44, the low byte of 300. NEAREST, turns by 90 degrees and resize()
#   are right, as are modes "I" and "F".
# Expected: 300 stays 300 inside the image, as in mode "I", or ValueError, as reduce() and getextrema() raise.
# Seen:
#   NEAREST: rotated by 10 degrees 300 to 300, in mode I [300]
#   NEAREST: moved by half a pixel [300], resized to 128 x 128 [300]
#   BILINEAR: rotated by 10 degrees 1 to 43, in mode I [300]
#   BILINEAR: moved by half a pixel [22], resized to 128 x 128 [300]
#   BICUBIC: rotated by 10 degrees 1 to 43, in mode I [300]
#   BICUBIC: moved by half a pixel [22], resized to 128 x 128 [300]
# Why it matters: random rotation or shear as augmentation of 16-bit greys (depth maps, X-rays, scanned cloth) trains a
#   network on noise; the mode, the size and the type of the result are as they should be.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -qq --no-compile pillow==13.0.0 numpy==2.4.6
"$place/venv/bin/python" - <<'PYTHON'
import io
import sys

import numpy as np
from PIL import Image

file = io.BytesIO()
Image.fromarray(np.full((64, 64), 300, np.uint16)).save(file, "PNG")
image = Image.open(file)
image.load()
assert image.mode == "I;16" and np.asarray(image).max() == 300


def inside(turned):
    return sorted({int(one) for one in np.asarray(turned)[20:44, 20:44].ravel()})


shift = (1, 0, 0.5, 0, 1, 0)
found = {}
for name in ("NEAREST", "BILINEAR", "BICUBIC"):
    method = Image.Resampling[name]
    found[name] = inside(image.rotate(10, method))
    print(f"{name}: rotated by 10 degrees {found[name][0]} to {found[name][-1]}, in mode I {inside(image.convert('I').rotate(10, method))}")
    moved = inside(image.transform(image.size, Image.Transform.AFFINE, shift, method))
    print(f"{name}: moved by half a pixel {moved}, resized to 128 x 128 {inside(image.resize((128, 128), method))}")
if found["NEAREST"] == [300] and max(found["BILINEAR"]) < 300 and max(found["BICUBIC"]) < 300:
    print("AS DESCRIBED: interpolated turns of 16-bit images are noise")
else:
    sys.exit(f"CHANGED: {found}")
PYTHON
