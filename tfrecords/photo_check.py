"""Looks at every photo once before it enters a data set, on all cores."""

import concurrent.futures
import dataclasses
import io
import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import tensorflow as tf
from PIL import Image, ImageOps

MIN_SIDE = 8
MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485  # Pillow's own bound for a decompression bomb
_CHUNK = 8  # photos a task: enough to make its overhead small, few enough to keep memory small
_ORIENTATION = 0x0112
_END_OF_JPEG = b"\xff\xd9"
_ENCODE = {"format": "JPEG", "quality": 95, "subsampling": 0}


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
    try:
        # Image.open reads the header alone.
        with Image.open(io.BytesIO(encoded)) as image:
            _check_header(image)
            if image_size or image.format not in ("JPEG", "MPO", "PNG") or image.getexif().get(_ORIENTATION, 1) != 1:
                return _encode_anew(image, image_size)
            width, height = image.size
            _check_pixels(image, encoded)
            return CheckedPhoto(encoded, height, width)
    except BadPhoto:
        raise
    except Image.DecompressionBombError as error:
        raise BadPhoto(f"more than {MAX_PIXELS} pixels, a decompression bomb") from error
    except Image.UnidentifiedImageError as error:
        raise BadPhoto("not an image of a known format, or corrupt" if encoded else "an empty file") from error
    except Exception as error:  # Pillow's decoders raise anything on broken files
        raise BadPhoto(f"corrupt or cut short ({error})") from error


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

    def check_all(chunk: list[Path | bytes | None]) -> list[CheckedPhoto | BadPhoto]:
        return [_check(photo, image_size) for photo in chunk]

    workers = workers or os.cpu_count() or 1
    chunks = iter(photos)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running: deque[concurrent.futures.Future] = deque()
        try:
            while True:
                while len(running) < 2 * workers and (chunk := list(itertools.islice(chunks, _CHUNK))):
                    running.append(pool.submit(check_all, chunk))
                if not running:
                    return
                yield from running.popleft().result()
        finally:
            for future in running:
                future.cancel()


def _check(photo: Path | bytes | None, image_size: int) -> CheckedPhoto | BadPhoto:
    if photo is None:
        return BadPhoto("the item has no photo")
    try:
        return check_photo(photo if isinstance(photo, bytes) else photo.read_bytes(), image_size)
    except BadPhoto as bad:
        return bad
    except FileNotFoundError:
        return BadPhoto("no such file")
    except IsADirectoryError:
        return BadPhoto("a folder, not a file")
    except OSError as error:
        return BadPhoto(error.strerror or str(error))


def _check_header(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadPhoto(f"{width}x{height} pixels, a decompression bomb (at most {MAX_PIXELS} pixels)")
    if min(width, height) < MIN_SIDE:
        raise BadPhoto(f"{width}x{height} pixels, at least {MIN_SIDE} a side expected")
    if image.mode == "CMYK":
        raise BadPhoto("CMYK colours, RGB or grey expected")
    # Phones write MPO: a JPEG with further pictures behind it, not an animation.
    if getattr(image, "is_animated", False) and image.format != "MPO":
        raise BadPhoto("animated, a still photo expected")


def _check_pixels(image: Image.Image, encoded: bytes) -> None:
    if image.format == "PNG":
        image.load()
        return
    # An eighth of the size: every coefficient is still read, most of the arithmetic is saved.
    image.draft("RGB", (1, 1))
    image.load()
    # Pillow takes an end marker in mid-data for the end and fills up with grey, which the reader would refuse.
    if encoded.find(_END_OF_JPEG) != len(encoded) - len(_END_OF_JPEG):
        tf.io.decode_jpeg(encoded, channels=3)


def _encode_anew(image: Image.Image, image_size: int) -> CheckedPhoto:
    if image_size:
        image.draft("RGB", (image_size, image_size))
    upright = _on_white(ImageOps.exif_transpose(image))
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
