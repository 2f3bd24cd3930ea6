"""Checks every photo once before it enters a data set, on all cores."""

import dataclasses
import functools
import io
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import tensorflow as tf
from PIL import Image

from tfrecords.files.parallel_map import ordered_map
from tfrecords.photos.bad_photo import MIN_SIDE, BadPhoto
from tfrecords.photos.decode import decode_pixels
from tfrecords.photos.jpeg_bytes import JpegBytes
from tfrecords.photos.tiff_numbers import check_numbers, check_unread, eight_bits

MAX_PIXELS = Image.MAX_IMAGE_PIXELS or 89_478_485  # Pillow's own limit against decompression bombs
_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_KEPT = ("JPEG", "MPO", "PNG")  # formats that the readers decode; phones write MPO, a JPEG followed by further pictures
_JPEG = b"\xff\xd8\xff"
_XMP = ("xmp", "XML:com.adobe.xmp")
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


def check_photo(encoded: bytes, image_size: int = 0) -> CheckedPhoto:
    """Decodes one photo to check that it is complete.

    Args:
        encoded: the bytes of a file of any format that Pillow reads.
        image_size: 0 keeps the bytes of an upright JPEG or PNG; otherwise the photo is encoded again (JPEG, quality
            95), and its shorter side is reduced to this many pixels if it is longer.

    Raises:
        BadPhoto: not an image, cut short, corrupt, animated, colours other than RGB and grey (such as CMYK), numbers
            without a defined white, a side under `MIN_SIDE` or more than `MAX_PIXELS` pixels.
    """
    if not encoded:
        raise BadPhoto("an empty file")
    try:
        if encoded.startswith(_JPEG) and (fault := JpegBytes(encoded).header_fault()):
            raise BadPhoto(fault)
        # Image.open reads only the header.
        with Image.open(io.BytesIO(encoded), formats=_formats()) as image:
            _check_header(image)
            turn = _TO_UPRIGHT.get(_orientation(image))
            if image.format in _KEPT:
                _check_pixels(image, encoded)
            if image_size or turn is not None or image.format not in _KEPT:
                return _encode_again(image, encoded, turn, image_size)
            width, height = image.size
            return CheckedPhoto(encoded, height, width)
    except (BadPhoto, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise BadPhoto(f"over {MAX_PIXELS} pixels, a decompression bomb") from error
    except Image.UnidentifiedImageError as error:
        check_unread(encoded)
        raise BadPhoto("no image of a known format, or its header is corrupt") from error
    except Exception as error:  # Pillow's decoders raise almost any exception on broken files
        raise BadPhoto(f"corrupt or cut short ({' '.join(str(error).split())})") from error


def check_photos(
    photos: Iterable[Path | bytes | None], image_size: int = 0, workers: int | None = None
) -> Iterator[CheckedPhoto | BadPhoto]:
    """Runs `check_photo` over many photos in threads and yields the results in order.

    Only a few photos per worker are in memory at any time.

    Args:
        photos: paths, or bytes, or None for an item that has no photo.
        image_size: as in `check_photo`.
        workers: number of threads, default one per core. Pillow releases the interpreter's lock while it decodes.
    """
    return ordered_map(functools.partial(read_photo, image_size=image_size), photos, workers)


def read_photo(photo: Path | tuple[Path, ...] | bytes | None, image_size: int = 0) -> CheckedPhoto | BadPhoto:
    """Reads one photo and runs `check_photo`, whose error it returns.

    Args:
        photo: a path, or several, of which the first that is a file counts; or bytes; or None for an item that has no
            photo.
        image_size: as in `check_photo`.
    """
    if isinstance(photo, tuple):
        photo = first_file(photo)
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


def first_file(paths: Sequence[Path]) -> Path | None:
    """Returns the first path that is a file, or else the first path; None if there are no paths."""
    if len(paths) < 2:  # Nothing to choose, so the disk need not be asked.
        return paths[0] if paths else None
    return next((path for path in paths if path.is_file()), paths[0])


@functools.cache
def _formats() -> tuple[str, ...]:
    """Returns those of `_FORMATS` that this Pillow supports; others, such as EPS, may start programs."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _read(path: Path) -> bytes:
    if "\0" in str(path):
        raise BadPhoto("a NUL character in its name")
    # Reading a pipe could wait forever; a path elsewhere is none.
    if isinstance(path, Path) and path.exists() and not path.is_file():
        raise BadPhoto("a folder, not a file" if path.is_dir() else "a pipe or device, not a file")
    return path.read_bytes()


def _check_header(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise BadPhoto(f"{width}x{height} pixels, a decompression bomb (at most {MAX_PIXELS} pixels)")
    if min(width, height) < MIN_SIDE:
        raise BadPhoto(f"{width}x{height} pixels, at least {MIN_SIDE} a side expected")
    if image.mode in ("CMYK", "LAB", "HSV"):
        raise BadPhoto(f"{image.mode} colours, RGB or grey expected")
    if image.format == "TIFF":
        check_numbers(image.tag_v2)
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise BadPhoto("animated, a still photo expected")


def _orientation(image: Image.Image) -> int:
    """Returns the orientation of the EXIF data only, as browsers do; Pillow would also use that of XMP data."""
    for name in _XMP:
        image.info.pop(name, None)
    if image.format == "TIFF":
        image.load()  # exif_transpose rotates it
        return 1
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except (OSError, SyntaxError, ValueError, struct.error):  # broken EXIF data does not make the pixels unusable
        return 1


@functools.cache
def _graph(function: Callable) -> Callable:
    """Compiles `function` of encoded bytes, for the CPU."""

    def on_cpu(encoded: tf.Tensor) -> tuple[tf.Tensor, ...]:
        with tf.device("/cpu:0"):
            return function(encoded)

    return tf.function(on_cpu, input_signature=[tf.TensorSpec([], tf.string)], autograph=False)


def _check_pixels(image: Image.Image, encoded: bytes) -> None:
    """Refuses photos that the readers cannot decode, or would decode with missing parts."""
    if image.format == "PNG":
        # Pillow accepts wrong checksums, which the reader would refuse.
        _decode_as_readers_do(encoded, tf.io.decode_png)
        return
    small = _decode_as_readers_do(encoded, functools.partial(tf.io.decode_jpeg, channels=1, ratio=8)).numpy()[..., 0]
    data = JpegBytes(encoded)
    try:
        complete, suspect = data.scans(small)
    except (IndexError, ZeroDivisionError, ValueError) as error:  # a header that contradicts itself
        raise BadPhoto("corrupt or cut short") from error
    # By Pillow, which prints no warnings.
    if not complete or (suspect and _small(encoded) != _small(data.lengthened())):
        raise BadPhoto("corrupt or cut short (image data is missing)")


def _small(encoded: bytes) -> bytes:
    """Returns a JPEG's pixels at half the size or less."""
    with Image.open(io.BytesIO(encoded), formats=["JPEG"]) as image:
        image.draft(image.mode, (image.width // 2, image.height // 2))
        return image.tobytes()


def _decode_as_readers_do(encoded: bytes, decode: Callable[[bytes], tf.Tensor]) -> tf.Tensor:
    try:
        return decode(encoded)
    except tf.errors.InvalidArgumentError as error:
        raise BadPhoto("corrupt or cut short") from error


def _encode_again(image: Image.Image, encoded: bytes, turn: Image.Transpose | None, image_size: int) -> CheckedPhoto:
    if image_size:
        image.draft("RGB", (image_size, image_size))
    if _pillow_misreads(image, encoded):
        image = Image.fromarray(_decode_as_readers_do(encoded, _graph(decode_pixels)).numpy())
    upright = _on_white(image if turn is None else image.transpose(turn))
    if image_size and min(upright.size) > image_size:
        scale = image_size / min(upright.size)
        size = [max(1, round(side * scale)) for side in upright.size]
        upright = upright.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    upright.save(buffer, **_ENCODE)
    return CheckedPhoto(buffer.getvalue(), upright.height, upright.width)


def _pillow_misreads(image: Image.Image, encoded: bytes) -> bool:
    """Returns whether a PNG is not 8-bit and grey or RGB: Pillow compares its transparent colour with 8-bit pixels."""
    return image.format == "PNG" and encoded[24] != 8 and encoded[25] in (0, 2)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        image = eight_bits(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")
