"""The build's check of JPEG files agrees with the one in graphs, and finds what a full decode finds."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfrecords.photos.bad_photo import BadPhoto
from tfrecords.photos.check import check_photo
from tfrecords.photos.decode import decode_pixels
from tfrecords.photos.header import is_readable
from tfrecords.photos.jpeg_bytes import JpegBytes
from tfrecords.photos.jpeg_check import jpeg_header, jpeg_scans

CONTRADICTS = (IndexError, ZeroDivisionError, ValueError)


def photo(height=61, width=83, mode="RGB", **options):
    draw = np.random.default_rng(height)
    small = Image.fromarray(draw.integers(0, 256, (9, 9, 3), np.uint8)).resize((width, height)).convert(mode)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", **{"quality": 88, **options})
    return buffer.getvalue()


KINDS = {
    "small blocks": photo(subsampling=0),
    "large blocks": photo(subsampling=2),
    "grey": photo(mode="L"),
    "progressive": photo(progressive=True),
    "restarts": photo(restart_marker_blocks=5),
    "a grey end": photo(120, 24, mode="L", quality=20),
}


def damaged(whole, seed):
    """Yields the file, cut at places all over it, and with bytes changed in its header and in its scans."""
    draw, scan = np.random.default_rng(seed), whole.index(b"\xff\xda")
    yield whole
    for place in np.linspace(3, len(whole) - 1, 25).astype(int):
        yield whole[:place]
        yield whole[:place] + b"\xff\xd9"
    for first, last in ((2, scan), (scan + 12, len(whole) - 2)):
        for place in draw.integers(first, last, 25):
            changed = bytearray(whole)
            changed[place] = draw.integers(0, 256)
            yield bytes(changed)
    middle = (scan + len(whole)) // 2
    yield whole[:middle] + draw.integers(0, 255, 40, np.uint8).tobytes() + whole[middle + 40 :]  # Huffman codes of none


@tf.function(input_signature=[tf.TensorSpec([], tf.string)], autograph=False)
def in_graph(encoded):
    return jpeg_header(encoded)[2]


@tf.function(input_signature=[tf.TensorSpec([], tf.string)], autograph=False)
def scans_in_graph(encoded):
    return jpeg_scans(encoded)


def read(encoded):
    """Returns (complete, suspect, the lengthened file) without a graph; None if it cannot be decoded."""
    try:
        small = tf.io.decode_jpeg(encoded, channels=1, ratio=8).numpy()[..., 0]
        data = JpegBytes(encoded)
        return *data.scans(small), data.lengthened()
    except (tf.errors.InvalidArgumentError, *CONTRADICTS):
        return None


@pytest.mark.parametrize("kind", KINDS)
def test_both_checks_agree_on_damaged_files(kind):
    outcomes = set()
    for encoded in damaged(KINDS[kind], seed=len(kind)):
        assert JpegBytes(encoded).header_fault() == in_graph(encoded).numpy().decode()
        try:
            expected = tuple(one.numpy() for one in scans_in_graph(encoded))
        except tf.errors.InvalidArgumentError:
            expected = None
        assert read(encoded) == expected
        outcomes.add(None if expected is None else expected[:2])
    assert len(outcomes) > 1 or kind == "progressive"


def fully_decoded(encoded):
    try:
        tf.io.decode_jpeg(encoded)
        with Image.open(io.BytesIO(encoded)) as image:
            image.load()
    except Exception:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_full_decode_refuses_is_refused(kind):
    found, whole = 0, KINDS[kind]
    check_photo(whole)
    for encoded in damaged(whole, seed=7):
        if not fully_decoded(encoded):
            found += 1
            with pytest.raises(BadPhoto):
                check_photo(encoded)
    assert found >= 20


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_scans_that_end_early_are_refused_though_a_full_decode_fills_them(kind, share):
    whole = KINDS[kind]
    scan = whole.index(b"\xff\xda") + 12
    cut = whole[: scan + int(share * (len(whole) - scan))] + b"\xff\xd9"
    with pytest.raises(BadPhoto):
        check_photo(cut)


def test_of_several_pictures_in_one_file_the_first_counts():
    first, second = (Image.open(io.BytesIO(photo(height, 40))) for height in (32, 48))
    buffer = io.BytesIO()
    first.save(buffer, "MPO", save_all=True, append_images=[second], quality=88)
    several = buffer.getvalue()
    with Image.open(io.BytesIO(several)) as opened:
        assert (opened.format, opened.n_frames) == ("MPO", 2)
        shown = np.asarray(opened.convert("RGB"))
    checked = check_photo(several)
    assert (checked.encoded, checked.height, checked.width) == (several, 32, 40)
    np.testing.assert_array_equal(decode_pixels(tf.constant(several)), shown)
    assert is_readable(tf.constant(several), 10_000)
    end = several.index(b"\xff\xd9")
    check_photo(several[: end + 40])  # a second picture that is cut short does not matter
    with pytest.raises(BadPhoto):
        check_photo(several[: end - 60])
