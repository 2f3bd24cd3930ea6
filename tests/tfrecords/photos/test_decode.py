import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.shop import encode, noise
from tfrecords.photos.decode import decode_photo, denormalise, normalise


def pillow(encoded):
    return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))


def test_decoding_gives_pillows_pixels_exactly():
    encoded = noise(0, size=(40, 40))
    np.testing.assert_array_equal(decode_photo(encoded, 40, "nearest"), pillow(encoded))


def test_nearest_is_pillows_nearest():
    encoded = noise(1, size=(57, 83))
    expected = np.asarray(Image.open(io.BytesIO(encoded)).resize((32, 32), Image.Resampling.NEAREST))
    np.testing.assert_array_equal(decode_photo(encoded, 32, "nearest"), expected)


@pytest.mark.parametrize(
    ("name", "filter_"), [("bilinear", Image.Resampling.BILINEAR), ("bicubic", Image.Resampling.BICUBIC)]
)
def test_smooth_filters_are_close_to_pillows(name, filter_):
    encoded = noise(2, size=(149, 224))
    expected = np.asarray(Image.open(io.BytesIO(encoded)).resize((64, 64), filter_), np.float32)
    difference = np.abs(decode_photo(encoded, 64, name).numpy().astype(np.float32) - expected)
    assert difference.mean() < 1.5


def test_eager_and_in_a_pipeline_are_the_same():
    encoded = noise(3)
    eager = decode_photo(encoded, 24, "bicubic", "pad")
    (piped,) = tf.data.Dataset.from_tensors(encoded).map(lambda photo: decode_photo(photo, 24, "bicubic", "pad"))
    np.testing.assert_array_equal(eager, piped)


def test_grey_is_repeated_over_the_channels():
    photo = decode_photo(encode((90, 90, 90), mode="L"), 16).numpy()
    assert photo.shape == (16, 16, 3)
    np.testing.assert_array_equal(photo, 90)


def test_transparency_is_laid_on_white():
    buffer = io.BytesIO()
    Image.new("RGBA", (16, 16), (0, 0, 0, 51)).save(buffer, "PNG")
    # a fifth of black and four fifths of white
    np.testing.assert_array_equal(decode_photo(buffer.getvalue(), 16), 204)


def test_pad_keeps_the_shape_and_fills_with_white():
    photo = decode_photo(encode((0, 0, 0), size=(20, 40), form="PNG"), 32, "nearest", "pad").numpy()
    assert (photo[:, :8] == 255).all()
    assert (photo[:, 8:24] == 0).all()
    assert (photo[:, 24:] == 255).all()


def test_stretch_fills_the_square():
    photo = decode_photo(encode((0, 0, 0), size=(20, 40), form="PNG"), 32, "nearest").numpy()
    assert (photo == 0).all()


def test_normalise_and_back():
    levels = np.arange(256, dtype=np.uint8)
    scaled = normalise(levels).numpy()
    assert (scaled[0], scaled[255]) == (-1.0, 1.0)
    np.testing.assert_allclose(scaled, (levels.astype(np.float64) - 127.5) / 127.5, atol=1e-7)
    np.testing.assert_array_equal(denormalise(scaled), levels)


def test_denormalise_clips():
    np.testing.assert_array_equal(denormalise(tf.constant([-3.0, 3.0])), [0, 255])
