"""Draws attributions over the photo: red raises the score, blue lowers it.

`heat_map_pixels` uses graph functions only, so the tools and the served model draw the same.
"""

import numpy as np
import tensorflow as tf
from PIL import Image, ImageDraw

from tf_dvbpr.pictures.font import fitting

RED, BLUE = (190, 10, 30), (20, 60, 190)
SIDE = 256  # side of a heat map's file in pixels
_BLUR = 24  # the photo's side divided by the standard deviation of the blur
_REACH = 4  # radius of the blur in standard deviations
_MOST = 99.5  # percentile of the absolute values that gets the full colour
_PALE = 0.55  # how far the photo is moved towards white
_GREY = (0.299, 0.587, 0.114)
_TEXT, _HEIGHT, _INK = 13, 18, "#1a1a1a"


def heat_map(photo: np.ndarray, attributions: np.ndarray, most: float | None = None, side: int = SIDE) -> Image.Image:
    """Draws a heat map as an RGB image of `side` x `side` pixels; arguments as of `heat_map_pixels`."""
    pixels = heat_map_pixels(tf.constant(photo), tf.constant(attributions, tf.float32), most, side)
    return Image.fromarray(pixels.numpy())


def heat_map_pixels(
    photo: tf.Tensor, attributions: tf.Tensor, most: float | None = None, side: int = SIDE
) -> tf.Tensor:
    """Computes the pixels of a heat map: the photo in pale grey, with the blurred attributions over it in colour.

    Args:
        photo: uint8 [S, S, 3].
        attributions: float32 [S, S].
        most: attribution that gets the full colour; None: a percentile of this map's absolute values, so colours of two
            maps do not compare.
        side: side of the picture in pixels.

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
    """Blurs attributions float32 [S, S] by a Gaussian; their sum stays the same except for losses at the border."""
    side = attributions.shape[0]
    distances = np.arange(side)[:, None] - np.arange(side)
    weights = np.exp(-0.5 * (distances * _BLUR / side) ** 2) * (np.abs(distances) * _BLUR <= _REACH * side)
    # The sum of the weights far from any border.
    reach = np.arange(-side, side + 1)
    total = (np.exp(-0.5 * (reach * _BLUR / side) ** 2) * (np.abs(reach) * _BLUR <= _REACH * side)).sum()
    blur = tf.constant(weights / total, tf.float32)
    return blur @ attributions @ blur


def legend(width: int = 320) -> Image.Image:
    """Draws the legend: a bar from blue to red with words on both sides."""
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
    """Colours grey float32 [..., 1]: red for values [..., 1] in (0, 1], blue for values in [-1, 0)."""
    cover = tf.abs(values) ** 0.8
    colours = tf.where(values > 0, tf.constant(RED, tf.float32), tf.constant(BLUE, tf.float32))
    return below * (1 - cover) + colours * cover


def _percentile(values: tf.Tensor) -> tf.Tensor:
    """Computes the percentile `_MOST` of values float32 [S, S], interpolated linearly."""
    ordered = tf.sort(tf.reshape(values, [-1]))
    place = (ordered.shape[0] - 1) * _MOST / 100
    low, share = int(place), place - int(place)
    return (1 - share) * ordered[low] + share * ordered[min(low + 1, ordered.shape[0] - 1)]


def _resized(image: tf.Tensor, side: int) -> tf.Tensor:
    return tf.image.resize(image, [side, side], method="bicubic", antialias=True)
