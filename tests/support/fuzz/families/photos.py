"""Damages photos; the stored and decoded photo must agree with Pillow's on white, or the photo is refused."""

import functools
import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

from .. import mutations, tested, world
from ..outcome import Case, Unreadable

_SIDE = 24
_TAKEN = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_KEPT = ("JPEG", "MPO", "PNG")
_ORIENTATION = 0x0112
_TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"} | {
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_LOST = "scan data lost"


def picture() -> Image.Image:
    """Draws a smooth RGBA picture with a gradient of transparency."""
    across, down = np.meshgrid(np.arange(_SIDE), np.arange(_SIDE))
    channels = [across * 10, down * 10, 240 - 5 * (across + down), np.clip(across * 14, 0, 255)]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8), "RGBA")


def _saved(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


@functools.cache
def whole() -> dict[str, bytes]:
    """Returns a photo of every kind that the installed Pillow can write."""
    rgba = picture()
    rgb, grey = rgba.convert("RGB"), rgba.convert("L")
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 256 + 37)
    turned, xmp = (
        Image.Exif(),
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><tiff:Orientation>6</tiff:Orientation></x:xmpmeta>',
    )
    turned[_ORIENTATION] = 6
    few = {colours: rgb.quantize(colours) for colours in (2, 4, 16, 200)}
    other = Image.fromarray(255 - np.asarray(rgb))
    made: dict[str, tuple] = {
        "jpeg 4:4:4": (rgb, "JPEG", {"quality": 92, "subsampling": 0}),
        "jpeg 4:2:0": (rgb, "JPEG", {"quality": 92, "subsampling": 2}),
        "jpeg progressive": (rgb, "JPEG", {"progressive": True, "quality": 92}),
        "jpeg grey": (grey, "JPEG", {"quality": 92}),
        "jpeg restarts": (rgb, "JPEG", {"restart_marker_blocks": 2, "quality": 92}),
        "jpeg turned": (rgb, "JPEG", {"exif": turned, "quality": 92}),
        "jpeg xmp": (rgb, "JPEG", {"xmp": xmp, "quality": 92}),
        "jpeg cmyk": (rgb.convert("CMYK"), "JPEG", {}),
        "mpo": (rgb, "MPO", {"save_all": True, "append_images": [other]}),
        **{f"png {mode}": (rgba.convert(mode), "PNG", {}) for mode in ("1", "L", "LA", "RGB", "RGBA")},
        **{f"png palette {colours}": (image, "PNG", {}) for colours, image in few.items()},
        "png palette alpha": (few[16], "PNG", {"transparency": bytes(range(0, 256, 16))}),
        "png palette clear": (few[4], "PNG", {"transparency": 1}),
        "png grey clear": (grey, "PNG", {"transparency": int(np.asarray(grey)[5, 5])}),
        "png rgb clear": (rgb, "PNG", {"transparency": rgb.getpixel((5, 5))}),
        "png 16": (deep, "PNG", {}),
        "png animated": (rgb, "PNG", {"save_all": True, "append_images": [other]}),
        "gif": (few[16], "GIF", {}),
        "gif clear": (few[16], "GIF", {"transparency": 3}),
        "gif animated": (few[16], "GIF", {"save_all": True, "append_images": [other.quantize(16)]}),
        **{f"bmp {mode}": (rgba.convert(mode), "BMP", {}) for mode in ("1", "L", "RGB", "RGBA")},
        "bmp palette": (few[200], "BMP", {}),
        **{
            f"tiff {mode}": (rgba.convert(mode), "TIFF", {})
            for mode in ("1", "L", "LA", "RGB", "RGBA", "CMYK", "I", "F")
        },
        "tiff 16": (deep, "TIFF", {}),
        "tiff 16 big-endian": (
            Image.frombytes("I;16B", deep.size, np.asarray(deep).astype(">u2").tobytes()),
            "TIFF",
            {},
        ),
        "tiff palette": (few[16], "TIFF", {}),
        **{
            f"tiff {name}": (rgb, "TIFF", {"compression": name})
            for name in ("tiff_lzw", "tiff_deflate", "jpeg", "packbits")
        },
        "webp": (rgb, "WEBP", {"quality": 90}),
        "webp lossless": (rgb, "WEBP", {"lossless": True}),
        "webp alpha": (rgba, "WEBP", {"lossless": True, "exact": True}),
        "webp animated": (rgb, "WEBP", {"save_all": True, "append_images": [other]}),
        "avif": (rgb, "AVIF", {"quality": 90}),
        "avif alpha": (rgba, "AVIF", {"quality": 90}),
        **{form.lower(): (rgb, form, {}) for form in ("PPM", "TGA", "ICO", "JPEG2000", "QOI", "PCX", "SGI", "DDS")},
    }
    photos = {}
    for name, (image, form, options) in made.items():
        try:
            photos[name] = _saved(image, form, **options)
        except (KeyError, OSError, ValueError):  # not part of the installed Pillow
            continue
    return photos


def _lose_scan(draw: np.random.Generator, data: bytes) -> mutations.Mutation:
    """Removes a fifth or more of a JPEG's scan data, and keeps the end marker."""
    start = data.rfind(b"\xff\xda")
    start += 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    length = len(data) - 2 - start
    lost = int(length * draw.uniform(0.2, 0.6))
    at = start + (length - lost if draw.integers(2) else int(draw.integers(length - lost)))
    return f"{_LOST}: bytes {at}..{at + lost}", data[:at] + data[at + lost :]


def _mend_png(data: bytes) -> bytes:
    """Corrects the checksum of every chunk."""
    at, parts = 8, [data[:8]]
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        body = data[at + 4 : at + 8 + length]
        if len(body) < 4 + length:
            break
        parts += [data[at : at + 4], body, struct.pack(">I", zlib.crc32(body))]
        at += 12 + length
    return b"".join(parts) + data[at:]


def make(place: world.World, draw: np.random.Generator, folder: Path) -> Case:
    """Makes a case of a shop whose first item has a damaged photo, or an intact one of some kind."""
    name = mutations.any_of(draw, list(whole()))
    intact = data = whole()[name]
    what = "whole"
    if name.startswith("jpeg") and draw.integers(5) == 0:
        what, data = _lose_scan(draw, data)
    elif draw.integers(6):
        what, data = mutations.damage(draw, data)
        if name.startswith("png") and draw.integers(2):
            what, data = f"{what}, checksums mended", _mend_png(data)
    shop = folder / "shop"
    shop.mkdir()
    for item in (1, 2):
        (shop / f"{item}.png").write_bytes(world.photo(item))
    (shop / "0.jpg").write_bytes(data)
    (shop / "items.csv").write_text("item_id,image\na,0.jpg\nb,1.png\nc,2.png\n")
    (shop / "interactions.csv").write_text("user_id,item_id\nu,a\nu,b\nu,c\n")
    check = functools.partial(_check, data, intact if what.startswith(_LOST) else None)
    return Case(f"{name}: {what}", lambda: _build(shop, folder), check, None)


def _build(shop: Path, folder: Path) -> "Stored":
    output = folder / "output"
    flags = ("--source=csv", f"--input={shop}", f"--output={output}", "--min_actions=3")
    tested.tool("build_dataset", *flags)
    _, _, height, width, encoded = world.contents(output)["items"][0]
    side = max(height, width)
    # With padding and the photo's own size, no pixel is resampled.
    square = tested.decode(encoded, side, "nearest", "pad")
    top, left = (side - height) // 2, (side - width) // 2
    return Stored(encoded, square[top : top + height, left : left + width])


class Stored:
    """A photo as stored: its bytes in the data set, and its pixels as readers decode them."""

    def __init__(self, encoded: bytes, pixels: np.ndarray):
        self.encoded, self.pixels = encoded, pixels


def _check(data: bytes, intact: bytes | None, got: Stored) -> str | None:
    expected, form, exact = on_white(data)
    pixels = got.pixels.astype(int)
    if pixels.shape != expected.shape:
        return f"{pixels.shape[:2]} pixels where Pillow has {expected.shape[:2]}"
    worst = _distance(pixels, expected)
    if intact is not None and np.abs(pixels - on_white(intact)[0]).mean() > 8:
        return f"it lost data, and is {np.abs(pixels - on_white(intact)[0]).mean():.0f} levels off on average"
    if got.encoded == data:
        return None if worst <= (1 if exact else 3) else f"{worst} levels from Pillow's reading on white"
    if worst <= 2:
        return None
    again = np.asarray(Image.open(io.BytesIO(_saved(Image.fromarray(expected), "JPEG", quality=95, subsampling=0))))
    if _distance(pixels, again) <= 3 or np.abs(pixels - expected).mean() < 1.5:
        return None
    return f"{form} stored {np.abs(pixels - expected).mean():.1f} levels from Pillow's reading on white, on average"


def _distance(one: np.ndarray, two: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - two.astype(int)).max(initial=0))


def on_white(data: bytes) -> tuple[np.ndarray, str, bool]:
    """Decodes a photo by Pillow, upright and on white.

    Returns:
        (pixels uint8 [h, w, 3], format, whether its colours are defined exactly).

    Raises:
        Unreadable: Pillow cannot read it, the format is not allowed, it has several frames, or its pixels have no
            defined scale.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data))
            form = image.format
            frames = getattr(image, "n_frames", 1)
            turn = _turn(image)
            inverse = form == "TIFF" and image.tag_v2.get(262) == 0
            image.load()
    except Exception as error:
        raise Unreadable(f"Pillow cannot read it ({type(error).__name__})") from error
    if form not in _TAKEN:
        raise Unreadable(f"{form} is not taken")
    if frames > 1 and form != "MPO":
        raise Unreadable(f"{frames} frames")
    if image.mode in ("I", "F"):
        raise Unreadable(f"pixels of mode {image.mode} have no defined scale")
    exact = image.mode not in ("CMYK", "YCbCr", "LAB")
    if image.mode.startswith("I;16"):
        deep = np.asarray(image).astype(np.uint16)
        image = Image.fromarray(((65535 - deep if inverse else deep) / 257).round().astype(np.uint8))
    if turn is not None:
        image = image.transpose(turn)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        rgba = np.asarray(image.convert("RGBA")).astype(float)
        alpha = rgba[..., 3:] / 255
        return (rgba[..., :3] * alpha + 255 * (1 - alpha)).round().astype(np.uint8), form, exact
    return np.asarray(image.convert("RGB")), form, exact


def _turn(image: Image.Image) -> Image.Transpose | None:
    """Returns the rotation by EXIF only, as browsers apply it."""
    if image.format == "TIFF":
        number = image.tag_v2.get(_ORIENTATION)
    else:
        exif = Image.Exif()
        try:
            exif.load(image.info.get("exif", b""))
            number = exif.get(_ORIENTATION)
        except Exception:  # Pillow raises many kinds of errors on damaged EXIF data, which has no orientation.
            number = None
    return Image.Transpose[_TURNS[number]] if number in _TURNS else None
