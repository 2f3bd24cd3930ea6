"""Looks at every photo once before it enters a data set, on all cores."""

import dataclasses
import functools
import io
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import tensorflow as tf
from PIL import Image

from tfrecords.files.parallel_map import ordered_map

MIN_SIDE = 8
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485  # Pillow's own bound for a decompression bomb
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_KEPT = ("JPEG", "MPO", "PNG")  # what readers decode; phones write MPO, a JPEG with further pictures behind it
_START_OF_SCAN, _END_OF_JPEG = b"\xff\xda", b"\xff\xd9"
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # any but those that belong into a scan: restarts, stuffing
_ENCODE = {"format": "JPEG", "quality": 95, "subsampling": 0}
_ORIENTATION = 0x0112  # EXIF
_TO_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclasses.dataclass(frozen=True)
class CheckedPhoto:
    """The bytes of an upright JPEG or PNG that decodes, and its size in pixels."""

    encoded: bytes
    height: int
    width: int


class BadPhoto(Exception):
    """Why a photo cannot be used, in a few words."""


def check_photo(encoded: bytes, image_size: int = 0) -> CheckedPhoto:
    """Decodes one photo to see that it is whole.

    Args:
        encoded: the bytes of a file of any format that Pillow reads.
        image_size: 0 keeps the bytes of an upright JPEG or PNG as they are; otherwise the photo is encoded anew (JPEG,
            quality 95), its shorter side brought down to this many pixels, never up.

    Raises:
        BadPhoto: not an image, cut short, corrupt, animated, CMYK, under `MIN_SIDE` or over `MAX_PIXELS` pixels.
    """
    if not encoded:
        raise BadPhoto("an empty file")
    try:
        # Image.open reads the header alone.
        with Image.open(io.BytesIO(encoded), formats=_formats()) as image:
            _check_header(image)
            turn = _TO_UPRIGHT.get(_orientation(image))
            if image_size or turn is not None or image.format not in _KEPT:
                return _encode_anew(image, turn, image_size)
            width, height = image.size
            _check_pixels(image, encoded)
            return CheckedPhoto(encoded, height, width)
    except (BadPhoto, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise BadPhoto(f"over {MAX_PIXELS} pixels, a decompression bomb") from error
    except Image.UnidentifiedImageError as error:
        raise BadPhoto("no image of a known format, or its header is corrupt") from error
    except Exception as error:  # Pillow's decoders raise nearly anything on broken files
        raise BadPhoto(f"corrupt or cut short ({' '.join(str(error).split())})") from error


def check_photos(
    photos: Iterable[Path | bytes | None], image_size: int = 0, workers: int | None = None
) -> Iterator[CheckedPhoto | BadPhoto]:
    """Runs `check_photo` over many photos in threads and yields the results in order.

    Only a window of a few photos a worker is ever in memory.

    Args:
        photos: paths, or bytes, or None for an item that has no photo.
        image_size: as `check_photo`.
        workers: threads, default one a core. Pillow frees the interpreter's lock while it decodes.
    """
    return ordered_map(functools.partial(_check, image_size=image_size), photos, workers)


@functools.cache
def _formats() -> tuple[str, ...]:
    """Those of `_FORMATS` that this Pillow was built with; others, EPS among them, may start programs."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _check(photo: Path | bytes | None, image_size: int) -> CheckedPhoto | BadPhoto:
    if photo is None:
        return BadPhoto("the item has no photo")
    try:
        return check_photo(photo if isinstance(photo, bytes) else _read(photo), image_size)
    except BadPhoto as bad:
        return bad
    except FileNotFoundError:
        return BadPhoto("no such file")
    except OSError as error:
        return BadPhoto(error.strerror or str(error))


def _read(path: Path) -> bytes:
    if "\0" in str(path):
        raise BadPhoto("a NUL character in its name")
    # A pipe would be waited for without end.
    if path.exists() and not path.is_file():
        raise BadPhoto("a folder, not a file" if path.is_dir() else "a pipe or device, not a file")
    return path.read_bytes()


def _check_header(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadPhoto(f"{width}x{height} pixels, a decompression bomb (at most {MAX_PIXELS} pixels)")
    if min(width, height) < MIN_SIDE:
        raise BadPhoto(f"{width}x{height} pixels, at least {MIN_SIDE} a side expected")
    if image.mode == "CMYK":
        raise BadPhoto("CMYK colours, RGB or grey expected")
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise BadPhoto("animated, a still photo expected")


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, struct.error):  # broken EXIF does not make the pixels bad
        return 1


def _check_pixels(image: Image.Image, encoded: bytes) -> None:
    if image.format == "PNG":
        # Pillow lets wrong checksums pass, which the reader would refuse.
        _decode_as_readers_do(encoded, tf.io.decode_png)
        return
    # An eighth of the size: every coefficient is still read, most of the arithmetic is saved.
    image.draft("RGB", (1, 1))
    image.load()
    # Pillow takes a stray marker for the end and fills up with grey, which the reader would refuse. Progressive files
    # have markers there of right; they take this way too, and only cost time.
    marker = _MARKER.search(encoded, encoded.find(_START_OF_SCAN) + len(_START_OF_SCAN))
    if marker is None or encoded[marker.start() :] != _END_OF_JPEG:
        _decode_as_readers_do(encoded, tf.io.decode_jpeg)


def _decode_as_readers_do(encoded: bytes, decode: Callable[[bytes], tf.Tensor]) -> None:
    try:
        decode(encoded)
    except tf.errors.InvalidArgumentError as error:
        raise BadPhoto("corrupt or cut short") from error


def _encode_anew(image: Image.Image, turn: Image.Transpose | None, image_size: int) -> CheckedPhoto:
    if image_size:
        image.draft("RGB", (image_size, image_size))
    upright = _on_white(image if turn is None else image.transpose(turn))
    if image_size and min(upright.size) > image_size:
        scale = image_size / min(upright.size)
        size = [max(1, round(side * scale)) for side in upright.size]
        upright = upright.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    upright.save(buffer, **_ENCODE)
    return CheckedPhoto(buffer.getvalue(), upright.height, upright.width)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        # Pillow would clip 16 bits to 255 rather than scale them.
        image = image.point(lambda value: value / 256, "L") if image.mode == "I;16" else image.convert("I").convert("L")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")
