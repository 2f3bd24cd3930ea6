"""From a photo's encoded bytes to the numbers a network sees: the only place where that is defined.

Every reader, both networks, export and design call these functions, so the same photo means the same everywhere.
"""

import tensorflow as tf

FILTERS = ("nearest", "bilinear", "bicubic", "lanczos3", "area")
FITS = ("stretch", "pad")


def decode_photo(encoded: tf.Tensor, size: int, resize_filter: str = "bicubic", fit: str = "stretch") -> tf.Tensor:
    """Decodes one photo and brings it to a square.

    Args:
        encoded: scalar string, the bytes of a JPEG, PNG, GIF (first frame) or BMP file.
        size: side of the square in pixels.
        resize_filter: one of `FILTERS`. All but ``nearest`` and ``area`` are antialiased when they shrink.
        fit: ``stretch`` ignores the aspect ratio (as the authors' code does); ``pad`` keeps it and fills with white.

    Returns:
        uint8 [size, size, 3], RGB. Grey photos are repeated over the channels, transparency is laid on white.
    """
    pixels = _decode(encoded)
    if fit == "pad":
        return _pad(pixels, size, resize_filter)
    return _resize(pixels, size, size, resize_filter)


def normalise(photos: tf.Tensor, dtype: tf.DType = tf.float32) -> tf.Tensor:
    """Maps uint8 in 0..255 to ``(x - 127.5) / 127.5``, in [-1, 1]. The shape is kept; run it on the device."""
    return tf.cast((tf.cast(photos, tf.float32) - 127.5) / 127.5, dtype)


def denormalise(images: tf.Tensor) -> tf.Tensor:
    """The inverse of `normalise`: [-1, 1] to uint8, rounded to nearest, values outside the range clipped."""
    scaled = tf.cast(images, tf.float32) * 127.5 + 127.5
    return tf.cast(tf.clip_by_value(tf.round(scaled), 0.0, 255.0), tf.uint8)


def _decode(encoded: tf.Tensor) -> tf.Tensor:
    # INTEGER_ACCURATE gives Pillow's pixels exactly; the default differs by up to five levels.
    prefix = tf.strings.substr(encoded, 0, 3)

    def jpeg() -> tf.Tensor:
        return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")

    def png() -> tf.Tensor:
        rgba = tf.cast(tf.io.decode_png(encoded, channels=4), tf.int32)
        alpha = rgba[..., 3:]
        return tf.cast((rgba[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255, tf.uint8)

    def other() -> tf.Tensor:
        return tf.io.decode_image(encoded, channels=3, expand_animations=False)

    pixels = tf.case(
        [(tf.equal(prefix, b"\xff\xd8\xff"), jpeg), (tf.equal(prefix, b"\x89PN"), png)], default=other, exclusive=True
    )
    return tf.ensure_shape(pixels, [None, None, 3])


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
