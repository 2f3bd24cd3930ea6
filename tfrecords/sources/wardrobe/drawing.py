"""Draws the wardrobe's garments: anti-aliased, on white, slightly shifted, turned and scaled."""

import dataclasses
import io
import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from tfrecords.sources.wardrobe.outline import Part
from tfrecords.sources.wardrobe.shapes import SHAPES

_OVERSAMPLING = 3
_NOISE = 2.0  # standard deviation of the pixel noise, of 255
_QUALITY = 92

Point = tuple[float, float]
Colour = tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class Garment:
    """The attributes of one drawing; fields as in `tfrecords.sources.wardrobe.tastes.Garments`, as names."""

    category: str
    hue: float
    length: float
    pattern: str
    neckline: str


def draw_garment(garment: Garment, size: int, rng: np.random.Generator) -> Image.Image:
    """Draws one garment.

    Args:
        garment: its attributes.
        size: side of the square in pixels.
        rng: draws everything that is not an attribute: lightness, place, scale, tilt, width, pattern phase and noise.

    Returns:
        RGB, [size, size].
    """
    canvas = size * _OVERSAMPLING
    lightness, chroma = rng.uniform(0.56, 0.7), rng.uniform(0.11, 0.14)
    colour = oklch(lightness, chroma, garment.hue)
    second = oklch(*((0.95, 0.02) if rng.random() < 0.6 else (lightness - 0.22, chroma * 0.8)), garment.hue)
    dark = oklch(lightness - 0.25, chroma * 0.7, garment.hue)
    place = _placement(rng, canvas)
    cloth = ImageChops.multiply(_PATTERNS[garment.pattern](canvas, colour, second, rng), _folds(canvas, rng))
    picture = Image.new("RGB", (canvas, canvas), "white")
    pen = ImageDraw.Draw(picture)
    for shape in SHAPES[garment.category](garment.length, garment.neckline):
        points = [place(point) for point in shape.points]
        own = None if shape.colour is None else oklch(*shape.colour, garment.hue)
        if isinstance(shape, Part):
            _fill(picture, points, own or cloth, shape.tone)
            points, own = [*points, points[0]], dark
        pen.line(points, fill=own or dark, width=max(1, round(canvas * shape.width / 100)), joint="curve")
    picture = picture.reduce(_OVERSAMPLING)
    pixels = np.asarray(picture, np.float32) + rng.normal(0, _NOISE, (size, size, 1))
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def encode_garment(garment: Garment, size: int, rng: np.random.Generator) -> bytes:
    """Returns `draw_garment` as a JPEG file."""
    buffer = io.BytesIO()
    draw_garment(garment, size, rng).save(buffer, "JPEG", quality=_QUALITY, subsampling=0)
    return buffer.getvalue()


def oklch(lightness: float, chroma: float, hue: float) -> Colour:
    """Returns an OKLCH colour (lightness 0..1, chroma 0..0.4, hue in degrees) as sRGB 0..255, clipped.

    Equal steps look equal and hues of one lightness look equally light. Source: B. Ottosson, "A perceptual color
    space for image processing", 2020.
    """
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return tuple(round(255 * _gamma(min(max(value, 0.0), 1.0))) for value in linear)


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _fill(picture: Image.Image, points: Sequence[Point], surface: Image.Image | Colour, tone: float) -> None:
    """Fills an outline with cloth or a colour, multiplied by `tone`; changes only its bounding box."""
    columns, rows = zip(*points, strict=True)
    left, top = max(0, math.floor(min(columns))), max(0, math.floor(min(rows)))
    right, bottom = min(picture.width, math.ceil(max(columns)) + 1), min(picture.height, math.ceil(max(rows)) + 1)
    box = (left, top, right, bottom)
    mask = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in points], fill=255)
    picture.paste(surface if isinstance(surface, tuple) else surface.crop(box), box, mask)
    if tone < 1:
        picture.paste("black", box, mask.point([round(value * (1 - tone)) for value in range(256)]))


def _placement(rng: np.random.Generator, canvas: int) -> Callable[[Point], Point]:
    """Returns the map from the shapes' coordinates, a 100 x 100 square, to the canvas."""
    scale = canvas / 100 * rng.uniform(0.88, 1.0)
    wide = rng.uniform(0.93, 1.05)
    turn = math.radians(rng.normal(0, 2.0))
    centre_x, centre_y = (canvas / 2 + canvas * rng.uniform(-0.025, 0.025) for _ in range(2))
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)

    def place(point: Point) -> Point:
        x, y = (point[0] - 50) * wide, point[1] - 50
        return centre_x + cos * x - sin * y, centre_y + sin * x + cos * y

    return place


def _folds(canvas: int, rng: np.random.Generator) -> Image.Image:
    """Returns a grey map of soft light from the upper left with a few long folds; the cloth is multiplied by it."""
    small = 48
    down, across = np.mgrid[0:small, 0:small] / (small - 1)
    light = 250 - 26 * (0.65 * across + 0.35 * down)
    for _ in range(4):
        start, lean = rng.uniform(0.2, 0.8), rng.normal(0, 0.25)
        distance = across - start - lean * (down - 0.5)
        light -= rng.uniform(8, 16) * np.exp(-((distance / rng.uniform(0.02, 0.05)) ** 2)) * np.sin(np.pi * down) ** 0.5
    grey = Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))
    grey = grey.resize((canvas, canvas), Image.Resampling.BILINEAR)
    return Image.merge("RGB", (grey, grey, grey))


def _plain(canvas: int, colour: Colour, second: Colour, rng: np.random.Generator) -> Image.Image:
    return Image.new("RGB", (canvas, canvas), colour)


def _stripes(canvas: int, colour: Colour, second: Colour, rng: np.random.Generator) -> Image.Image:
    cloth = Image.new("RGB", (canvas, canvas), colour)
    pen = ImageDraw.Draw(cloth)
    period = canvas * rng.uniform(0.085, 0.11)
    top = -rng.uniform(0, period)
    while top < canvas:
        pen.rectangle([0, top, canvas, top + 0.42 * period], fill=second)
        top += period
    return cloth


def _dots(canvas: int, colour: Colour, second: Colour, rng: np.random.Generator) -> Image.Image:
    cloth = Image.new("RGB", (canvas, canvas), colour)
    pen = ImageDraw.Draw(cloth)
    period = canvas * rng.uniform(0.09, 0.11)
    radius = 0.27 * period
    left, top = rng.uniform(0, period, 2)
    for row in range(-1, math.ceil(canvas / period * 1.2) + 1):
        for column in range(-1, math.ceil(canvas / period) + 1):
            x, y = left + (column + 0.5 * (row % 2)) * period, top + row * period * 0.87
            pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=second)
    return cloth


def _checks(canvas: int, colour: Colour, second: Colour, rng: np.random.Generator) -> Image.Image:
    period = canvas * rng.uniform(0.11, 0.14)
    left, top = rng.uniform(0, period, 2)
    steps = np.arange(canvas)
    down = (steps + top) % period < period / 2
    across = (steps + left) % period < period / 2
    # As in gingham: the second colour is full where two threads cross, and half under one thread.
    threads = down[:, None].astype(np.uint8) + across[None, :].astype(np.uint8)
    middle = [round((one + other) / 2) for one, other in zip(colour, second, strict=True)]
    cloth = Image.fromarray(threads).convert("P")
    cloth.putpalette([*colour, *middle, *second])
    return cloth.convert("RGB")


_PATTERNS: dict[str, Callable] = {"plain": _plain, "stripes": _stripes, "dots": _dots, "checks": _checks}
