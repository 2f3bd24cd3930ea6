"""Attributions as a picture: red raises the score, blue lowers it, drawn over the photo.

`heat_map_pixels` is made of graph functions: the tools and the served model draw the same.
"""

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw

from tf_dvbpr.pictures.font import fitting

RED, BLUE = (190, 10, 30), (20, 60, 190)
SIDE = 256  # of a heat map's file, in pixels
_BLUR = 24  # the photo's side over the standard deviation of the smoothing that the eye needs
_REACH = 4  # standard deviations that the smoothing sees
_MOST = 99.5  # percentile of the absolute values that gets the full colour
_PALE = 0.55  # how far the photo below is brought towards white
_GREY = (0.299, 0.587, 0.114)
_TEXT, _HEIGHT, _INK = 13, 18, "#1a1a1a"


def heat_map(photo: np.ndarray, attributions: np.ndarray, most: float | None = None, side: int = SIDE) -> Image.Image:
    """A photo in pale grey with its attributions over it, RGB, [side, side]; arguments as of `heat_map_pixels`."""
    pixels = heat_map_pixels(tf.constant(photo), tf.constant(attributions, tf.float32), most, side)
    return Image.fromarray(pixels.numpy())


def heat_map_pixels(
    photo: tf.Tensor, attributions: tf.Tensor, most: float | None = None, side: int = SIDE
) -> tf.Tensor:
    """The pixels of a heat map.

    Args:
        photo: uint8 [S, S, 3].
        attributions: float32 [S, S].
        most: attribution that gets the full colour; None: a percentile of their absolute values, so that two maps do
            not compare in strength.
        side: of the picture in pixels.

    Returns:
        uint8 [side, side, 3].
    """
    smooth = smoothed(attributions)
    full = _percentile(tf.abs(smooth)) if most is None else tf.constant(most, tf.float32)
    values = tf.clip_by_value(tf.math.divide_no_nan(smooth, full), -1.0, 1.0)
    values = tf.clip_by_value(_resized(values[..., None], side), -1.0, 1.0)
    grey = _resized(tf.reduce_sum(tf.cast(photo, tf.float32) * _GREY, -1, keepdims=True), side)
    drawn = _blend(grey + _PALE * (255 - grey), values)
    return tf.cast(tf.clip_by_value(tf.round(drawn), 0.0, 255.0), tf.uint8)


def smoothed(attributions: tf.Tensor) -> tf.Tensor:
    """Attributions float32 [S, S] blurred by a Gaussian; their sum stays but for what the border loses."""
    side = attributions.shape[0]
    distances = np.arange(side)[:, None] - np.arange(side)
    weights = np.exp(-0.5 * (distances * _BLUR / side) ** 2) * (np.abs(distances) * _BLUR <= _REACH * side)
    # The sum of the weights in the middle of an endless photo.
    reach = np.arange(-side, side + 1)
    total = (np.exp(-0.5 * (reach * _BLUR / side) ** 2) * (np.abs(reach) * _BLUR <= _REACH * side)).sum()
    blur = tf.constant(weights / total, tf.float32)
    return blur @ attributions @ blur


def legend(width: int = 320) -> Image.Image:
    """A bar from blue to red with words on both sides."""
    words = [fitting(word, _TEXT) for word in ("lowers the score", "raises it")]
    lengths = [int(font.getlength(text)) + 8 for font, text in words]
    values = np.tile(np.linspace(-1, 1, width, dtype=np.float32), (_HEIGHT - 4, 1))[..., None]
    bar = np.rint(_blend(tf.fill(values.shape, 255.0), tf.constant(values)).numpy()).astype(np.uint8)
    image = Image.new("RGB", (width + sum(lengths), _HEIGHT), "white")
    image.paste(Image.fromarray(bar), (lengths[0], 2))
    pen = ImageDraw.Draw(image)
    for (font, text), left in zip(words, (0, lengths[0] + width + 8), strict=True):
        pen.text((left, 1), text, _INK, font)
    return image


def _blend(below: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Grey float32 [..., 1] with red over it where a value [..., 1] in [-1, 1] is above 0, blue where under."""
    cover = tf.abs(values) ** 0.8
    colours = tf.where(values > 0, tf.constant(RED, tf.float32), tf.constant(BLUE, tf.float32))
    return below * (1 - cover) + colours * cover


def _percentile(values: tf.Tensor) -> tf.Tensor:
    """`_MOST` of the values float32 [S, S], linear between two."""
    ordered = tf.sort(tf.reshape(values, [-1]))
    place = (ordered.shape[0] - 1) * _MOST / 100
    low, share = int(place), place - int(place)
    return (1 - share) * ordered[low] + share * ordered[min(low + 1, ordered.shape[0] - 1)]


def _resized(image: tf.Tensor, side: int) -> tf.Tensor:
    return tf.image.resize(image, [side, side], method="bicubic", antialias=True)
