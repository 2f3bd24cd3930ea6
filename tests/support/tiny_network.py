"""Replaces MobileNet by a very small network that has every kind of layer that matters here."""

import keras
import numpy as np

from tests.support.small_training import config_for

SIDE = 32
LAYERS = ["c", "conv2d", "n", "re_lu", "d", "a", "global_average_pooling2d"]


def build_tiny(weights=None, input_shape=(224, 224, 3)):
    """Builds convolution, norm and ReLU, a residual branch, pooling, and a classifier of ten classes."""
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(6, 8, 8, name="c")(inputs)
    branch = keras.layers.Conv2D(6, 1)(x)
    branch = keras.layers.BatchNormalization(name="n")(branch)
    branch = keras.layers.ReLU()(branch)
    branch = keras.layers.DepthwiseConv2D(3, padding="same", name="d")(branch)
    x = keras.layers.Add(name="a")([x, branch])
    return keras.Model(inputs, keras.layers.Dense(10, name="predictions")(keras.layers.GlobalAveragePooling2D()(x)))


def write_weights(path, seed=1):
    """Writes seeded weights whose moving statistics change their input."""
    keras.utils.set_random_seed(seed)
    model = build_tiny()
    gamma, beta, mean, variance = model.get_layer("n").get_weights()
    draw = np.random.default_rng(seed)
    statistics = [draw.normal(0, 0.1, mean.shape), draw.uniform(0.01, 0.03, variance.shape)]
    model.get_layer("n").set_weights([gamma, beta, *statistics])
    model.save_weights(path)
    return path


def tiny_config(dataset, workdir, weights, **given):
    """Returns a config for the tiny network: validations and checkpoints at steps 4, 8 and 12; 32 photos per step."""
    settings = {"backbone": "mobilenet", "weights": weights, "image_size": SIDE, "max_photos": 12 * 24}
    plain = {"latent_dim": 0, "freeze_through": "", "network_learning_rate": 0.0, "learning_rate": 1e-4, "dropout": 0.5}
    plain["flip"] = True
    return config_for(dataset, workdir, **{**settings, **plain, **given})
