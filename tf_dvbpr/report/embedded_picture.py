"""Embeds pictures in the page: turns an image file's bytes into a data URI."""

import base64
import dataclasses
import io
from pathlib import Path

from PIL import Image

from tf_dvbpr.report.markup import Html, tag
from tfrecords.errors import InputError

_KEPT = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_SMALL = 256  # pixels; above half of it and up to it, the file's own bytes are embedded
_QUALITY = 90  # WebP's; a fifth of a generated picture's PNG, without a visible difference
_LONGEST = 16383  # pixels; WebP's largest side


@dataclasses.dataclass(frozen=True)
class Picture:
    """An image with the attributes of an <img>.

    Attributes:
        uri: ``data:`` and the bytes.
        width, height: in pixels.
    """

    uri: str
    width: int
    height: int

    def img(self, alt: str) -> Html:
        """Returns the <img> element."""
        return tag("img", src=self.uri, alt=alt, width=self.width, height=self.height)


def embed(data: bytes, where: str, most: int | None = None) -> Picture:
    """Checks an image file and embeds it.

    Images of up to 128 pixels are enlarged to 256 by Lanczos' filter, since a browser blurs what it enlarges. Those of
    up to 256 pixels stay as they are, bit for bit; larger ones become WebP if that is shorter.

    Args:
        data: bytes of a PNG, JPEG or other file that Pillow reads.
        where: the image's name in messages.
        most: largest number of pixels of the longer side; larger images are scaled down. None: no limit.

    Raises:
        InputError: it is not an image, or it is damaged.
    """
    try:
        with Image.open(io.BytesIO(data)) as image:
            form = image.format
            image.load()
            size = max(image.size)
            if _SMALL // 2 < size <= _SMALL and form in _KEPT:
                return _packed(data, _KEPT[form], image.size)
            shown = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(f"{where}: not an image, or a damaged one ({error}). Make it again") from error
    if size <= _SMALL // 2:
        scale = _SMALL / size
        shown = shown.resize([max(1, round(side * scale)) for side in shown.size], Image.Resampling.LANCZOS)
    elif most is not None and size > most:
        shown.thumbnail((most, most), Image.Resampling.LANCZOS)
    form, kind = ("WEBP", "image/webp") if max(shown.size) <= _LONGEST else ("PNG", "image/png")
    buffer = io.BytesIO()
    shown.save(buffer, form, quality=_QUALITY)
    if shown.size == image.size and image.format in _KEPT and len(data) <= buffer.tell():
        return _packed(data, _KEPT[image.format], image.size)
    return _packed(buffer.getvalue(), kind, shown.size)


def embed_file(path: Path) -> Picture:
    """Checks and embeds a file; arguments as in `embed`."""
    return embed(path.read_bytes(), str(path))


def _packed(data: bytes, kind: str, size: tuple[int, int]) -> Picture:
    return Picture(f"data:{kind};base64,{base64.b64encode(data).decode()}", *size)
