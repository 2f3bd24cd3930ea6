"""Checks the numbers of a TIFF file, and reduces grey of 16 bits to 8."""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from tfrecords.photos.bad_photo import BadPhoto

_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339
_STARTS = (b"II*\0", b"MM\0*")
_FLOATING = 3
_UNSIGNED = (1, 4)  # 4: undefined, which readers treat as unsigned


def check_unread(encoded: bytes) -> None:
    """Raises BadPhoto, with the reason, for a TIFF that Pillow cannot open.

    Raises:
        BadPhoto: it is a TIFF. Other bytes, and a TIFF with damaged tags, pass.
    """
    if not encoded.startswith(_STARTS):
        return
    tags = ImageFileDirectory_v2(encoded[:8])
    file = io.BytesIO(encoded)
    try:
        file.seek(tags.next)
        tags.load(file)
        tags = dict(tags)
    except Exception:  # Pillow raises almost any exception on broken files
        return
    check_numbers(tags)
    bits, photometric = _values(tags, _BITS), tags.get(_PHOTOMETRIC)
    depths = ", ".join(map(str, bits))
    raise BadPhoto(f"a TIFF that Pillow does not read (bits {depths}, photometric {photometric}), 8-bit RGB expected")


def check_numbers(tags: Mapping) -> None:
    """Refuses numbers whose white is not defined; for unsigned integers white is 2^bits - 1.

    Args:
        tags: the tags of a TIFF, by number.

    Raises:
        BadPhoto: with the kind of numbers.
    """
    bits, kinds = max(_values(tags, _BITS)), set(_values(tags, _SAMPLE_FORMAT))
    expected = "unsigned whole numbers of at most 16 bits expected"
    if _FLOATING in kinds:
        raise BadPhoto(f"floating-point numbers as colours, {expected}")
    if not kinds <= set(_UNSIGNED):
        raise BadPhoto(f"numbers with a sign as colours, {expected}")
    if bits > 16:
        raise BadPhoto(f"{bits}-bit numbers as colours, {expected}")


def eight_bits(image: Image.Image) -> Image.Image:
    """Reduces a grey image of 16 bits, or of 12 in 16, to its upper eight bits; Pillow would clip instead."""
    tags = getattr(image, "tag_v2", {})
    levels = (np.asarray(image) >> (max(_values(tags, _BITS, 16)) - 8)).astype(np.uint8)
    return Image.fromarray(255 - levels if tags.get(_PHOTOMETRIC) == 0 else levels)


def _values(tags: Mapping, number: int, default: int = 1) -> tuple:
    found = tags.get(number, default)
    return found if isinstance(found, tuple) else (found,)
