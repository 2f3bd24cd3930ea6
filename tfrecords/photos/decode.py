"""Turns a photo's encoded bytes into a network's input; the only place where this is defined.

Every reader, both networks, export and design call these functions, so a photo gives the same input everywhere.
"""

import tensorflow as tf

from tfrecords.photos.photo_bytes import bytes_of, number


def decode_photo(encoded: tf.Tensor, size: int, resize_filter: str = "bicubic", fit: str = "stretch") -> tf.Tensor:
    """Decodes one photo and makes it square.

    Args:
        encoded: scalar string, the bytes of a JPEG or PNG file, or of another file for which
            `tfrecords.photos.header.is_readable` is true.
        size: side of the square in pixels.
        resize_filter: one of `choices.FILTERS`. All but ``nearest`` and ``area`` are antialiased when they shrink.
        fit: ``stretch`` ignores the aspect ratio (as the authors' code does); ``pad`` keeps it and fills with white.

    Returns:
        uint8 [size, size, 3], RGB. Grey photos are repeated over the channels; transparent parts become white.
    """
    pixels = decode_pixels(encoded)
    if fit == "pad":
        return _pad(pixels, size, resize_filter)
    return _resize(pixels, size, size, resize_filter)


def normalise(photos: tf.Tensor, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Maps uint8 in 0..255 to ``(x - 127.5) / 127.5``, in [-1, 1]. Keeps the shape; run it on the device."""
    return tf.cast((tf.cast(photos, tf.float32) - 127.5) / 127.5, dtype)


def denormalise(images: tf.Tensor) -> tf.Tensor:
    """Inverts `normalise`: [-1, 1] to uint8, rounded to nearest; values outside the range are clipped."""
    scaled = tf.cast(images, tf.float32) * 127.5 + 127.5
    return tf.cast(tf.clip_by_value(tf.round(scaled), 0.0, 255.0), tf.uint8)


@tf.autograph.experimental.do_not_convert  # AutoGraph has nothing to convert here, and takes seconds.
def decode_pixels(encoded: tf.Tensor) -> tf.Tensor:
    """Decodes the photo of `decode_photo` at its own size: uint8 [H, W, 3], RGB, transparent parts on white."""
    # INTEGER_ACCURATE gives Pillow's pixels exactly; the default differs by up to five levels.
    prefix = tf.strings.substr(encoded, 0, 3)

    def jpeg() -> tf.Tensor:
        return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")

    def other() -> tf.Tensor:
        return _on_white(tf.io.decode_image(encoded, expand_animations=False))

    cases = [
        (tf.equal(prefix, b"\xff\xd8\xff"), jpeg),
        (tf.equal(prefix, b"\x89PN"), lambda: _decode_png(encoded)),
        (tf.equal(tf.strings.substr(prefix, 0, 2), b"BM"), lambda: _decode_bmp(encoded)),
    ]
    return tf.ensure_shape(tf.case(cases, default=other, exclusive=True), [None, None, 3])


def _decode_png(encoded: tf.Tensor) -> tf.Tensor:
    data = bytes_of(encoded)
    depth, kind = number(data, 24, 1), number(data, 25, 1)

    def palette() -> tf.Tensor:
        return tf.io.decode_png(encoded)  # with alpha if the palette has it

    def few_levels() -> tf.Tensor:
        # For a file without alpha TensorFlow sets alpha to 2^depth - 1 instead of 255, which is opaque.
        rgba = tf.io.decode_png(encoded, channels=4)
        alpha = rgba[..., 3:]
        missing = tf.cast(alpha, tf.int64) == 2**depth - 1
        return tf.concat([rgba[..., :3], tf.where(missing, tf.constant(255, tf.uint8), alpha)], -1)

    def any_other() -> tf.Tensor:
        return tf.io.decode_png(encoded, channels=4)

    return _on_white(tf.case([(kind == 3, palette), (depth < 8, few_levels)], default=any_other))


def _decode_bmp(encoded: tf.Tensor) -> tf.Tensor:
    data = bytes_of(encoded)

    def palette() -> tf.Tensor:
        # TensorFlow returns indices into the palette, whose colours have four bytes: blue, green, red, 0.
        indices = tf.cast(tf.io.decode_bmp(encoded)[..., 0], tf.int32)
        start, end = 14 + number(data, 14, 4, False), number(data, 10, 4, False)
        colours = tf.reshape(data[start : start + (end - start) // 4 * 4], [-1, 4])
        return tf.gather(colours[:, 2::-1], indices)

    def direct() -> tf.Tensor:
        return tf.io.decode_bmp(encoded)[..., :3]  # the fourth byte has no meaning

    return tf.cond(number(data, 28, 2, False) == 8, palette, direct)


def _on_white(pixels: tf.Tensor) -> tf.Tensor:
    """Puts a picture on white: uint8 [H, W, 3 or 4] to [H, W, 3]."""
    opaque = tf.fill(tf.concat([tf.shape(pixels)[:2], [1]], 0), tf.constant(255, tf.uint8))
    rgba = tf.cast(tf.concat([pixels, opaque], -1)[..., :4], tf.uint16)  # 255 * 255 + 127 fits into uint16
    alpha = rgba[..., 3:]
    return tf.cast((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255, tf.uint8)


def _resize(pixels: tf.Tensor, height: int | tf.Tensor, width: int | tf.Tensor, resize_filter: str) -> tf.Tensor:
    antialias = resize_filter not in ("nearest", "area")
    resized = tf.image.resize(pixels, [height, width], method=resize_filter, antialias=antialias)
    resized = tf.cast(tf.clip_by_value(tf.round(tf.cast(resized, tf.float32)), 0.0, 255.0), tf.uint8)
    if isinstance(height, int) and isinstance(width, int):
        resized = tf.ensure_shape(resized, [height, width, 3])
    return resized


def _pad(pixels: tf.Tensor, size: int, resize_filter: str) -> tf.Tensor:
    shape = tf.cast(tf.shape(pixels)[:2], tf.float32)
    scaled = tf.cast(tf.round(shape * (size / tf.reduce_max(shape))), tf.int32)
    scaled = tf.clip_by_value(scaled, 1, size)
    resized = _resize(pixels, scaled[0], scaled[1], resize_filter)
    before = (size - scaled) // 2
    after = size - scaled - before
    padding = [[before[0], after[0]], [before[1], after[1]], [0, 0]]
    return tf.ensure_shape(tf.pad(resized, padding, constant_values=255), [size, size, 3])
