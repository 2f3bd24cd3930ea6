import numpy as np
import pytest
import tensorflow as tf

from tests.support.tiny_network import SIDE, build_tiny
from tf_dvbpr.explanation.grad_cam import grad_cam
from tf_dvbpr.networks.backbone import Backbone
from tf_dvbpr.networks.cnnf import build_cnnf
from tf_dvbpr.networks.pretrained import without_classifier

pytestmark = pytest.mark.stack


def photo(side):
    return tf.constant(np.random.default_rng(0).uniform(-1, 1, [side, side, 3]), tf.float32)


def tiny(**given):
    features, _ = without_classifier(build_tiny(input_shape=(SIDE, SIDE, 3)))
    return Backbone(features, lambda x: x / 255, "x / 255", 3, **given)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: build_cnnf(3, 64), (4, 4, 256)),
        (tiny, (4, 4, 6)),
        (lambda: tiny(freeze_through="c"), (4, 4, 6)),
        (lambda: tiny(freeze_through="all"), (4, 4, 6)),
    ],
)
def test_the_network_is_cut_at_its_last_maps(make, shape):
    network = make()
    image = photo(64 if shape[-1] == 256 else SIDE)[None]
    maps = network.feature_maps(image)
    assert tuple(maps.shape[1:]) == shape
    np.testing.assert_allclose(network.of_feature_maps(maps), network(image), rtol=1e-4, atol=1e-6)


class Squares:
    """Maps are the photo's quarters' means; Phi_k is the sum over places of the k-th map times a plane."""

    plane = np.array([[1.0, 2.0], [3.0, -4.0]], np.float32)

    def feature_maps(self, images):
        return tf.nn.avg_pool2d(images, 4, 4, "VALID")

    def of_feature_maps(self, maps):
        return tf.reduce_sum(maps * self.plane[..., None], [1, 2])


def test_weights_are_mean_gradients_and_the_sign_stays():
    image, tastes = photo(8), tf.constant([[1.0, 0.0, 0.0], [0.0, -2.0, 5.0]])
    found = grad_cam(Squares(), image, tastes).numpy()
    maps = image.numpy().reshape(2, 4, 2, 4, 3).mean((1, 3))
    coarse = np.einsum("xyc,tc->txy", maps, tastes.numpy() * Squares.plane.mean())
    assert found.shape == (2, 8, 8)
    # Bilinear, corners not aligned: the outermost pixels repeat the outermost places.
    np.testing.assert_allclose(found[:, [0, 0, -1, -1], [0, -1, 0, -1]], coarse.reshape(2, 4), rtol=1e-4)
    assert (coarse < 0).any()
