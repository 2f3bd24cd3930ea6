"""Attributions as a picture: red raises the score, blue lowers it, drawn over the photo."""

import numpy as np
from PIL import Image, ImageDraw

from tf_dvbpr.pictures.font import fitting

RED, BLUE = (190, 10, 30), (20, 60, 190)
SIDE = 256  # of a heat map's file, in pixels
_BLUR = 24  # of the photo's sides: the standard deviation of the smoothing that the eye needs
_MOST = 99.5  # percentile of the absolute values that gets the full colour
_PALE = 0.55  # how far the photo below is brought towards white
_TEXT, _HEIGHT, _INK = 13, 18, "#1a1a1a"


def heat_map(photo: np.ndarray, attributions: np.ndarray, most: float | None = None, side: int = SIDE) -> Image.Image:
    """A photo in pale grey with its attributions over it.

    Args:
        photo: uint8 [S, S, 3].
        attributions: float [S, S].
        most: attribution that gets the full colour; None: a percentile of their absolute values, so that two maps do
            not compare in strength.
        side: of the picture in pixels.

    Returns:
        RGB, [side, side].
    """
    smooth = smoothed(attributions)
    if most is None:
        most = float(np.percentile(np.abs(smooth), _MOST)) or 1.0
    strength = Image.fromarray(np.clip(smooth / most, -1, 1).astype(np.float32))
    values = np.clip(np.asarray(strength.resize((side, side), Image.Resampling.BICUBIC)), -1, 1)
    grey = np.asarray(Image.fromarray(photo).convert("L").resize((side, side), Image.Resampling.BICUBIC), np.float32)
    below = np.repeat((grey + _PALE * (255 - grey))[..., None], 3, -1)
    return Image.fromarray(np.rint(_blend(below, values)).astype(np.uint8))


def smoothed(attributions: np.ndarray) -> np.ndarray:
    """Attributions [S, S] blurred for the eye; their sum stays but for what the border loses."""
    from scipy.ndimage import gaussian_filter  # scikit-image brings scipy along.

    return gaussian_filter(np.asarray(attributions, np.float64), attributions.shape[0] / _BLUR, mode="constant")


def legend(width: int = 320) -> Image.Image:
    """A bar from blue to red with words on both sides."""
    words = [fitting(word, _TEXT) for word in ("lowers the score", "raises it")]
    lengths = [int(font.getlength(text)) + 8 for font, text in words]
    bar = np.tile(np.linspace(-1, 1, width), (_HEIGHT - 4, 1))
    colours = _blend(np.full([*bar.shape, 3], 255.0), bar)
    image = Image.new("RGB", (width + sum(lengths), _HEIGHT), "white")
    image.paste(Image.fromarray(np.rint(colours).astype(np.uint8)), (lengths[0], 2))
    pen = ImageDraw.Draw(image)
    for (font, text), left in zip(words, (0, lengths[0] + width + 8), strict=True):
        pen.text((left, 1), text, _INK, font)
    return image


def _blend(below: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Colours float [..., 3] with red over them where a value in [-1, 1] is above 0, blue where under."""
    cover = np.abs(values)[..., None] ** 0.8
    colours = np.where((values > 0)[..., None], np.array(RED, np.float64), np.array(BLUE, np.float64))
    return below * (1 - cover) + colours * cover
