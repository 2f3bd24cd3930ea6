import keras
import numpy as np
import pytest
import tensorflow as tf

from gan.metrics.judge import Judge, images_seen_by, resize
from tf_dvbpr.networks.pretrained import load_pretrained

pytestmark = pytest.mark.stack


def noise(count, size, seed=0):
    return np.random.default_rng(seed).integers(0, 256, [count, size, size, 3], np.uint8)


@pytest.fixture(scope="module")
def resnet50():
    """ResNet50 as the library builds it, with seeded weights."""
    keras.utils.set_random_seed(1)
    return keras.applications.ResNet50(weights=None)


@pytest.fixture(scope="module")
def pretrained(resnet50):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.applications, "ResNet50", lambda weights: resnet50)
        return load_pretrained("resnet50")


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max())


@pytest.mark.slow
def test_resnet50s_features_and_probabilities_in_one_pass(resnet50, pretrained):
    photos = noise(3, 224)
    features, probabilities = (part.numpy() for part in pretrained.classify(tf.constant(photos)))
    assert features.shape == (3, pretrained.dim) and probabilities.shape == (3, 1000)
    assert features.dtype == probabilities.dtype == np.float32
    np.testing.assert_array_equal(features, pretrained.embed(tf.constant(photos)).numpy())

    # Caffe's preprocessing: BGR less the means of ImageNet; then the whole network, and its last layer by hand.
    inputs = photos[..., ::-1].astype(np.float32) - np.float32([103.939, 116.779, 123.68])
    close(probabilities, np.asarray(resnet50(inputs, training=False)))
    kernel, bias = resnet50.get_layer("predictions").get_weights()
    logits = features.astype(np.float64) @ kernel + bias
    softmax = np.exp(logits - logits.max(axis=1, keepdims=True))
    close(probabilities, softmax / softmax.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert np.abs(probabilities[0] - probabilities[1]).max() > 1e-5


@pytest.mark.slow
def test_mobilenets_classifier_is_a_convolution(monkeypatch):
    keras.utils.set_random_seed(1)
    model = keras.applications.MobileNet(weights=None)
    monkeypatch.setattr(keras.applications, "MobileNet", lambda weights: model)
    network = load_pretrained("mobilenet")
    photos = noise(2, 224)
    features, probabilities = (part.numpy() for part in network.classify(tf.constant(photos)))
    assert features.shape == (2, 1024) and probabilities.shape == (2, 1000)
    np.testing.assert_array_equal(features, network.embed(tf.constant(photos)).numpy())
    close(probabilities, np.asarray(model(photos.astype(np.float32) / 127.5 - 1, training=False)))


class Toy:
    """A network of 8 x 8 pixels: the photos themselves, and which half is lighter. Counts how often it is traced."""

    def __init__(self):
        self.traced = []
        self.judge = Judge("toy", 8, self.classify)

    def classify(self, photos):
        self.traced.append(photos.shape.as_list())
        values = tf.cast(tf.reshape(photos, [-1, 8 * 8 * 3]), tf.float32)
        top, bottom = tf.reduce_mean(values[:, :96], axis=1), tf.reduce_mean(values[:, 96:], axis=1)
        return values, tf.nn.softmax(tf.stack([top, bottom], axis=1))


def test_images_of_any_number_in_order_and_traced_once(capsys, monkeypatch):
    monkeypatch.setattr("tfrecords.progress_bar.at_terminal", lambda: True)
    toy, photos = Toy(), noise(11, 8)
    features, probabilities = images_seen_by(toy.judge, photos, batch_size=4)
    assert "images through toy" in (err := capsys.readouterr().err) and "11/11" in err and "image/s" in err
    expected = [part.numpy() for part in Toy().classify(tf.constant(photos))]
    np.testing.assert_array_equal(features, expected[0])
    np.testing.assert_allclose(probabilities, expected[1], rtol=1e-6)
    images_seen_by(toy.judge, photos[:3], batch_size=4, progress=False)
    assert toy.traced == [[4, 8, 8, 3]]
    images_seen_by(toy.judge, noise(5, 4), batch_size=4, progress=False)
    assert toy.traced == [[4, 8, 8, 3]] * 2
    assert capsys.readouterr().err == ""


def test_images_are_brought_to_the_judges_size():
    toy, photos = Toy(), noise(2, 5)
    features, _ = images_seen_by(toy.judge, photos, progress=False)
    np.testing.assert_array_equal(features, resize(tf.constant(photos), 8).numpy().reshape(2, -1))


def test_resize_by_hand():
    row = np.repeat(np.uint8([[[[0], [100]]]]), 2, axis=1)
    photo = tf.constant(np.repeat(row, 3, axis=3))
    larger = resize(photo, 4).numpy()
    assert larger.dtype == np.uint8 and larger.shape == (1, 4, 4, 3)
    assert (larger == np.uint8([0, 25, 75, 100])[:, None]).all()  # Half-pixel centres.
    assert resize(photo, 2) is photo
    lines = np.zeros([1, 64, 64, 3], np.uint8)
    lines[:, :, ::4] = 200
    shrunk = resize(tf.constant(lines), 8).numpy()[0, 2:-2, 2:-2]
    assert (np.abs(shrunk.astype(int) - 50) <= 2).all()  # Every fourth column, averaged.


def test_what_is_no_photo_is_refused():
    toy = Toy()
    for photos, batch_size, message in (
        (noise(2, 8).astype(np.float32), 4, "must be uint8"),
        (noise(2, 8)[0], 4, "must be uint8"),
        (noise(0, 8), 4, "N at least 1"),
        (noise(2, 8), 0, "batch_size must be at least 1"),
    ):
        with pytest.raises(ValueError, match=message):
            images_seen_by(toy.judge, photos, batch_size, progress=False)


@pytest.mark.slow
def test_a_judge_of_a_pretrained_network(resnet50, monkeypatch):
    monkeypatch.setattr(keras.applications, "ResNet50", lambda weights: resnet50)
    judge = Judge.load("resnet50")
    assert (judge.name, judge.image_size) == ("resnet50", 224)
