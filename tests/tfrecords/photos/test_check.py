import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support.shop import encode, noise
from tfrecords.photos.check import BadPhoto, CheckedPhoto, check_photo, check_photos
from tfrecords.photos.decode import decode_photo


def pixels(encoded):
    return np.asarray(Image.open(io.BytesIO(encoded)).convert("RGB"))


def save(image, form, **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_good_photos_keep_their_bytes(form, mode):
    encoded = encode(form=form, mode=mode)
    assert check_photo(encoded) == CheckedPhoto(encoded, height=32, width=24)


def test_progressive_jpegs_keep_their_bytes():
    encoded = noise(0, progressive=True)
    assert check_photo(encoded).encoded == encoded


@pytest.mark.parametrize("form", ["WEBP", "BMP", "GIF", "TIFF"])
def test_other_formats_become_jpeg(form):
    photo = check_photo(encode(form=form))
    assert Image.open(io.BytesIO(photo.encoded)).format == "JPEG"
    assert (photo.height, photo.width) == (32, 24)
    assert np.abs(pixels(photo.encoded).astype(int) - [200, 30, 30]).max() <= 6


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright(orientation):
    # left half red, right half blue, upper edge green, as seen after turning
    upright = Image.new("RGB", (40, 24), "red")
    upright.paste("blue", (20, 0, 40, 24))
    upright.paste("lime", (0, 0, 40, 6))
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(back[orientation]) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = check_photo(save(stored, "JPEG", quality=95, exif=exif))
    assert (photo.width, photo.height) == (40, 24)
    shown = decode_photo(photo.encoded, 24, "nearest").numpy().astype(int)
    assert np.abs(shown[16, 4] - [255, 0, 0]).max() < 40
    assert np.abs(shown[16, 20] - [0, 0, 255]).max() < 40
    assert np.abs(shown[2, 12] - [0, 255, 0]).max() < 40


def test_broken_exif_does_not_matter():
    encoded = encode(exif=b"Exif\0\0nonsense")
    assert check_photo(encoded).encoded == encoded


def test_image_size_brings_the_shorter_side_down_never_up():
    photo = check_photo(noise(0, size=(200, 300)), image_size=64)
    assert (photo.width, photo.height) == (64, 96)
    assert pixels(photo.encoded).shape == (96, 64, 3)
    assert (check_photo(encode(), image_size=64).width, check_photo(encode(), image_size=64).height) == (24, 32)


def test_transparency_is_laid_on_white_when_encoded_anew():
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert pixels(check_photo(save(image, "PNG"), image_size=16).encoded).min() > 250


def test_sixteen_bits_are_scaled():
    image = Image.fromarray(np.full((20, 20), 128 << 8, np.uint16))
    shown = pixels(check_photo(save(image, "PNG"), image_size=16).encoded)
    assert np.abs(shown.astype(int) - 128).max() <= 2


def bomb(side=60000):
    """A PNG of a few bytes whose header promises side x side pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000)))


def animated(form):
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    return save(frames[0], form, save_all=True, append_images=frames[1:])


def stray_marker():
    """A JPEG that ends in mid-data for Pillow, though its last bytes are whole."""
    encoded = bytearray(noise(0, size=(64, 64)))
    place = encoded.find(b"\xff\x00", len(encoded) // 2)
    encoded[place + 1] = 0xE9
    return bytes(encoded)


def flipped_png():
    encoded = bytearray(noise(0, form="PNG"))
    encoded[len(encoded) // 2] ^= 0x10
    return bytes(encoded)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "empty file"),
        (b"<html>not found</html>", "no image of a known format"),
        (noise(0)[:-200], "corrupt or cut short"),
        (noise(0)[:300], "corrupt"),
        (noise(0, form="PNG")[:-200], "corrupt or cut short"),
        (stray_marker(), "corrupt or cut short"),
        (flipped_png(), "corrupt or cut short"),
        (animated("GIF"), "animated"),
        (animated("PNG"), "animated"),
        (animated("WEBP"), "animated"),
        (encode(mode="CMYK"), "CMYK"),
        (encode(size=(1, 1)), "1x1 pixels"),
        (encode(size=(7, 90)), "7x90 pixels"),
        (bomb(), "decompression bomb"),
        (bomb(10000), "10000x10000 pixels, a decompression bomb"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bad_photos_are_told_apart(encoded, reason):
    with pytest.raises(BadPhoto, match=reason):
        check_photo(encoded)


def test_what_is_accepted_can_be_read():
    # Flip bytes everywhere: whatever passes the check must decode for the reader.
    random = np.random.default_rng(0)
    passed = 0
    for form in ("JPEG", "PNG"):
        good = noise(1, form=form)
        for _ in range(150):
            bad = bytearray(good)
            bad[random.integers(len(bad))] = random.integers(256)
            try:
                photo = check_photo(bytes(bad))
            except BadPhoto:
                continue
            decode_photo(photo.encoded, 16)
            passed += 1
    assert passed > 50


def test_a_pipe_or_a_name_that_is_none_is_no_photo(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    paths = [tmp_path / "pipe.jpg", Path("/dev/zero"), Path("a\0b.jpg"), tmp_path / ("x" * 300)]
    reasons = [str(bad) for bad in check_photos(paths)]
    assert reasons[:3] == [*["a pipe or device, not a file"] * 2, "a NUL character in its name"]
    assert "File name too long" in reasons[3]


def test_many_in_order_from_files_and_bytes(tmp_path):
    paths = []
    for item in range(30):
        paths.append(tmp_path / f"{item}.jpg")
        paths[-1].write_bytes(noise(item))
    paths[7].write_bytes(b"rubbish")
    paths[9].unlink()
    results = list(check_photos([*paths, None, tmp_path, noise(99)], workers=3))
    assert len(results) == 33
    assert [index for index, result in enumerate(results) if isinstance(result, BadPhoto)] == [7, 9, 30, 31]
    assert results[3].encoded == noise(3)
    assert results[32].encoded == noise(99)
    assert [str(results[index]) for index in (9, 30, 31)] == [
        "no such file",
        "the item has no photo",
        "a folder, not a file",
    ]
