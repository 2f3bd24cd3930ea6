#!/usr/bin/env bash
# tf.io.decode_image reads a palette BMP as grey: it takes the numbers of the colours for brightness.
#
# Packages: tensorflow 2.21.0 (2.15.1 does the same); Pillow 13.0.0 writes the files and reads them for comparison.
# Behaviour: for a BMP of 8 bits a pixel the decoder returns the stored bytes, which are indices of the file's colour
#   table, as one grey channel, and with channels=3 the same three times. The table is never read. No error is raised.
# Expected: the colours, as decode_image gives them for a palette PNG or GIF of the same picture; or an error, as TensorFlow
#   has for BMP files of 1 bit a pixel.
# Seen:
#   PNG: left and right half [[250, 10, 10], [10, 250, 10]], by Pillow [[250, 10, 10], [10, 250, 10]]
#   GIF: left and right half [[250, 10, 10], [10, 250, 10]], by Pillow [[250, 10, 10], [10, 250, 10]]
#   BMP: left and right half [[0, 0, 0], [1, 1, 1]], by Pillow [[250, 10, 10], [10, 250, 10]]
#   BMP of 1 bit a pixel: refused, Number of channels inherent in the image must be 1, 3 or 4, was 0 [Op:DecodeImage]
# Why it matters: a photo of few colours saved as BMP comes out nearly black, its colours gone, and the shape [H, W, 3] is
#   what the caller asked for: the recommender scores and embeds it like any other.
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

image = Image.new("P", (8, 8))
image.putpalette([250, 10, 10, 10, 250, 10] + [0, 0, 0] * 254)  # red, green
image.paste(1, (4, 0, 8, 8))
found = {}
for kind in ("PNG", "GIF", "BMP"):
    file = io.BytesIO()
    image.save(file, kind)
    right = np.asarray(Image.open(file).convert("RGB"))
    pixels = tf.io.decode_image(file.getvalue(), channels=3, expand_animations=False).numpy()
    found[kind] = pixels[0, [0, 7]].tolist()
    print(f"{kind}: left and right half {found[kind]}, by Pillow {right[0, [0, 7]].tolist()}")
    assert right[0, [0, 7]].tolist() == [[250, 10, 10], [10, 250, 10]]
file = io.BytesIO()
image.convert("1").save(file, "BMP")
try:
    tf.io.decode_image(file.getvalue(), channels=3)
except tf.errors.InvalidArgumentError as error:
    print(f"BMP of 1 bit a pixel: refused, {str(error).split('}} ')[-1]}")
if found["BMP"] == [[0, 0, 0], [1, 1, 1]] and found["PNG"] == found["GIF"] == [[250, 10, 10], [10, 250, 10]]:
    print("AS DESCRIBED: a BMP's palette is not applied")
else:
    sys.exit(f"CHANGED: {found}")
PYTHON
