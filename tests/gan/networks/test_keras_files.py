"""The networks as a Keras user takes them out: summary, save and load_model."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gan.networks
import tf_dvbpr.networks
from gan.networks.discriminator import build_discriminator
from gan.networks.generator import build_generator
from gan.networks.upsampling_generator import build_upsampling_generator
from tf_dvbpr.networks.cnnf import build_cnnf

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not hasattr(keras, "Variable"), reason="Keras 2 saves such models otherwise"),
]
LABELS = np.eye(3, dtype=np.float32)
DRAW = np.random.default_rng(0)
IMAGES = DRAW.uniform(-1, 1, [3, 32, 32, 3]).astype(np.float32)


def made(name):
    """(network, inputs) of a case."""
    if name == "cnnf":
        return build_cnnf(4, 32, "valid", seed=3), (IMAGES,)
    if name == "generator":
        network = build_generator(32, 5, 3, width=8, upsampling_kernel=4, seed=3)
        return network, (DRAW.normal(size=[3, 5]).astype(np.float32), LABELS)
    if name == "upsampling":
        return build_upsampling_generator(32, 5, 3, width=8, seed=3), (
            DRAW.normal(size=[3, 5]).astype(np.float32),
            LABELS,
        )
    return build_discriminator(32, 3, width=4, norm=name, seed=3), (IMAGES, LABELS)


def test_the_packages_name_the_networks():
    assert tf_dvbpr.networks.CNNF is type(made("cnnf")[0])
    assert gan.networks.Generator is type(made("generator")[0])
    assert gan.networks.Discriminator is type(made("none")[0])


@pytest.mark.parametrize("name", ["cnnf", "generator", "upsampling", "batch", "spectral", "both", "none"])
def test_a_saved_network_is_loaded_to_bitwise_equal_outputs(name, tmp_path):
    network, inputs = made(name)
    if name != "cnnf":  # As training leaves them: the statistics and singular vectors are no longer the first ones.
        for variable in network.named_variables().values():
            variable.assign_add(0.01 * tf.random.stateless_uniform(variable.shape, [1, 2]))
    expected = network(*inputs).numpy()
    lines = []
    network.summary(print_fn=lambda line, **_: lines.append(line))
    assert "Total params" in "\n".join(lines)
    network.save(tmp_path / "x.keras")
    loaded = keras.models.load_model(tmp_path / "x.keras")
    assert type(loaded) is type(network)
    assert loaded.named_variables().keys() == network.named_variables().keys()
    for variable, value in network.named_variables().items():
        np.testing.assert_array_equal(loaded.named_variables()[variable], value, err_msg=variable)
    np.testing.assert_array_equal(loaded(*inputs).numpy(), expected)
