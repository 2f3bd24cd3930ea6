"""Every format: what build stores, what readers see and what an exported model sees are one picture."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.support.odd_photos import SIDE, odd_photos, pillow, saved
from tf_dvbpr.serving.photos import decode_readable
from tfrecords.photos.check import BadPhoto, check_photo
from tfrecords.photos.decode import decode_pixels

pytestmark = pytest.mark.stack

PHOTOS = odd_photos()
GOOD = [name for name, photo in PHOTOS.items() if photo.shown is not None]
BAD = [name for name, photo in PHOTOS.items() if photo.shown is None]
# Of what is encoded anew as JPEG, noise above all.
JPEG_ERROR = 12
MOST = 320 * 240  # pixels; the largest of the photos
NEW_TENSORFLOW = hasattr(tf.io, "decode_webp")


def difference(one, other):
    return np.abs(one.astype(int) - other.astype(int))


@pytest.fixture(scope="module")
def read_served():
    return tf.function(
        lambda photos: decode_readable(photos, SIDE, "bicubic", "stretch", MOST),
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )


@pytest.mark.parametrize("name", GOOD)
def test_what_build_stores_is_what_is_shown(name):
    photo = PHOTOS[name]
    stored = check_photo(photo.encoded).encoded
    read = decode_pixels(tf.constant(stored)).numpy()
    assert read.shape == photo.shown.shape
    if stored == photo.encoded:
        assert difference(read, photo.shown).max() <= 1
    else:
        assert difference(read, pillow(stored)).max() <= 1
        assert difference(read, photo.shown).mean() < JPEG_ERROR


@pytest.mark.parametrize("name", GOOD)
def test_encoded_anew_at_its_size_is_what_is_shown(name):
    photo = PHOTOS[name]
    read = decode_pixels(tf.constant(check_photo(photo.encoded, image_size=64).encoded)).numpy()
    assert difference(read, photo.shown).mean() < JPEG_ERROR


@pytest.mark.parametrize("image_size", [0, 16])
@pytest.mark.parametrize("name", BAD)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_cannot_be_read_is_refused_by_name(name, image_size):
    with pytest.raises(BadPhoto, match=PHOTOS[name].reason):
        check_photo(PHOTOS[name].encoded, image_size)


def test_served_photos_are_what_is_shown(read_served):
    names = [name for name in PHOTOS if name not in ("exif-turned.jpg", "arithmetic.jpg")]
    places, pixels = read_served(tf.constant([PHOTOS[name].encoded for name in names]))
    read = {names[place]: photo for place, photo in zip(places.numpy()[:, 0], pixels.numpy(), strict=True)}
    wanted = {"read", "new"} if NEW_TENSORFLOW else {"read"}
    assert list(read) == [name for name in names if PHOTOS[name].served in wanted]
    wrong = {name: difference(photo, PHOTOS[name].shown).max() for name, photo in read.items()}
    assert {name: most for name, most in wrong.items() if most > 1} == {}


def test_an_arithmetic_coded_jpeg_is_served(read_served):
    photo = PHOTOS["arithmetic.jpg"]
    places, pixels = read_served(tf.constant([photo.encoded]))
    assert len(places) == 1
    np.testing.assert_array_equal(
        pixels[0], tf.image.resize(photo.shown, [SIDE, SIDE], "bicubic", antialias=True).numpy().round().clip(0, 255)
    )


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "GIF", "WEBP"])
def test_a_photo_of_more_pixels_than_the_limit_is_not_decoded(form, read_served):
    if form == "WEBP" and not NEW_TENSORFLOW:
        pytest.skip("this TensorFlow reads no WebP")
    for width, readable in ((320, 1), (321, 0)):
        encoded = saved(Image.new("RGB", (width, 240), "teal"), form)
        assert len(read_served(tf.constant([encoded]))[0]) == readable


def test_the_header_decides_before_anything_is_decoded(read_served):
    # What follows the header is no picture: the limit must come before the error.
    header = PHOTOS["bomb.png"].encoded
    places, pixels = read_served(tf.constant([header, b"", b"\xff\xd8\xff", b"GIF89a", b"BM" + bytes(99), b"RIFF"]))
    assert len(places) == 0 and pixels.shape == (1, SIDE, SIDE, 3)
