"""Checks, inside a graph, whether `tfrecords.photos.decode.decode_photo` reads a photo's bytes correctly.

For some files TensorFlow's decoders return wrong pixels, and they allocate as much memory as a header asks for.
"""

import tensorflow as tf

from tfrecords.photos.bad_photo import MIN_SIDE
from tfrecords.photos.jpeg_check import is_whole_jpeg, jpeg_header
from tfrecords.photos.photo_bytes import bytes_of, number, walk

# What a format's header says: height, width, and whether its other fields are supported.
_Header = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


def is_readable(encoded: tf.Tensor, max_pixels: int) -> tf.Tensor:
    """Returns whether a photo can be decoded to the picture that `tools.build_dataset` would store.

    A photo with too many pixels is not decoded, and no memory for its pixels is allocated.

    Args:
        encoded: scalar string, any bytes. JPEG and PNG, BMP of 8, 24 and 32 bits without compression, GIF and WebP of
            one opaque frame (WebP also with alpha, and only if this TensorFlow reads it) can be readable.
        max_pixels: the largest number of pixels, height times width.

    Returns:
        bool scalar. If true, decoding may still fail: decoders raise for errors that only they find.

    Raises:
        tf.errors.InvalidArgumentError: a JPEG or WebP that cannot be decoded; in a graph, when it runs.
    """
    data = bytes_of(encoded)

    def begins(magic: bytes, place: int = 0) -> tf.Tensor:
        return tf.equal(tf.strings.substr(tf.strings.substr(encoded, 0, place + len(magic)), place, len(magic)), magic)

    def none() -> _Header:
        return tf.constant(0, tf.int64), tf.constant(0, tf.int64), tf.constant(False)

    is_jpeg = begins(b"\xff\xd8\xff")
    long_enough = tf.strings.length(encoded) >= 30
    cases = [
        (is_jpeg, lambda: _jpeg(encoded)),
        (begins(b"\x89PNG\r\n\x1a\n"), lambda: _png(data)),
        (begins(b"BM"), lambda: _bmp(data)),
        (begins(b"GIF8"), lambda: _gif(data)),
        (begins(b"RIFF") & begins(b"WEBP", 8), lambda: _webp(data)),
    ]
    cases = [(long_enough & fits, header) for fits, header in cases]
    height, width, good = tf.case(cases, default=none, exclusive=True)
    good &= (tf.minimum(height, width) >= MIN_SIDE) & (height * width <= max_pixels)
    return tf.cond(good & is_jpeg, lambda: is_whole_jpeg(encoded), lambda: good)


def _jpeg(encoded: tf.Tensor) -> _Header:
    height, width, fault = jpeg_header(encoded)
    return height, width, fault == ""


def _png(data: tf.Tensor) -> _Header:
    """Reads a PNG's header; refuses an animation, whose acTL chunk before the pixels announces several frames."""

    def kind(place: tf.Tensor) -> tf.Tensor:
        return number(data, place + 4, 4)

    pixels, animation = (int.from_bytes(name, "big") for name in (b"IDAT", b"acTL"))
    place = walk(
        data,
        8,
        lambda place: place + 12 + number(data, place, 4),
        lambda place: (kind(place) == pixels) | (kind(place) == animation),
    )
    is_still = (kind(place) == pixels) | ((kind(place) == animation) & (number(data, place + 8, 4) <= 1))
    return number(data, 20, 4), number(data, 16, 4), is_still


def _bmp(data: tf.Tensor) -> _Header:
    """Reads a BMP's header; accepts 8 bits with a palette, 24 or 32 bits, without compression, and a modern header."""
    header, width, height = number(data, 14, 4, False), number(data, 18, 4, False), number(data, 22, 4, False)
    height = tf.where(height < 2**31, height, 2**32 - height)  # negative: rows from the top down
    depth, compression = number(data, 28, 2, False), number(data, 30, 4, False)
    known = (depth == 8) | (depth == 24) | (depth == 32)
    return height, width, known & (compression == 0) & (header >= 40)


def _gif(data: tf.Tensor) -> _Header:
    """Reads a GIF's header; accepts one frame, as large as the canvas, without a transparent colour."""
    width, height = number(data, 6, 2, False), number(data, 8, 2, False)

    def table(place: tf.Tensor) -> tf.Tensor:
        flags = number(data, place, 1)
        return tf.where(flags >= 128, 3 * 2 ** (flags % 8 + 1), 0)

    def is_frame(place: tf.Tensor) -> tf.Tensor:
        return number(data, place, 1) == 0x2C

    def behind(place: tf.Tensor) -> tf.Tensor:
        """Returns the offset after a block: an extension, or a frame."""
        start = place + tf.where(is_frame(place), 11 + table(place + 9), 2)
        end = walk(data, start, lambda part: part + 1 + number(data, part, 1), lambda part: number(data, part, 1) == 0)
        return end + 1

    def is_transparent(place: tf.Tensor) -> tf.Tensor:
        return (number(data, place, 2) == 0x21F9) & (number(data, place + 3, 1) % 2 == 1)

    def is_end(place: tf.Tensor) -> tf.Tensor:
        return number(data, place, 1) == 0x3B

    def is_last(place: tf.Tensor) -> tf.Tensor:
        return is_frame(place) | is_transparent(place) | is_end(place)

    frame = walk(data, 13 + table(tf.constant(10, tf.int64)), behind, is_last)
    whole = (number(data, frame + 5, 2, False) == width) & (number(data, frame + 7, 2, False) == height)
    second = walk(data, behind(frame), behind, lambda place: is_frame(place) | is_end(place))
    return height, width, is_frame(frame) & whole & ~is_frame(second)


def _webp(data: tf.Tensor) -> _Header:
    """Reads a WebP's header; refuses an animation."""
    kind, flags = number(data, 12, 4), number(data, 20, 1)
    lossy, lossless, extended = (int.from_bytes(name, "big") for name in (b"VP8 ", b"VP8L", b"VP8X"))
    packed = number(data, 21, 4, False)
    sizes = [
        (lossy, number(data, 28, 2, False) % 2**14, number(data, 26, 2, False) % 2**14),
        (lossless, packed // 2**14 % 2**14 + 1, packed % 2**14 + 1),
        (extended, number(data, 27, 3, False) + 1, number(data, 24, 3, False) + 1),
    ]
    height, width = (sum(tf.where(kind == name, size[axis], 0) for name, *size in sizes) for axis in (0, 1))
    return height, width, (kind != extended) | (flags // 2 % 2 == 0)
