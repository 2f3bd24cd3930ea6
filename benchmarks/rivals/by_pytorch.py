"""Training steps of CNN-F beside the same network in PyTorch: forward, backward and Adam, on one core."""

import os

import numpy as np
import tensorflow as tf

from benchmarks.in_turns import in_turns, one_core, row

PHOTOS, SIDE, DIM, ROUNDS = 64, 64, 50, 5


def measure() -> list[dict]:
    """Measures the ratio of photos/s; both sides take the sum of the squares of the style vectors as the loss."""
    os.environ["OMP_NUM_THREADS"] = "1"
    with one_core():
        photos = np.random.default_rng(0).uniform(-1, 1, (PHOTOS, SIDE, SIDE, 3)).astype(np.float32)
        seconds = in_turns({"ours": _ours(photos), "theirs": _theirs(photos)}, ROUNDS)
    what = f"photos/s of a training step of CNN-F, {PHOTOS} photos of {SIDE} pixels"
    return [row(what, "PyTorch, the same layers and Adam", ">= 1", seconds["theirs"], seconds["ours"])]


def _ours(photos: np.ndarray) -> object:
    import keras

    from tf_dvbpr.networks.cnnf import build_cnnf

    network, inputs = build_cnnf(DIM, SIDE), tf.constant(photos)
    adam = keras.optimizers.Adam(1e-4)
    adam.build(network.trainable_variables)

    @tf.function
    def step() -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(network(inputs)))
        gradients = tape.gradient(loss, network.trainable_variables)
        adam.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
        return loss

    return lambda: float(step())


def _theirs(photos: np.ndarray) -> object:
    import torch
    from torch import nn

    torch.set_num_threads(1)

    def pool() -> nn.Module:
        return nn.MaxPool2d(2, 2)

    layers = [
        nn.Conv2d(3, 64, 11, 4, padding=4),
        nn.ReLU(),
        pool(),
        nn.Conv2d(64, 256, 5, padding=2),
        nn.ReLU(),
        pool(),
    ]
    for _ in range(3):
        layers += [nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()]
    flat = (SIDE // 32) ** 2 * 256
    layers += [
        pool(),
        nn.Flatten(),
        nn.Linear(flat, 4096),
        nn.ReLU(),
        nn.Linear(4096, 4096),
        nn.ReLU(),
        nn.Linear(4096, DIM),
    ]
    network = nn.Sequential(*layers)
    adam = torch.optim.Adam(network.parameters(), 1e-4)
    inputs = torch.from_numpy(np.ascontiguousarray(photos.transpose(0, 3, 1, 2)))

    def step() -> float:
        adam.zero_grad()
        loss = network(inputs).square().sum()
        loss.backward()
        adam.step()
        return loss.item()

    return step
