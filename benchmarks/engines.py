"""Compares the ways to send photos through ResNet-50: photos/s of processor time on one core.

The weights are random: they change the numbers, not the operations.
"""

import importlib.util

import keras
import numpy as np
import tensorflow as tf

from benchmarks.in_turns import in_turns, one_core, row
from tf_dvbpr.networks.engine import choose_engine
from tf_dvbpr.networks.engine_names import BFLOAT16, OPENVINO, TENSORFLOW
from tf_dvbpr.networks.folding import fold
from tf_dvbpr.networks.pretrained import build_untrained, preprocessing_of, without_classifier

PHOTOS, ROUNDS = 32, 5


def measure() -> list[dict]:
    """Measures the ratios of photos/s to those of the plain network in TensorFlow."""
    with one_core():
        plain, _ = without_classifier(build_untrained("resnet50"))
        folded = choose_engine(TENSORFLOW).compile(_function(fold(plain)))
        photos = np.random.default_rng(0).integers(0, 256, (PHOTOS, 224, 224, 3)).astype(np.uint8)
        ways, against = {"plain": _function(plain), "folded": folded}, "the network as it is, in TensorFlow"
        aims = {"folded": (">= 1.15", "TensorFlow, batch normalisation folded")}
        if importlib.util.find_spec("openvino") is not None:
            ways["float32"] = choose_engine(OPENVINO).compile(_function(plain))
            ways["bfloat16"] = choose_engine(OPENVINO, BFLOAT16).compile(_function(plain))
            aims["float32"], aims["bfloat16"] = (">= 1.5", "OpenVINO, float32"), (">= 2.5", "OpenVINO, bfloat16")
        # A bare matrix product says how much the core can multiply at most; a photo takes 3.86e9 multiplications.
        matrix = tf.ones([2048, 2048])
        ways["product"] = lambda: tf.matmul(matrix, matrix).numpy()
        seconds = in_turns(
            {name: _with(run, photos) if name != "product" else run for name, run in ways.items()}, ROUNDS
        )
    bare = [one * PHOTOS * 3.86e9 / 2048**3 for one in seconds["product"]]
    rows = [
        row(f"photos/s through ResNet-50, {what}", against, aim, seconds["plain"], seconds[name])
        for name, (aim, what) in aims.items()
    ]
    limit = row(
        "photos/s through ResNet-50 at the rate of a bare float32 matrix product",
        against,
        ">= 1",
        seconds["plain"],
        bare,
    )
    return [*rows, limit]


def _function(network: keras.Model) -> tf.types.experimental.PolymorphicFunction:
    preprocess, _ = preprocessing_of("resnet50")
    signature = [tf.TensorSpec([None, 224, 224, 3], tf.uint8)]
    return tf.function(
        lambda photos: network(preprocess(tf.cast(photos, tf.float32)), training=False), input_signature=signature
    )


def _with(run: object, photos: np.ndarray) -> object:
    return lambda: np.asarray(run(photos))


if __name__ == "__main__":
    for one in measure():
        print(f"{one['what']}: {one['ratio']:.2f} {one['range']} (aim {one['aim']}), {one['against_seconds']:.2f} s")
